import ChatTemplates
import JSONValues

/// What a chat template is told beside the messages, in the requests that ask for a prompt and no reply.
struct TemplateFields {
    static let names = ["add_generation_prompt", "chat_template_kwargs", "documents", "tools"]

    /// Whether the prompt ends where a reply begins.
    var addsReply: Bool
    private var tools: [JSON]?
    private var documents: [JSON]?
    private var variables: [JSON.Entry]

    init(_ fields: Fields) throws(APIError) {
        addsReply = try fields.flag("add_generation_prompt") ?? true
        tools = try fields.array("tools")
        documents = try fields.array("documents")
        variables = try fields.entries("chat_template_kwargs")
    }

    /// What the template is told, over what a recipe says.
    func options(over standard: TemplateOptions) throws(TemplateError) -> TemplateOptions {
        var options = standard
        options.tools = tools ?? options.tools
        options.documents = documents ?? options.documents
        try options.set(variables)
        return options
    }
}
