import ChatTemplates
import JSONValues

/// The body of `POST /apply-template`, as in llama-server.
struct ApplyTemplateRequest {
    var model: String?
    var messages: [ChatMessage]
    var template: TemplateFields

    init(_ body: JSON, strict: Bool = false) throws {
        let fields = try Fields(
            body, known: TemplateFields.names + ["model", "messages"],
            unkept: UnkeptField.applyTemplate, strict: strict)
        model = try fields.text("model")
        template = try TemplateFields(fields)
        _ = try fields.required("messages")
        messages = try (fields.array("messages") ?? []).enumerated().map { index, message in
            try ChatMessage(message, index: index)
        }
        guard !messages.isEmpty else {
            throw APIError.invalid(
                "messages", "`messages` needs at least one message, but has none.")
        }
    }
}

/// The answer to an ``ApplyTemplateRequest``.
struct ApplyTemplateResponse: Encodable {
    var prompt: String
}
