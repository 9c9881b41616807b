import ChatTemplates
import JSONValues

/// The body of `POST /v1/chat/completions`.
struct ChatCompletionRequest: ChatRequest {
    var common: GenerationFields
    var messages: [ChatMessage]
    var maxTokens: Int?
    /// What the client calls it.
    var maxTokensField: String
    /// Likeliest tokens to report with every token; nil: no log-probabilities.
    var topLogProbabilities: Int?
    var form: ReplyForm?
    var tools: ToolFields
    /// Variables of the chat template.
    var variables: [JSON.Entry]

    /// - Parameter strict: whether fields that have no effect are refused whatever they say.
    init(_ body: JSON, strict: Bool = false) throws(APIError) {
        let fields = try Fields(
            body,
            known: GenerationFields.names + ReplyForm.names + ToolFields.names + [
                "messages", "max_tokens", "max_completion_tokens", "logprobs", "top_logprobs",
                "chat_template_kwargs",
            ], unkept: UnkeptField.chat, strict: strict)
        common = try GenerationFields(fields)
        messages = try MessageFields.messages(fields)
        let range = 1...GenerationFields.tokensLimit
        let limit = try fields.integer("max_completion_tokens", in: range)
        let old = try fields.integer("max_tokens", in: range)
        if let limit, let old, limit != old {
            throw .invalid(
                "max_tokens",
                "`max_tokens` is the old name of `max_completion_tokens`: "
                    + "received \(old) and \(limit). Give only one of them.")
        }
        maxTokens = limit ?? old
        maxTokensField = limit == nil ? "max_tokens" : "max_completion_tokens"
        let top = try fields.integer("top_logprobs", in: 0...20)
        if try fields.flag("logprobs") ?? false {
            topLogProbabilities = top ?? 0
        } else if let top, top > 0 {
            throw .invalid("top_logprobs", "`top_logprobs` needs `logprobs: true`.")
        }
        form = try ReplyForm.read(fields)
        tools = try ToolFields(openAI: fields, .chat)
        variables = try fields.entries("chat_template_kwargs")
    }
}
