public import JSONValues

/// One message of a chat.
public struct ChatMessage: Sendable, Equatable, Hashable {
    /// Who speaks: `system`, `user` or `assistant`; some templates know more.
    public var role: String
    /// What is said.
    public var content: String
    /// What else the message holds for a template to look at, such as `tool_calls` or `name`. An entry
    /// `content` stands in the place of the text: `null`, or parts.
    public var fields: [JSON.Entry]

    public init(role: String, content: String, fields: [JSON.Entry] = []) {
        self.role = role
        self.content = content
        self.fields = fields
    }

    /// A message as JSON has it: an object with a `role`, and a `content` that is a text in most.
    ///
    /// - Throws: ``TemplateError/message(index:reason:)``.
    public init(_ json: JSON, index: Int = 0) throws(TemplateError) {
        guard case .object(let entries) = json else {
            throw .message(index: index, reason: "it must be an object, not \(json.kind)")
        }
        guard case .text(let role)? = entries.first(where: { $0.key == "role" })?.value else {
            throw .message(index: index, reason: "it needs a `role`, which must be a text")
        }
        var others = entries.filter { $0.key != "role" }
        var content = ""
        if let place = others.firstIndex(where: { $0.key == "content" }),
            case .text(let text) = others[place].value
        {
            content = text
            others.remove(at: place)
        } else if !others.contains(where: { $0.key == "content" }) {
            guard others.contains(where: { $0.key == "tool_calls" }) else {
                throw .message(index: index, reason: "it needs a `content`")
            }
            // It has none, which templates can tell from an empty one.
            others.append(JSON.Entry(key: "content", value: .null))
        }
        self.init(role: role, content: content, fields: others)
    }

    /// Names that clients have for what a model thought before it replied.
    private static let thoughts = ["reasoning_content", "thinking", "reasoning"]

    /// The message as templates see it: without what is null, and with the thoughts of a reply under both
    /// names that templates ask for.
    ///
    /// Source: matches `render_jinja_template` of transformers 5.
    var json: JSON {
        var entries = [JSON.Entry(key: "role", value: .text(role))]
        if !content.isEmpty || !fields.contains(where: { $0.key == "content" }) {
            entries.append(JSON.Entry(key: "content", value: .text(content)))
        }
        entries += fields.filter { $0.value != .null }
        let thought = Self.thoughts.lazy.compactMap { name in entries.first { $0.key == name } }
            .first
        for name in ["thinking", "reasoning_content"] where thought != nil {
            guard !entries.contains(where: { $0.key == name }), let value = thought?.value else {
                continue
            }
            entries.append(JSON.Entry(key: name, value: value))
        }
        return .object(entries)
    }

    /// Bytes of what a template writes of the message, about; without thoughts, which many leave out.
    public var size: Int {
        fields.reduce(content.utf8.count) { size, field in
            Self.thoughts.contains(field.key) ? size : size + field.value.textSize
        }
    }
}

extension ChatMessage: Codable {
    private enum CodingKeys: CodingKey { case role, content }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            role: try values.decode(String.self, forKey: .role),
            content: try values.decode(String.self, forKey: .content))
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(role, forKey: .role)
        try values.encode(content, forKey: .content)
    }
}

extension JSON {
    /// Bytes of all texts in the value.
    var textSize: Int {
        switch self {
        case .text(let text): text.utf8.count
        case .array(let values): values.reduce(0) { $0 + $1.textSize }
        case .object(let entries): entries.reduce(0) { $0 + $1.key.utf8.count + $1.value.textSize }
        default: 0
        }
    }
}
