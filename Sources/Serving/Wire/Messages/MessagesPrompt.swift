import ChatTemplates
import JSONValues

/// What a model reads, in Anthropic's words: `system` and `messages`.
struct MessagesPrompt {
    static let names = ["model", "system", "messages", "chat_template_kwargs"]

    /// The name of a deployment; nil: the only one.
    var model: String?
    var messages: [ChatMessage]
    /// Variables of the chat template.
    var variables: [JSON.Entry]

    init(_ fields: Fields) throws(APIError) {
        if fields.isStrict { _ = try fields.required("model") }
        model = try fields.text("model")
        variables = try fields.entries("chat_template_kwargs")
        messages = []
        if fields["system"] != nil {
            messages.append(
                ChatMessage(role: "system", content: try Self.text("system", of: fields)))
        }
        messages += try Self.turns(fields)
    }

    /// The turns of the two sides. Messages of one side that follow each other are one turn, as
    /// Anthropic has it: templates want the sides to take turns.
    private static func turns(_ body: Fields) throws(APIError) -> [ChatMessage] {
        _ = try body.required("messages")
        var turns: [ChatMessage] = []
        for (index, value) in (try body.array("messages") ?? []).enumerated() {
            let fields = try body.nested(
                value, at: "messages[\(index)]", known: ["role", "content"],
                unkept: [:])
            _ = try fields.required("role")
            let role = try fields.text("role") ?? ""
            guard ["user", "assistant"].contains(role) else {
                throw .invalid(
                    fields.place("role"),
                    "`\(fields.place("role"))` must be `user` or `assistant`: received "
                        + "`\(role.prefix(100))`. What the system says goes into `system`.")
            }
            _ = try fields.required("content")
            let text = try text("content", of: fields)
            if let last = turns.last, last.role == role {
                turns[turns.count - 1].content += "\n" + text
            } else {
                turns.append(ChatMessage(role: role, content: text))
            }
        }
        guard let last = turns.last else {
            throw .invalid("messages", "`messages` needs at least one message: it has none.")
        }
        guard last.role == "user" else {
            throw .invalid(
                "messages",
                "The last of `messages` must be of the user: this server cannot continue a reply that "
                    + "begins in the request.", code: "unsupported_parameter")
        }
        return turns
    }

    /// A text, or blocks of one. Other kinds of blocks would be read here.
    private static func text(_ key: String, of fields: Fields) throws(APIError) -> String {
        guard case .array(let blocks)? = fields[key] else { return try fields.text(key) ?? "" }
        var texts: [String] = []
        for (index, value) in blocks.enumerated() {
            let place = "\(fields.place(key))[\(index)]"
            try value.requireType("text", at: place)
            let block = try fields.nested(
                value, at: place, known: ["type", "text"], unkept: UnkeptField.block)
            _ = try block.required("text")
            texts.append(try block.text("text") ?? "")
        }
        return texts.joined(separator: "\n")
    }
}
