import ChatTemplates
import JSONValues

/// The body of `POST /v1/messages`.
struct MessagesRequest: ChatRequest {
    private var prompt: MessagesPrompt
    var common: GenerationFields
    var messages: [ChatMessage] { prompt.messages }
    var variables: [JSON.Entry] { prompt.variables }
    var maxTokens: Int?
    var maxTokensField: String { "max_tokens" }
    var form: ReplyForm? { nil }
    var tools: ToolFields { prompt.tools }
    var topLogProbabilities: Int? { nil }

    /// Those of a chat completion, but for what has another name here or stands for OpenAI's API only.
    private static let generationNames = GenerationFields.names.filter {
        !["n", "stop", "stream_options", "user"].contains($0)
    }

    /// - Parameter strict: whether fields that are not kept are refused whatever they say.
    init(_ body: JSON, strict: Bool = false) throws(APIError) {
        let fields = try Fields(
            body,
            known: Self.generationNames + MessagesPrompt.names + ["max_tokens", "stop_sequences"],
            unkept: UnkeptField.messages, strict: strict)
        prompt = try MessagesPrompt(fields)
        // OpenAI's `stop` may be one string, this may not.
        _ = try fields.array("stop_sequences")
        common = try GenerationFields(fields, stop: "stop_sequences")
        _ = try fields.required("max_tokens")
        maxTokens = try fields.integer("max_tokens", in: 1...GenerationFields.tokensLimit)
    }
}

/// The body of `POST /v1/messages/count_tokens`.
struct CountTokensRequest {
    var prompt: MessagesPrompt

    init(_ body: JSON, strict: Bool = false) throws(APIError) {
        prompt = try MessagesPrompt(
            Fields(
                body, known: MessagesPrompt.names, unkept: UnkeptField.messages, strict: strict))
    }
}

/// The answer to a ``CountTokensRequest``.
struct CountTokensResponse: Encodable {
    var inputTokens: Int
}
