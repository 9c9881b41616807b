public import ChatTemplates

/// What a model writes around its thoughts before it replies.
public struct ThoughtMarks: Sendable, Equatable, Hashable {
    public var opening: String
    public var closing: String

    public init(opening: String = "<think>", closing: String = "</think>") {
        self.opening = opening
        self.closing = closing
    }

    /// Marks that published templates use.
    private static let known = [
        ThoughtMarks(), ThoughtMarks(opening: "[THINK]", closing: "[/THINK]"),
        ThoughtMarks(opening: "<seed:think>", closing: "</seed:think>"),
    ]

    /// The marks of a template; nil when it knows none.
    public init?(of template: ChatTemplate) {
        guard case .jinja(let jinja) = template.form,
            let marks = Self.known.first(where: { jinja.text.contains($0.closing) })
        else { return nil }
        self = marks
    }

    /// Whether a prompt ends inside thoughts: the reply goes on thinking.
    public func areOpen(in prompt: String) -> Bool {
        prompt.reversed().drop(while: \.isWhitespace).starts(with: opening.reversed())
    }
}
