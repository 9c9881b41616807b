import ChatTemplates
import JSONValues

/// What a chat template is given besides the messages, in requests that ask for a prompt but no reply.
struct TemplateFields {
    static let names = ["add_generation_prompt", "chat_template_kwargs", "documents", "tools"]

    /// Whether the prompt ends where a reply begins.
    var addsReply: Bool
    private var tools: [JSON]?
    private var documents: [JSON]?
    private var variables: [JSON.Entry]

    init(_ fields: Fields) throws(APIError) {
        addsReply = try fields.flag("add_generation_prompt") ?? true
        tools = try fields.objects("tools")
        documents = try fields.objects("documents")
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

extension Fields {
    /// An array of objects, of any shape.
    fileprivate func objects(_ key: String) throws(APIError) -> [JSON]? {
        guard let values = try array(key) else { return nil }
        for (index, value) in values.enumerated() {
            guard case .object = value else { throw wrong("\(key)[\(index)]", "an object", value) }
        }
        return values
    }
}
