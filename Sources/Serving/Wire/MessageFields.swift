import ChatTemplates
import JSONValues

/// The messages of a chat, as OpenAI's API has them.
enum MessageFields {
    private static let roles = ["system", "developer", "user", "assistant", "tool"]

    /// An array of at least one message.
    static func messages(_ fields: Fields) throws(APIError) -> [ChatMessage] {
        let value = try fields.required("messages")
        return try messages(value, at: fields.place("messages"), of: fields)
    }

    /// The messages of a value of the body.
    static func messages(
        _ value: JSON, at place: String, of body: Fields
    ) throws(APIError) -> [ChatMessage] {
        guard case .array(let values) = value else {
            throw .invalid(place, "`\(place)` must be an array: received \(value.kind).")
        }
        var messages: [ChatMessage] = []
        for (index, value) in values.enumerated() {
            messages.append(try message(value, at: "\(place)[\(index)]", of: body))
        }
        guard !messages.isEmpty else {
            throw .invalid(place, "`\(place)` needs at least one message: it has none.")
        }
        return messages
    }

    private static func message(
        _ value: JSON, at place: String, of body: Fields
    ) throws(APIError) -> ChatMessage {
        let fields = try body.nested(
            value, at: place,
            known: ["role", "content", "tool_calls", "tool_call_id", "reasoning_content"],
            unkept: UnkeptField.message)
        let role = try fields.role(of: roles)
        var others: [JSON.Entry] = []
        if let id = try fields.text("tool_call_id") {
            guard role == "tool" || !fields.isStrict else {
                throw .invalid(
                    fields.place("tool_call_id"), "`tool_call_id` goes with the role `tool`.")
            }
            others.append(.init(key: "tool_call_id", value: .text(id)))
        }
        if let thought = try fields.text("reasoning_content"), !thought.isEmpty {
            others.append(.init(key: "reasoning_content", value: .text(thought)))
        }
        let calls = try fields.calls()
        if !calls.isEmpty {
            guard role == "assistant" else {
                throw .invalid(
                    fields.place("tool_calls"), "`tool_calls` goes with the role `assistant`.")
            }
            others.append(.init(key: "tool_calls", value: .array(calls)))
        }
        return ChatMessage(
            role: role, content: try content(fields, isOptional: role == "assistant"),
            fields: others)
    }

    /// A text, or parts of one.
    private static func content(
        _ fields: Fields, isOptional: Bool
    ) throws(APIError) -> String {
        // A reply that said nothing, or only called a tool, comes back with `null`.
        if isOptional, !fields.isStrict || fields["tool_calls"] != nil, fields["content"] == nil {
            return ""
        }
        _ = try fields.required("content")
        return try fields.text("content", in: .chat)
    }
}

extension Fields {
    /// Who speaks: one of some roles. `developer` is OpenAI's newer name for `system`.
    func role(of roles: [String]) throws(APIError) -> String {
        _ = try required("role")
        let role = try text("role") ?? ""
        guard roles.contains(role) else {
            throw .invalid(
                place("role"),
                "`\(place("role"))` must be one of \(roles.joined(separator: ", ")): "
                    + "received `\(role.prefix(100))`.")
        }
        return role == "developer" ? "system" : role
    }

    /// The calls of an assistant's message, as templates expect them: arguments as an object, if they are one.
    fileprivate func calls() throws(APIError) -> [JSON] {
        var calls: [JSON] = []
        for (index, value) in (try array("tool_calls") ?? []).enumerated() {
            let call = try nested(
                value, at: "\(place("tool_calls"))[\(index)]",
                known: ["id", "type", "function", "index"])
            guard let function = try call.object("function", known: ["name", "arguments"]) else {
                throw .invalid(call.place("function"), "`\(call.place("function"))` is required.")
            }
            guard let name = try function.text("name") else {
                throw .invalid(function.place("name"), "`\(function.place("name"))` is required.")
            }
            let arguments = function["arguments"]?.unquoted ?? .object([])
            calls.append(.call(name, arguments, id: try call.text("id")))
        }
        return calls
    }
}
