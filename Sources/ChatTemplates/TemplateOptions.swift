public import JSONValues

/// What a chat template is told beside the messages.
public struct TemplateOptions: Sendable, Equatable, Hashable {
    /// Functions that the model may call, as OpenAI's API describes them; nil: none.
    public var tools: [JSON]?
    /// Texts that the model may quote, as templates for retrieval expect them; nil: none.
    public var documents: [JSON]?
    /// More variables, such as `enable_thinking`: `chat_template_kwargs` of transformers and vLLM.
    public private(set) var variables: [JSON.Entry]

    /// Bytes of all texts in tools and documents.
    public var size: Int {
        ((tools ?? []) + (documents ?? [])).reduce(0) { $0 + $1.textSize }
    }

    public init(tools: [JSON]? = nil, documents: [JSON]? = nil) {
        self.tools = tools
        self.documents = documents
        variables = []
    }

    /// Variables that have a place of their own.
    private static let reserved: Set = [
        "messages", "tools", "documents", "add_generation_prompt", "continue_final_message",
        "chat_template", "conversation", "tokenize",
    ]

    /// Variables that can be set.
    private static let most = 256

    /// Sets variables; those that were set before and are not named stay.
    ///
    /// - Throws: ``TemplateError/variable(_:)`` for a name that is no variable of its own.
    public mutating func set(_ entries: [JSON.Entry]) throws(TemplateError) {
        // Each is looked for among the others.
        guard variables.count + entries.count <= Self.most else {
            throw .limit("at most \(Self.most) variables can be set")
        }
        for entry in entries {
            guard !Self.reserved.contains(entry.key) else { throw .variable(entry.key) }
            if let place = variables.firstIndex(where: { $0.key == entry.key }) {
                variables[place] = entry
            } else {
                variables.append(entry)
            }
        }
    }
}
