public import ChatTemplates
public import EmulatedFineTuning
public import Grammars
public import ToolCalls

/// The forms that a composite's replies can be held to, and what can be read out of them.
public struct ReplyForms: Sendable {
    /// How its model calls tools; nil: it does not, or in a way that is not known here.
    public let tools: ToolFormat?
    /// How its model marks thoughts; nil: it does not.
    public let thoughts: ThoughtMarks?
    /// Control tokens that calls and thoughts are marked with.
    public let marks: Set<TokenID>
    private let plain: GrammarTokens
    private let marked: GrammarTokens

    public init(_ template: ChatTemplate, _ composite: Composite) {
        let vocabulary = composite.vocabulary
        let ends = composite.endsOfGeneration
        let names = ends.map { String(decoding: vocabulary.tokens[$0].bytes, as: UTF8.self) }
        tools = ToolFormat(of: template, ends: names)
        thoughts = ThoughtMarks(of: template)
        var texts = [thoughts?.opening, thoughts?.closing, tools?.opening, tools?.closing]
        if case .named(let separator)? = tools?.body { texts.append(separator) }
        let text = texts.compactMap { $0 }.joined(separator: "\n")
        marks = Set(
            vocabulary.controlTokens.filter { token in
                let name = String(decoding: vocabulary.tokens[token].bytes, as: UTF8.self)
                return !name.isEmpty && !ends.contains(token) && text.contains(name)
            })
        plain = GrammarTokens(vocabulary, ends: ends)
        marked =
            marks.isEmpty ? plain : GrammarTokens(vocabulary, ends: ends, visible: marks)
    }

    /// Holds a reply to a grammar.
    ///
    /// - Parameters:
    ///   - key: tells the grammar from others: what was computed for it is used again.
    ///   - grammar: makes it, where it is not known yet.
    /// - Complexity: O(vocabulary) for the first grammar.
    public func constraint<Failure: Error>(
        _ key: String, _ grammar: () throws(Failure) -> Grammar
    ) throws(Failure) -> any TokenConstraint {
        try plain.constraint(key, grammar)
    }

    /// Makes a reply call tools, and say nothing else.
    ///
    /// - Parameters:
    ///   - tools: at least one.
    ///   - severalCalls: whether it may call more than once.
    /// - Returns: nil where it is not known how the model calls tools.
    /// - Throws: `GrammarError`, for parameters that cannot be kept.
    public func constraint(
        calling tools: [Tool], severalCalls: Bool
    ) throws(GrammarError) -> (any TokenConstraint)? {
        guard let format = self.tools else { return nil }
        let layout = format.layout(tools, severalCalls: severalCalls)
        return try marked.constraint("\(layout)") { () throws(GrammarError) in
            try Grammar(layout)
        }
    }
}

extension LoadedRecipe {
    /// The forms that replies can be held to.
    ///
    /// - Complexity: renders the chat template a few times; O(vocabulary).
    public var replyForms: ReplyForms { ReplyForms(template, composite) }
}
