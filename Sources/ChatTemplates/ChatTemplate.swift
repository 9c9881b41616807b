import JSONValues

/// How a chat becomes the text that a model continues.
public struct ChatTemplate: Sendable {
    /// The ways to write a chat.
    public enum Form: Sendable {
        /// A Jinja template, as model files carry one.
        case jinja(JinjaTemplate)
        /// A transcript in plain text, for base models.
        case plain(PlainTranscript)
        /// The messages' contents, one after another: for prompts that are text already.
        case raw
    }

    public let form: Form
    /// Spellings of special tokens that templates ask for: `bos_token`, `eos_token` and the like.
    public var marks: [String: String]

    public init(_ form: Form, marks: [String: String] = [:]) {
        self.form = form
        self.marks = marks
    }

    /// A Jinja template.
    ///
    /// - Parameters:
    ///   - text: the template.
    ///   - marks: spellings of special tokens by their names in templates, such as `bos_token`.
    /// - Throws: ``TemplateError/syntax(line:reason:)``, ``TemplateError/limit(_:)``.
    public init(jinja text: String, marks: [String: String] = [:]) throws(TemplateError) {
        self.init(.jinja(try JinjaTemplate(text)), marks: marks)
    }

    /// A transcript in plain text, for base models.
    public static func plain(_ transcript: PlainTranscript = PlainTranscript()) -> ChatTemplate {
        ChatTemplate(.plain(transcript))
    }

    /// The messages' contents, one after another.
    public static let raw = ChatTemplate(.raw)

    /// Whether the template looks at a variable of this name.
    public func mentions(_ name: String) -> Bool {
        if case .jinja(let template) = form { template.mentions(name) } else { false }
    }

    /// The text of a chat, in which every character knows whether it is the template's or a message's.
    ///
    /// - Parameters:
    ///   - messages: in their order.
    ///   - addingReply: whether the text ends where the assistant's reply begins.
    ///   - options: what the template is told beside the messages.
    ///   - clock: what the template takes for the present.
    /// - Throws: ``TemplateError``.
    /// - Complexity: at most what ``TemplateLimits`` allow.
    public func render(
        _ messages: [ChatMessage], addingReply: Bool = true,
        options: TemplateOptions = TemplateOptions(),
        clock: TemplateClock = .system
    ) throws(TemplateError) -> MarkedText {
        switch form {
        case .plain(let transcript):
            return try transcript.render(messages, addingReply: addingReply)
        case .raw: return MarkedText(messages.map(\.content).joined(), isGiven: false)
        case .jinja(let template):
            return try template.render(
                given: options.variables.map { ($0.key, $0.value) } + [
                    ("messages", .array(messages.map(\.json))),
                    ("tools", options.tools.map { .array($0) } ?? .null),
                    ("documents", options.documents.map { .array($0) } ?? .null),
                    ("add_generation_prompt", .flag(addingReply)),
                ], own: marks, clock: clock)
        }
    }
}
