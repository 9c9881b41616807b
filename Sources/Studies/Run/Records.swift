/// A reply to one prompt by one system, or why there is none.
public struct ReplyRecord: Codable, Sendable, Equatable {
    /// Hash of system, prompt, seed and settings.
    public var key: String
    public var system: String
    public var prompts: String
    /// The prompt's id within its set.
    public var prompt: String
    public var seed: UInt64
    public var reply: String
    /// Whether the reply ended by itself.
    public var ended: Bool
    public var tokens: Int
    /// log p of every option of a multiple-choice question, nats.
    public var choices: [Double]?
    /// Why there is no reply.
    public var failure: String?
}

/// What an endpoint's judge said about one reply, or why it said nothing that counts.
public struct VerdictRecord: Codable, Sendable, Equatable {
    /// Hash of the reply, the judge and the question.
    public var key: String
    public var judge: String
    public var score: String
    /// Nil after a failure: a failure is never a score.
    public var value: Double?
    /// What the judge wrote before its verdict.
    public var reasoning: String?
    public var failure: String?
    /// Requests that were made, tokens that were paid for.
    public var attempts: Int
    public var promptTokens: Int
    public var completionTokens: Int
}
