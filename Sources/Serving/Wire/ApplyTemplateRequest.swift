import ChatTemplates
import JSONValues

/// The body of `POST /apply-template`, as llama-server has it.
struct ApplyTemplateRequest {
    var model: String?
    var messages: [ChatMessage]
    /// Whether the text ends where a reply begins.
    var addsReply: Bool
    private var tools: [JSON]?
    private var documents: [JSON]?
    private var variables: [JSON.Entry]

    init(_ body: JSON) throws {
        let fields = try Fields(
            body,
            known: [
                "model", "messages", "add_generation_prompt", "tools", "documents",
                "chat_template_kwargs",
            ], unsupported: ["continue_final_message", "chat_template"])
        model = try fields.text("model")
        addsReply = try fields.flag("add_generation_prompt") ?? true
        tools = try fields.array("tools")
        documents = try fields.array("documents")
        variables = try fields.entries("chat_template_kwargs")
        _ = try fields.required("messages")
        messages = try (fields.array("messages") ?? []).enumerated().map { index, message in
            try ChatMessage(message, index: index)
        }
    }

    /// What the template is told, over what a recipe says.
    func options(over standard: TemplateOptions) throws -> TemplateOptions {
        var options = standard
        options.tools = tools ?? options.tools
        options.documents = documents ?? options.documents
        try options.set(variables)
        return options
    }
}

/// The answer to an ``ApplyTemplateRequest``.
struct ApplyTemplateResponse: Encodable {
    var prompt: String
}
