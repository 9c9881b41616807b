extension Grammar {
    /// A grammar in llama.cpp's notation; the whole text must match its rule `root`.
    ///
    /// - Throws: ``GrammarError``: what is wrong, and in which line.
    ///
    /// Source: https://github.com/ggml-org/llama.cpp/blob/master/grammars/README.md
    public init(gbnf text: String, limits: GrammarLimits = GrammarLimits()) throws(GrammarError) {
        try self.init(GBNFParser.rules(of: text, limits: limits))
    }

    /// A regular expression that the whole text must match.
    ///
    /// Characters, classes, groups, alternatives and repetitions, as in ECMAScript with Unicode. A group
    /// captures nothing, and `^` and `$` may stand at the ends of an alternative only.
    ///
    /// - Throws: ``GrammarError/expression(position:reason:)`` for what is not regular, such as `\1` and
    ///   `(?=…)`; ``GrammarError/limit(_:)``.
    public init(regularExpression text: String, limits: GrammarLimits = GrammarLimits())
        throws(GrammarError)
    {
        var rules = Rules(limits: limits)
        let pattern = try PatternParser.pattern(of: text, limits: limits)
        rules.root = try rules.add("root", pattern.expression(spelling: .plain))
        try self.init(rules)
    }

    /// One of some texts.
    ///
    /// - Throws: ``GrammarError/choices(_:)`` when there are none, or one is empty.
    public init(choices: [String], limits: GrammarLimits = GrammarLimits()) throws(GrammarError) {
        guard !choices.isEmpty else { throw .choices("there are none") }
        guard choices.allSatisfy({ !$0.isEmpty }) else { throw .choices("one is empty") }
        guard choices.reduce(0, { $0 + $1.utf8.count }) <= limits.text else {
            throw .limit("the choices have more than \(limits.text) bytes")
        }
        var rules = Rules(limits: limits)
        rules.root = try rules.add("root", .words(choices.map { Array($0.utf8) }))
        try self.init(rules)
    }
}
