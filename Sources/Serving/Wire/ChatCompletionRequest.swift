import ChatTemplates
import EmulatedFineTuning
import JSONValues
import LlamaBackend

/// The body of `POST /v1/chat/completions`.
struct ChatCompletionRequest: ChatRequest {
    var common: GenerationFields
    var messages: [ChatMessage]
    var maxTokens: Int?
    /// What the client calls it.
    var maxTokensField: String
    /// Likeliest tokens to report with every token; nil: no log-probabilities.
    var topLogProbabilities: Int?
    var format: ResponseFormat
    /// Variables of the chat template.
    var variables: [JSON.Entry]

    /// - Parameter strict: whether fields that are not kept are refused whatever they say.
    init(_ body: JSON, strict: Bool = false) throws(APIError) {
        let fields = try Fields(
            body,
            known: GenerationFields.names + [
                "messages", "max_tokens", "max_completion_tokens", "logprobs", "top_logprobs",
                "response_format", "chat_template_kwargs",
            ], unkept: UnkeptField.chat, strict: strict)
        common = try GenerationFields(fields)
        messages = try Self.messages(fields)
        let range = 1...GenerationFields.tokensLimit
        let limit = try fields.integer("max_completion_tokens", in: range)
        let old = try fields.integer("max_tokens", in: range)
        if let limit, let old, limit != old {
            throw .invalid(
                "max_tokens",
                "`max_tokens` is the old name of `max_completion_tokens`: "
                    + "received \(old) and \(limit). Give one.")
        }
        maxTokens = limit ?? old
        maxTokensField = limit == nil ? "max_tokens" : "max_completion_tokens"
        let top = try fields.integer("top_logprobs", in: 0...20)
        if try fields.flag("logprobs") ?? false {
            topLogProbabilities = top ?? 0
        } else if let top, top > 0 {
            throw .invalid("top_logprobs", "`top_logprobs` goes with `logprobs: true`.")
        }
        format = try ResponseFormat(fields)
        variables = try fields.entries("chat_template_kwargs")
    }

    /// An array of at least one message.
    static func messages(_ fields: Fields) throws(APIError) -> [ChatMessage] {
        _ = try fields.required("messages")
        var messages: [ChatMessage] = []
        for (index, value) in (try fields.array("messages") ?? []).enumerated() {
            messages.append(try message(value, at: "messages[\(index)]", of: fields))
        }
        guard !messages.isEmpty else {
            throw .invalid("messages", "`messages` needs at least one message: it has none.")
        }
        return messages
    }

    private static func message(
        _ value: JSON, at place: String, of body: Fields
    ) throws(APIError) -> ChatMessage {
        let fields = try body.nested(
            value, at: place, known: ["role", "content"], unkept: UnkeptField.message)
        _ = try fields.required("role")
        let roles = ["system", "developer", "user", "assistant"]
        let role = try fields.text("role") ?? ""
        guard roles.contains(role) else {
            throw .invalid(
                fields.place("role"),
                "`\(fields.place("role"))` must be one of "
                    + "\(roles.joined(separator: ", ")): received `\(role.prefix(100))`.")
        }
        return ChatMessage(
            // OpenAI's newer name for the same.
            role: role == "developer" ? "system" : role,
            content: try content(fields))
    }

    /// A text, or parts of one.
    private static func content(_ fields: Fields) throws(APIError) -> String {
        // A reply that said nothing comes back with `null`.
        if !fields.isStrict, fields["content"] == nil, fields["role"] == .text("assistant") {
            return ""
        }
        let value = try fields.required("content")
        guard case .array(let parts) = value else { return try fields.text("content") ?? "" }
        var texts: [String] = []
        for (index, part) in parts.enumerated() {
            let part = try fields.nested(
                part, at: "\(fields.place("content"))[\(index)]", known: ["type", "text"],
                unkept: UnkeptField.part)
            guard try part.text("type") == "text" else {
                throw .invalid(
                    part.place("type"), "Only parts of type `text` are supported.",
                    code: "unsupported_parameter")
            }
            _ = try part.required("text")
            texts.append(try part.text("text") ?? "")
        }
        return texts.joined(separator: "\n")
    }
}

/// `response_format`, or `text.format`: what a reply's text must be.
enum ResponseFormat: Equatable {
    case text, json

    init(_ fields: Fields, field: String = "response_format") throws(APIError) {
        self = .text
        guard
            let format = try fields.object(field, known: ["type"], unkept: UnkeptField.format)
        else { return }
        _ = try format.required("type")
        switch try format.text("type") {
        case "text": break
        case "json_object": self = .json
        default:
            throw .invalid(
                format.place("type"),
                "`\(format.place("type"))` must be `text` or `json_object`.",
                code: "unsupported_parameter")
        }
    }
}
