/// A whole reply, collected from its events.
///
/// ```swift
/// let reply = try await engine.generate(request).collect()
/// print(reply.text)
/// ```
public struct Reply: Sendable, Equatable {
    /// The text, together with what was held back until the end.
    public private(set) var text = ""
    public private(set) var tokens: [GeneratedToken] = []
    /// How it ended, and what it cost; nil while it has not ended.
    public private(set) var result: GenerationResult?

    public init() {}

    /// Adds what happened next.
    ///
    /// - Returns: the text that it adds.
    @discardableResult
    public mutating func append(_ event: GenerationEvent) -> String {
        switch event {
        case .token(let token): tokens.append(token)
        case .finished(let result): self.result = result
        }
        text += event.text
        return event.text
    }

    public var ids: [TokenID] { tokens.map(\.id) }

    /// log p of the whole reply under the composite, before sampling options: the sum over its tokens,
    /// nats.
    public var logProbability: Double { tokens.reduce(0) { $0 + Double($1.logProbability) } }
}

extension AsyncSequence where Element == GenerationEvent {
    /// Reads all events.
    ///
    /// - Parameter onText: sees the text as it comes.
    /// - Throws: what the reply ended with; `CancellationError` when it was given up before its end.
    public func collect(
        isolation: isolated (any Actor)? = #isolation, onText: (String) -> Void = { _ in }
    ) async throws -> Reply {
        var reply = Reply()
        for try await event in self { onText(reply.append(event)) }
        guard reply.result != nil else { throw CancellationError() }
        return reply
    }
}

extension Replies {
    /// Reads all events of all replies.
    ///
    /// - Returns: the replies in the order of their requests.
    /// - Throws: what one of them ended with; `CancellationError` when they were given up before their end.
    public func collect(isolation: isolated (any Actor)? = #isolation) async throws -> [Reply] {
        var replies = [Reply](repeating: Reply(), count: sinks.count)
        for try await (choice, event) in self { replies[choice].append(event) }
        guard replies.allSatisfy({ $0.result != nil }) else { throw CancellationError() }
        return replies
    }
}
