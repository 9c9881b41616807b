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
        /// The most recently used last.
        var masks: [TokenMasks] = []
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
    /// - Complexity: O(vocabulary) for the first grammar.
    public func constraint(_ grammar: Grammar) -> any TokenConstraint {
        GrammarConstraint(grammar.start, masks(of: grammar), self)
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

    private func masks(of grammar: Grammar) -> TokenMasks {
        state.withLock { state in
            if let place = state.masks.firstIndex(where: { $0.grammar == grammar }) {
                let masks = state.masks.remove(at: place)
                state.masks.append(masks)
                return masks
            }
            let trie =
                state.trie
                ?? TokenTrie(texts: vocabulary.tokens.indices.map(bytes), endTokens: ends)
            state.trie = trie
            let masks = TokenMasks(grammar: grammar, trie: trie, cacheBytes: Self.cacheBytes)
            state.masks = state.masks.suffix(Self.mostGrammars - 1) + [masks]
            return masks
        }
    }
}
