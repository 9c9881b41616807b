public import EmulatedFineTuning
public import Grammars
import Synchronization

/// The tokens of a composite as grammars see them: what each says, and which end a reply.
///
/// Made once for a composite. What was computed for a grammar is kept for replies to come.
public final class GrammarTokens: Sendable {
    /// Grammars whose masks are kept.
    private static let mostGrammars = 8
    /// Memory for the masks of a grammar, bytes.
    private static let cacheBytes = 16 << 20

    private let vocabulary: Vocabulary
    let ends: Set<TokenID>
    /// Control tokens whose names are text here, such as `[TOOL_CALLS]`.
    private let visible: Set<TokenID>
    private let state = Mutex(State())

    private struct State {
        var trie: TokenTrie?
        /// By key; the most recently used last.
        var masks: [(key: String, masks: TokenMasks)] = []
    }

    public init(
        _ vocabulary: Vocabulary, ends: [TokenID], visible: Set<TokenID> = []
    ) {
        self.vocabulary = vocabulary
        self.ends = Set(ends)
        self.visible = visible
    }

    /// A constraint that holds a reply to a grammar, at its start.
    ///
    /// - Parameters:
    ///   - key: tells the grammar from others: what was computed for it is used again.
    ///   - grammar: makes it, where it is not known yet.
    /// - Complexity: O(vocabulary) for the first grammar.
    public func constraint<Failure: Error>(
        _ key: String, _ grammar: () throws(Failure) -> Grammar
    ) throws(Failure) -> any TokenConstraint {
        let masks = if let known = known(key) { known } else { keep(try grammar(), key) }
        return GrammarConstraint(masks.grammar.start, masks, self)
    }

    /// What a token says; nil for marks.
    func bytes(of token: TokenID) -> [UInt8]? {
        guard vocabulary.tokens.indices.contains(token) else { return nil }
        let entry = vocabulary.tokens[token]
        switch entry.kind {
        case .normal, .userDefined, .byte: return entry.bytes
        case .control: return visible.contains(token) ? entry.bytes : nil
        case .unknown, .unused: return nil
        }
    }

    private func known(_ key: String) -> TokenMasks? {
        state.withLock { state in
            guard let place = state.masks.firstIndex(where: { $0.key == key }) else { return nil }
            state.masks.append(state.masks.remove(at: place))
            return state.masks.last?.masks
        }
    }

    private func keep(_ grammar: Grammar, _ key: String) -> TokenMasks {
        state.withLock { state in
            let trie =
                state.trie
                ?? TokenTrie(texts: vocabulary.tokens.indices.map(bytes), endTokens: ends)
            state.trie = trie
            let masks = TokenMasks(grammar: grammar, trie: trie, cacheBytes: Self.cacheBytes)
            state.masks = state.masks.suffix(Self.mostGrammars - 1) + [(key, masks)]
            return masks
        }
    }
}
