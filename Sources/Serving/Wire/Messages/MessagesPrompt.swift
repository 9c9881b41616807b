import ChatTemplates
import JSONValues

/// What a model reads, in Anthropic's words: `system`, `messages` and `tools`.
struct MessagesPrompt: ChatPrompt {
    static let names =
        ToolFields.messagesNames + ["model", "system", "messages", "chat_template_kwargs"]

    /// The name of a deployment; nil: the only one.
    var model: String?
    var messages: [ChatMessage]
    var variables: [JSON.Entry]
    var tools: ToolFields

    init(_ fields: Fields) throws(APIError) {
        if fields.isStrict { _ = try fields.required("model") }
        model = try fields.text("model")
        variables = try fields.entries("chat_template_kwargs")
        tools = try ToolFields(messages: fields)
        // Messages of one side that follow each other are one turn, as Anthropic has it.
        var history = ChatHistory(joinsTurns: true)
        if fields["system"] != nil {
            history.say(try fields.text("system", in: .messages), as: "system")
        }
        try Self.read(fields, into: &history)
        messages = history.messages()
    }

    private static func read(_ body: Fields, into history: inout ChatHistory) throws(APIError) {
        _ = try body.required("messages")
        let values = try body.array("messages") ?? []
        for (index, value) in values.enumerated() {
            let fields = try body.nested(
                value, at: "messages[\(index)]", known: ["role", "content"], unkept: [:])
            let role = try fields.requiredText("role")
            guard ["user", "assistant"].contains(role) else {
                throw .invalid(
                    fields.place("role"),
                    "`\(fields.place("role"))` must be `user` or `assistant`: received "
                        + "`\(role.prefix(100))`. What the system says goes into `system`.")
            }
            try MessageBlocks.read(fields, of: role, into: &history)
        }
        guard !values.isEmpty else {
            throw .invalid("messages", "`messages` needs at least one message: it has none.")
        }
        guard ["user", "tool"].contains(history.lastRole) else {
            throw .invalid(
                "messages",
                "The last of `messages` must be of the user: this server cannot continue a reply that "
                    + "begins in the request.", code: "unsupported_parameter")
        }
    }
}
