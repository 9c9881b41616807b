import JSONValues

/// `content` of a message of `POST /v1/messages`: a text, or blocks of text, thoughts, calls of tools, and
/// what these returned.
enum MessageBlocks {
    private static let types = [
        "user": ["text", "tool_result"], "assistant": ["text", "tool_use", "thinking"],
    ]

    static func read(
        _ message: Fields, of role: String, into history: inout ChatHistory
    ) throws(APIError) {
        guard case .array(let blocks) = try message.required("content"), !blocks.isEmpty else {
            return history.say(try message.text("content", in: .messages), as: role)
        }
        for (index, block) in blocks.enumerated() {
            let place = "\(message.place("content"))[\(index)]"
            let type = try block.requireType(types[role] ?? [], at: place)
            func fields(
                _ known: String..., unkept: [String: UnkeptField] = UnkeptField.toolBlock
            ) throws(APIError) -> Fields {
                try message.nested(block, at: place, known: known + ["type"], unkept: unkept)
            }
            switch type {
            case "tool_use": try call(fields("id", "name", "input"), &history)
            case "tool_result":
                try answer(fields("tool_use_id", "content", "is_error"), &history)
            case "thinking":
                let thoughts = try fields("thinking", unkept: UnkeptField.thoughtBlock)
                history.think(try thoughts.requiredText("thinking"))
            default: history.say(try message.text(of: block, at: place, in: .messages), as: role)
            }
        }
    }

    private static func call(_ fields: Fields, _ history: inout ChatHistory) throws(APIError) {
        let (id, name) = (try fields.requiredText("id"), try fields.requiredText("name"))
        _ = try fields.required("input")
        history.call(name, .object(try fields.entries("input")), id: id)
    }

    private static func answer(_ fields: Fields, _ history: inout ChatHistory) throws(APIError) {
        let id = try fields.requiredText("tool_use_id")
        let text = try fields.text("content", in: .messages)
        // Templates have no other place for it.
        let isError = try fields.flag("is_error") ?? false
        try history.answer(
            isError ? "Error: \(text)" : text, to: id, at: fields.place("tool_use_id"))
    }
}
