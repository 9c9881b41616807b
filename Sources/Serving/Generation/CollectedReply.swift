import EmulatedFineTuning

/// One choice's whole reply.
struct CollectedReply {
    var text = ""
    var tokens: [GeneratedToken] = []
    var result: GenerationResult?

    /// Collects every choice.
    static func collect(
        _ generation: Generation, choices: Int
    ) async throws -> [CollectedReply] {
        var replies = [CollectedReply](repeating: CollectedReply(), count: choices)
        try await generation.follow { choice, event in replies[choice].add(event) }
        return replies
    }

    mutating func add(_ event: GenerationEvent) {
        switch event {
        case .token(let token):
            text += token.text
            tokens.append(token)
        case .finished(let end):
            text += end.text
            result = end
        }
    }
}
