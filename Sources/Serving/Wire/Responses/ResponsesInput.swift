import ChatTemplates
import JSONValues

/// `input` of `POST /v1/responses`: a text, which the user says, or a list of items.
///
/// Items are messages. Those of tools would become messages here as well.
enum ResponsesInput {
    private static let roles = ["system", "developer", "user", "assistant"]

    static func messages(_ body: Fields) throws(APIError) -> [ChatMessage] {
        let value = try body.required("input")
        guard case .array(let items) = value else {
            guard case .text(let text) = value else {
                throw body.wrong("input", "a string or an array of items", value)
            }
            return [ChatMessage(role: "user", content: text)]
        }
        var messages: [ChatMessage] = []
        for (index, item) in items.enumerated() {
            messages.append(try message(item, at: "input[\(index)]", of: body))
        }
        guard !messages.isEmpty else {
            throw .invalid("input", "`input` needs at least one item: it has none.")
        }
        return messages
    }

    private static func message(
        _ value: JSON, at place: String, of body: Fields
    ) throws(APIError) -> ChatMessage {
        try value.requireType("message", at: place, isOptional: true)
        let fields = try body.nested(
            value, at: place, known: ["type", "role", "content"], unkept: UnkeptField.inputItem)
        return ChatMessage(
            role: try fields.role(of: roles), content: try content(fields))
    }

    /// A text, or parts of one.
    private static func content(_ fields: Fields) throws(APIError) -> String {
        let value = try fields.required("content")
        guard case .array(let parts) = value else { return try fields.text("content") ?? "" }
        var texts: [String] = []
        for (index, part) in parts.enumerated() {
            let place = "\(fields.place("content"))[\(index)]"
            try part.requireType("input_text", "output_text", at: place)
            let part = try fields.nested(
                part, at: place, known: ["type", "text"], unkept: UnkeptField.inputPart)
            _ = try part.required("text")
            texts.append(try part.text("text") ?? "")
        }
        return texts.joined(separator: "\n")
    }
}
