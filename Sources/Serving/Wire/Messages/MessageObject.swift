import EmulatedFineTuning

/// The answer to `POST /v1/messages`.
struct MessageObject: Encodable {
    /// A block of the reply. Which fields it has depends on its type.
    struct Block: Encodable {
        var type: String
        var text: String?
        var thinking: String?
        /// Where Anthropic vouches for thoughts; empty.
        var signature: String?
        var id: String?
        var name: String?
        var input: RawJSON?

        /// - Parameter isBegun: whether what it says comes later, in events.
        init(_ block: ReplyBlocks.Block, isBegun: Bool = false) {
            let said = isBegun ? "" : block.text
            switch block.kind {
            case .text: (type, text) = ("text", said)
            case .thoughts: (type, thinking, signature) = ("thinking", said, "")
            case .call(let name):
                (type, id, self.name) = ("tool_use", "toolu_\(block.id)", name)
                input = RawJSON(text: isBegun ? "{}" : said)
            }
        }
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

    /// - Parameters:
    ///   - sequences: those of the request. A stop string of the recipe is how its model ends a turn.
    ///   - isCall: whether the model has called tools, and ended its turn.
    init(_ reason: FinishReason, sequences: [String], isCall: Bool = false) {
        switch reason {
        case _ where isCall: stopReason = "tool_use"
        case .stopString(let text) where sequences.contains(text):
            stopReason = "stop_sequence"
            stopSequence = text
        case .endOfGeneration, .stopString: stopReason = "end_turn"
        case .length, .scored: stopReason = "max_tokens"
        }
    }
}
