/// A chat written as plain text, for base models, which know no chat template.
///
/// ```
/// User: Where is the library?
///
/// Assistant: On the market square.
///
/// User: Thank you.
///
/// Assistant:
/// ```
public struct PlainTranscript: Sendable, Equatable {
    /// What is written for a role; nil: the message stands alone, without a label.
    public var labels: [String: String?]
    /// What stands between a label and its message.
    public var separator: String
    /// What stands between messages.
    public var paragraph: String

    public init(
        labels: [String: String?] = ["system": nil, "user": "User", "assistant": "Assistant"],
        separator: String = ":", paragraph: String = "\n\n"
    ) {
        self.labels = labels
        self.separator = separator
        self.paragraph = paragraph
    }

    /// The text at which a reply is over: the next speaker's label.
    public var stops: [String] {
        labels.values.compactMap { $0 }.sorted().map { paragraph + $0 + separator }
    }

    /// - Throws: ``TemplateError/message(index:reason:)`` for a role without a label.
    func render(
        _ messages: [ChatMessage], addingReply: Bool
    ) throws(TemplateError) -> MarkedText {
        var parts: [String] = []
        for (index, message) in messages.enumerated() {
            guard let label = labels[message.role] else {
                throw .message(
                    index: index,
                    reason: "its role is `\(message.role)`, and there are labels for "
                        + labels.keys.sorted().map { "`\($0)`" }.joined(separator: ", "))
            }
            parts.append(label.map { "\($0)\(separator) \(message.content)" } ?? message.content)
        }
        if addingReply, let label = labels["assistant"] ?? nil { parts.append(label + separator) }
        return MarkedText(parts.joined(separator: paragraph), isGiven: true)
    }
}
