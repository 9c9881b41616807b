import EmulatedFineTuning
import Grammars

/// Holds a reply to a grammar.
final class GrammarConstraint: TokenConstraint {
    private enum Place {
        case at(GrammarState)
        /// The reply has ended: it can only end again.
        case ended
        /// The grammar can be followed no further, within its limits: nothing is allowed, so that the reply
        /// fails and does not end as if it were complete.
        case lost
    }

    /// Forced text that is looked for, by token.
    private static let bytesPerToken = 8

    private let place: Place
    private let masks: TokenMasks
    private let tokens: GrammarTokens

    convenience init(_ start: GrammarState, _ masks: TokenMasks, _ tokens: GrammarTokens) {
        self.init(.at(start), masks, tokens)
    }

    private init(_ place: Place, _ masks: TokenMasks, _ tokens: GrammarTokens) {
        self.place = place
        self.masks = masks
        self.tokens = tokens
    }

    /// - Complexity: that of ``TokenMasks/mask(for:)``, and O(vocabulary).
    func restrict(_ scores: UnsafeMutableBufferPointer<Float>) {
        guard case .at(let state) = place, let mask = try? masks.mask(for: state) else {
            let isEnded = if case .ended = place { true } else { false }
            for token in scores.indices where !isEnded || !tokens.ends.contains(token) {
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

    func forced(atMost limit: Int) -> [TokenID] {
        guard case .at(let state) = place,
            let bytes = try? state.forcedBytes(limit: limit * Self.bytesPerToken)
        else { return [] }
        return masks.trie.spelling(bytes, atMost: limit)
    }

    func advanced(by token: TokenID) -> any TokenConstraint {
        GrammarConstraint(place(after: token), masks, tokens)
    }

    private func place(after token: TokenID) -> Place {
        if tokens.ends.contains(token) { return .ended }
        guard case .at(let state) = place, let bytes = tokens.bytes(of: token),
            let next = (try? state.advanced(byBytes: bytes)) ?? nil
        else { return .lost }
        return .at(next)
    }
}
