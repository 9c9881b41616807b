/// Why a reply cannot be decoded.
public enum GenerationError: Error, Sendable, Equatable {
    /// Masks, members and options together forbid every token.
    case nothingAllowed
    /// A member returned scores that are no distribution: NaN, +∞, or only −∞.
    case brokenScores(member: String)
    /// A member returned fewer, more or other scores than it was asked for.
    case wrongScores(member: String)
    case emptyPrompt
    /// A token id outside the vocabulary.
    case unknownToken(TokenID, vocabulary: Int)
    /// The prompt does not fit, with at least one token of reply.
    case promptTooLong(member: String, tokens: Int, limit: Int)
    /// Prompt and reply together do not fit.
    case replyTooLong(member: String, prompt: Int, reply: Int, limit: Int)
    /// The queue is full.
    case queueFull(waiting: Int, limit: Int)
    /// Something else about the request is out of range: rule, received, remedy.
    case invalidRequest(String)
}

extension GenerationError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .nothingAllowed:
            "At least one token must be possible: the members, the mask and the sampling options "
                + "together forbid all of them. Loosen the mask or the logit bias."
        case .brokenScores(let member):
            "A member's scores must be numbers: `\(member)` returned NaN, infinity, or nothing but "
                + "impossible tokens. Its file may be damaged, or its number format too small."
        case .wrongScores(let member):
            "A member must return the scores it was asked for: `\(member)` returned others."
        case .emptyPrompt:
            "A prompt needs at least one token: this one has none. Write something."
        case .unknownToken(let token, let vocabulary):
            "Token ids must be part of the vocabulary (0 to \(vocabulary - 1)): \(token) is not."
        case .promptTooLong(let member, let tokens, let limit):
            "A prompt and at least one token of reply must fit the context: the prompt has "
                + "\(tokens) tokens for `\(member)`, the context \(limit). Shorten the prompt, or "
                + "raise `context` in the recipe."
        case .replyTooLong(let member, let prompt, let reply, let limit):
            "Prompt and reply must fit the context: \(prompt) + \(reply) tokens for `\(member)` "
                + "exceed \(limit). Ask for at most \(max(0, limit - prompt)) tokens, or raise "
                + "`context` in the recipe."
        case .queueFull(let waiting, let limit):
            "At most \(limit) replies can wait for their turn, and \(waiting) are waiting. Try again later."
        case .invalidRequest(let text):
            text
        }
    }
}
