/// Why a template cannot be read or rendered.
public enum TemplateError: Error, Sendable, Equatable {
    /// The text is no Jinja.
    case syntax(line: Int, reason: String)
    /// An expression has no value: Python would raise an exception.
    case failed(line: Int, reason: String)
    /// The template refused by its own word, with `raise_exception`.
    case raised(String)
    /// The template asks for more than it may: see ``TemplateLimits``.
    case limit(String)

    /// A message that no template could render, counted from 0.
    case message(index: Int, reason: String)
    /// A variable that cannot be set: it has a place of its own.
    case variable(String)

    /// A failure whose line the renderer fills in.
    static func fault(_ reason: String) -> TemplateError { .failed(line: 0, reason: reason) }
}

extension TemplateError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .syntax(let line, let reason):
            "The chat template cannot be read, line \(line): \(reason.shortened)."
        case .failed(let line, let reason):
            "The chat template cannot be rendered, line \(line): \(reason.shortened)."
        case .raised(let reason): "The chat template refuses this chat: \(reason.shortened)"
        case .limit(let reason): "The chat template asks for too much: \(reason.shortened)."
        case .message(let index, let reason):
            "Chat message \(index) cannot be rendered: \(reason.shortened)."
        case .variable(let name):
            "`chat_template_kwargs` cannot set `\(name.shortened)`. It sets variables of the template's own; "
                + "messages, tools and documents have fields of their own."
        }
    }
}

extension String {
    /// At most 240 characters, without control characters: errors are shown on terminals.
    var shortened: String {
        let printable = String(
            String.UnicodeScalarView(
                unicodeScalars.prefix(241).map {
                    $0.properties.generalCategory == .control ? " " : $0
                }))
        return unicodeScalars.count > 240
            ? String(printable.unicodeScalars.prefix(240)) + "…" : printable
    }
}
