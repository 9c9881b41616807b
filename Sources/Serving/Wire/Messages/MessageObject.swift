import EmulatedFineTuning

/// The answer to `POST /v1/messages`.
struct MessageObject: Encodable {
    struct Block: Encodable {
        var type = "text"
        var text: String
    }

    /// All tokens of the prompt are `input_tokens` and those that were read from a cache, as Anthropic
    /// counts them.
    struct TokenUsage: Encodable {
        var inputTokens: Int
        var cacheCreationInputTokens = 0
        var cacheReadInputTokens: Int
        var outputTokens: Int

        init(_ usage: Usage) {
            cacheReadInputTokens = usage.promptTokensDetails.cachedTokens
            inputTokens = usage.promptTokens - cacheReadInputTokens
            outputTokens = usage.completionTokens
        }
    }

    var id: String
    var type = "message"
    var role = "assistant"
    var model: String
    var content: [Block]
    @Nullable var stopReason: String?
    @Nullable var stopSequence: String?
    var usage: TokenUsage
    /// What the members say about the reply, if the request asks.
    var eft: EftChoice?
}

/// Why a message ended, in Anthropic's words.
struct MessageEnd: Encodable {
    var stopReason: String
    @Nullable var stopSequence: String?

    /// - Parameter sequences: those of the request. A stop string of the recipe is how its model ends a turn.
    init(_ reason: FinishReason, sequences: [String]) {
        switch reason {
        case .stopString(let text) where sequences.contains(text):
            stopReason = "stop_sequence"
            stopSequence = text
        case .endOfGeneration, .stopString: stopReason = "end_turn"
        case .length, .scored: stopReason = "max_tokens"
        }
    }
}
