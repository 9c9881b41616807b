/// The answer to a chat completion that is not streamed.
struct ChatCompletion: Encodable {
    struct Choice: Encodable {
        var index: Int
        var message: Message
        @Nullable var logprobs: ChatLogProbabilities?
        var finishReason: String
        var eft: EftChoice?
    }

    struct Message: Encodable {
        var role = "assistant"
        /// Null where the reply only calls tools.
        @Nullable var content: String?
        var reasoningContent: String?
        var toolCalls: [CalledTool]?
    }

    /// A call of a tool.
    struct CalledTool: Encodable {
        struct Function: Encodable {
            var name: String
            var arguments: String
        }

        /// Its place among the calls of the reply; in streams only.
        var index: Int?
        var id: String
        var type = "function"
        var function: Function
    }

    var id: String
    var object = "chat.completion"
    var created: Int
    var model: String
    var choices: [Choice]
    var usage: Usage
}

/// A piece of a streamed chat completion.
struct ChatCompletionChunk: Encodable {
    struct Choice: Encodable {
        var index: Int
        var delta: Delta
        @Nullable var logprobs: ChatLogProbabilities?
        @Nullable var finishReason: String?
        var eft: EftChoice?
    }

    struct Delta: Encodable {
        var role: String?
        var content: String?
        var reasoningContent: String?
        var toolCalls: [ChatCompletion.CalledTool]?
    }

    var id: String
    var object = "chat.completion.chunk"
    var created: Int
    var model: String
    var choices: [Choice]
    var usage: Usage?
}
