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
    var systemFingerprint: String
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

        private enum CodingKeys: CodingKey { case role, content, reasoningContent, toolCalls }

        /// What is absent is left out, but for the content of the first piece: that is null, as nothing has been
        /// said and nobody knows whether it will be a text or a call.
        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encodeIfPresent(role, forKey: .role)
            if role == nil {
                try container.encodeIfPresent(content, forKey: .content)
            } else {
                try container.encode(content, forKey: .content)
            }
            try container.encodeIfPresent(reasoningContent, forKey: .reasoningContent)
            try container.encodeIfPresent(toolCalls, forKey: .toolCalls)
        }
    }

    var id: String
    var object = "chat.completion.chunk"
    var created: Int
    var model: String
    var systemFingerprint: String
    var choices: [Choice]
    var usage: Usage?
}
