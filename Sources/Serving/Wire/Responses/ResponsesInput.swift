import JSONValues

/// `input` of `POST /v1/responses`: a text, which the user says, or a list of items: messages, thoughts, calls
/// of tools, and what these returned.
enum ResponsesInput {
    private static let roles = ["system", "developer", "user", "assistant"]

    static func read(_ body: Fields, into history: inout ChatHistory) throws(APIError) {
        let value = try body.required("input")
        guard case .array(let items) = value else {
            guard case .text(let text) = value else {
                throw body.wrong("input", "a string or an array of items", value)
            }
            return history.say(text, as: "user")
        }
        for (index, item) in items.enumerated() {
            try read(item, at: "input[\(index)]", of: body, into: &history)
        }
        guard !items.isEmpty else {
            throw .invalid("input", "`input` needs at least one item: it has none.")
        }
    }

    private static func read(
        _ item: JSON, at place: String, of body: Fields, into history: inout ChatHistory
    ) throws(APIError) {
        let type = try item.requireType(
            ["message", "function_call", "function_call_output", "reasoning"], at: place,
            isOptional: true)
        func fields(
            _ known: String..., unkept: [String: UnkeptField] = UnkeptField.inputItem
        ) throws(APIError) -> Fields {
            try body.nested(item, at: place, known: known + ["type"], unkept: unkept)
        }
        switch type {
        case "function_call":
            try call(fields("call_id", "name", "arguments"), &history)
        case "function_call_output":
            try answer(fields("call_id", "output"), &history)
        case "reasoning":
            try think(
                fields("content", "summary", unkept: UnkeptField.reasoningItem), &history)
        default:
            let message = try fields("role", "content")
            let role = try message.role(of: roles)
            _ = try message.required("content")
            history.say(try message.text("content", in: .responses), as: role)
        }
    }

    private static func call(_ fields: Fields, _ history: inout ChatHistory) throws(APIError) {
        let (id, name) = (try fields.requiredText("call_id"), try fields.requiredText("name"))
        let arguments = JSON.text(try fields.requiredText("arguments"))
        history.call(name, arguments.unquoted, id: id)
    }

    private static func answer(_ fields: Fields, _ history: inout ChatHistory) throws(APIError) {
        let id = try fields.requiredText("call_id")
        _ = try fields.required("output")
        try history.answer(
            fields.text("output", in: .responses), to: id, at: fields.place("call_id"))
    }

    /// Thoughts; where a server gave only a summary of them, that.
    private static func think(_ fields: Fields, _ history: inout ChatHistory) throws(APIError) {
        let summary = try fields.text("summary", in: .summary)
        let content = try fields.text("content", in: .reasoning)
        history.think(content.isEmpty ? summary : content)
    }
}

extension TextParts {
    fileprivate static let reasoning = TextParts(types: ["reasoning_text"], unkept: [:])
    fileprivate static let summary = TextParts(types: ["summary_text"], unkept: [:])
}
