import EmulatedFineTuning
import Grammars

/// Holds a reply to a grammar.
final class GrammarConstraint: TokenConstraint {
    /// Nil: the reply has ended, or left the grammar; it can only end.
    private let state: GrammarState?
    private let masks: TokenMasks
    private let tokens: GrammarTokens

    init(_ state: GrammarState?, _ masks: TokenMasks, _ tokens: GrammarTokens) {
        self.state = state
        self.masks = masks
        self.tokens = tokens
    }

    /// - Complexity: that of ``TokenMasks/mask(for:)``, and O(vocabulary).
    func restrict(_ scores: UnsafeMutableBufferPointer<Float>) {
        guard let state, let mask = try? masks.mask(for: state) else {
            // Where a grammar can be followed no further, the reply ends.
            for token in scores.indices where !tokens.ends.contains(token) {
                scores[token] = -.infinity
            }
            return
        }
        var start = 0
        for word in mask.words {
            let end = min(start + 64, scores.count)
            defer { start = end }
            guard word != .max else { continue }
            for token in start..<end where word >> UInt64(token - start) & 1 == 0 {
                scores[token] = -.infinity
            }
        }
        for token in min(start, scores.count)..<scores.count { scores[token] = -.infinity }
    }

    func advanced(by token: TokenID) -> any TokenConstraint {
        var next: GrammarState?
        if !tokens.ends.contains(token), let bytes = tokens.bytes(of: token) {
            next = (try? state?.advanced(byBytes: bytes)) ?? nil
        }
        return GrammarConstraint(next, masks, tokens)
    }
}
