public import JSONValues

/// A Jinja template, as `apply_chat_template` of transformers would render it.
///
/// Jinja's sandbox with `trim_blocks`, `lstrip_blocks`, loop controls, the `generation` tag, `tojson` as
/// transformers writes it, `raise_exception` and `strftime_now`. A template comes with a model file, so it
/// is treated as hostile: reading and rendering have ``TemplateLimits``, happen on a stack of their own,
/// and touch nothing outside.
///
/// Source: matches Jinja2 3.1, as transformers sets it up; `Tests/templates` holds the two together.
public struct JinjaTemplate: Sendable {
    /// The template's own text.
    public let text: String
    private let syntax: Syntax
    private let limits: TemplateLimits

    /// Reads a template.
    ///
    /// - Throws: ``TemplateError/syntax(line:reason:)``, ``TemplateError/limit(_:)``.
    /// - Complexity: O(text).
    public init(_ text: String, limits: TemplateLimits = TemplateLimits()) throws(TemplateError) {
        self.text = text
        self.limits = limits
        syntax = try onDeepStack { () throws(TemplateError) in
            try Parser.syntax(of: text, limits: limits)
        }
    }

    /// Whether the template looks at a variable of this name.
    public func mentions(_ name: String) -> Bool { syntax.names.contains(name) }

    /// The text that the template makes of variables.
    ///
    /// - Parameters:
    ///   - given: variables whose texts count as the caller's, such as the messages.
    ///   - own: texts that count as the template's, such as the spelling of the BOS token.
    ///   - clock: what `strftime_now` tells.
    /// - Throws: ``TemplateError``.
    /// - Complexity: at most what ``TemplateLimits`` allow.
    public func render(
        given: [(name: String, value: JSON)], own: [String: String] = [:],
        clock: TemplateClock = .system
    ) throws(TemplateError) -> MarkedText {
        try onDeepStack { () throws(TemplateError) in
            var variables: [String: Value] = own.mapValues { .text($0) }
            for (name, json) in given {
                variables[name] = try Value(json, limits: limits)
            }
            return try Renderer(syntax, limits: limits, clock: clock).render(variables)
        }
    }
}
