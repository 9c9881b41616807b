/// Which texts are allowed: a compiled context-free grammar over UTF-8 bytes.
///
/// It comes from a request, so it is treated as hostile: reading and matching have ``GrammarLimits``.
///
/// ```swift
/// let grammar = try Grammar(choices: ["yes", "no"])
/// let state = try grammar.start.advanced(byBytes: Array("y".utf8))
/// state?.forcedBytes(limit: 16)  // "es"
/// ```
public struct Grammar: Sendable {
    let automaton: Automaton
    /// Before the first byte.
    public let start: GrammarState

    /// - Complexity: O(places), see ``GrammarLimits/symbols``.
    init(_ rules: Rules) throws(GrammarError) {
        let automaton = try AutomatonBuilder(rules).automaton()
        self.automaton = automaton
        start = GrammarState(try Configuration(start: automaton), automaton)
    }

    /// Whether a whole text is allowed.
    ///
    /// - Throws: ``GrammarError/limit(_:)``.
    public func matches(_ text: some Sequence<UInt8>) throws(GrammarError) -> Bool {
        try start.advanced(byBytes: text)?.canEnd ?? false
    }
}

extension Grammar: Equatable {
    /// Whether both are the same compiled grammar, not whether they allow the same texts.
    public static func == (left: Grammar, right: Grammar) -> Bool {
        left.automaton === right.automaton
    }
}
