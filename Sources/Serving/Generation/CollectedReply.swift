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
        try await generation.follow { choice, event in
            switch event {
            case .token(let token):
                replies[choice].text += token.text
                replies[choice].tokens.append(token)
            case .finished(let result):
                replies[choice].text += result.text
                replies[choice].result = result
            }
        }
        return replies
    }
}
