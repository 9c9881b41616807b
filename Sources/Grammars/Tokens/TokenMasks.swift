import Synchronization

/// The tokens that a grammar allows, for one vocabulary; kept across replies and threads.
///
/// Most tokens are decided by the rule that is open last, whatever is under it: those are found once for
/// each place of the grammar. Tokens that end that rule and go on are tried each time, and whole masks
/// are kept for states that come again, as those inside a string do.
///
/// Source: the split is that of XGrammar, Dong et al. 2024, arXiv:2411.15100, section 3.1.
public final class TokenMasks: Sendable {
    public let grammar: Grammar
    public let trie: TokenTrie
    private let masks: Mutex<RecentlyUsed<TokenMask>>
    private let analyses: Mutex<RecentlyUsed<Analysis>>
    /// Tables that are not in use: a thread takes one and puts it back.
    private let tables = Mutex<[StateTable]>([])

    /// What is known of places whatever is under them.
    private struct Analysis: Sendable {
        var mask: TokenMask
        var escapes: [Escape]
    }

    /// - Parameters:
    ///   - grammar: what texts must keep to.
    ///   - trie: the vocabulary.
    ///   - cacheBytes: memory for masks, about.
    public init(grammar: Grammar, trie: TokenTrie, cacheBytes: Int = 64 << 20) {
        self.grammar = grammar
        self.trie = trie
        let each = trie.vocabularyCount / 8 + 64
        masks = Mutex(RecentlyUsed(capacity: max(8, cacheBytes / 2 / each)))
        analyses = Mutex(RecentlyUsed(capacity: max(8, cacheBytes / 2 / each)))
    }

    /// The tokens whose whole text may come next, and those that end the reply where it may end.
    ///
    /// - Throws: ``GrammarError/limit(_:)``.
    /// - Precondition: `state` is one of ``grammar``'s.
    /// - Complexity: O(vocabulary) once for each place of the grammar; later O(tokens that end the open
    ///   rule and go on), and O(1) for states that were asked for lately.
    public func mask(for state: GrammarState) throws(GrammarError) -> TokenMask {
        precondition(state.automaton === grammar.automaton, "a state of another grammar")
        let configuration = state.configuration.canonical(
            in: grammar.automaton, horizon: trie.longestToken)
        let digest = configuration.digest
        if let known = masks.withLock({ $0[digest] }) { return known }
        var table = takeTable()
        table.grant()
        var mask = TokenMask(vocabularyCount: trie.vocabularyCount)
        for group in configuration.groups {
            let analysis = try self.analysis(of: group.places, &table)
            mask.formUnion(analysis.mask)
            try follow(analysis.escapes, in: group.frame, &table, into: &mask)
        }
        if configuration.isComplete {
            for token in trie.endTokens { mask.insert(token) }
        }
        putBack(table)
        masks.withLock { [mask] in $0[digest] = mask }
        return mask
    }

    private func analysis(of places: PlaceSet, _ table: inout StateTable)
        throws(GrammarError) -> Analysis
    {
        if let known = analyses.withLock({ $0[places.digest] }) { return known }
        var mask = TokenMask(vocabularyCount: trie.vocabularyCount)
        var escapes: [Escape] = []
        try table.allow(
            trie, under: nil, from: Configuration(places, over: .unknown), into: &mask,
            escapes: &escapes)
        let analysis = Analysis(mask: mask, escapes: escapes)
        analyses.withLock { $0[places.digest] = analysis }
        return analysis
    }

    /// Tries the tokens that end a rule and go on, now that it is known what follows.
    private func follow(
        _ escapes: [Escape], in frame: Frame, _ table: inout StateTable, into mask: inout TokenMask
    ) throws(GrammarError) {
        var after: [[Int32]: Configuration] = [:]
        var none: [Escape] = []
        for escape in escapes {
            let configuration =
                after[escape.rules] ?? Configuration(after: escape.rules, in: frame)
            after[escape.rules] = configuration
            try table.allow(
                trie, under: escape.node, from: configuration, into: &mask, escapes: &none)
        }
    }

    private func takeTable() -> StateTable {
        tables.withLock { $0.popLast() } ?? StateTable(grammar.automaton)
    }

    private func putBack(_ table: StateTable) {
        guard table.count <= 1 << 13 else { return }
        tables.withLock { if $0.count < 4 { $0.append(table) } }
    }
}
