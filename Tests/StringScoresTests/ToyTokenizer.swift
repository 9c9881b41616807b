import TestSupport

/// A byte-level BPE tokenizer: a token for each byte of an alphabet, and one for each merge.
final class ToyTokenizer: Sendable {
    let texts: [[UInt8]?]
    let cutter: Cutter
    private let bytes: [UInt8: Int]
    private let merges: [Pair: (rank: Int, token: Int)]

    struct Pair: Hashable, Sendable {
        var left: Int
        var right: Int
    }

    init(alphabet: [UInt8], merges pairs: [Pair], cutter: Cutter = .none) {
        var texts = alphabet.map { [$0] }
        var bytes: [UInt8: Int] = [:]
        for (token, byte) in alphabet.enumerated() { bytes[byte] = token }
        var known: [[UInt8]: Int] = [:]
        for (token, text) in texts.enumerated() { known[text] = token }
        var merges: [Pair: (rank: Int, token: Int)] = [:]
        for (rank, pair) in pairs.enumerated() where merges[pair] == nil {
            let text = texts[pair.left] + texts[pair.right]
            let token = known[text] ?? texts.count
            if token == texts.count {
                texts.append(text)
                known[text] = token
            }
            merges[pair] = (rank, token)
        }
        self.texts = texts
        self.bytes = bytes
        self.merges = merges
        self.cutter = cutter
    }

    func encode(_ text: [UInt8]) -> [Int] { cutter.pieces(text).flatMap(merged) }

    /// The tokens of a piece: the merge of the lowest rank first, the leftmost of them.
    private func merged(_ piece: ArraySlice<UInt8>) -> [Int] {
        var tokens = piece.compactMap { bytes[$0] }
        while true {
            var best: (rank: Int, token: Int, place: Int)?
            for place in tokens.indices.dropLast() {
                let pair = Pair(left: tokens[place], right: tokens[place + 1])
                if let merge = merges[pair], merge.rank < best?.rank ?? .max {
                    best = (merge.rank, merge.token, place)
                }
            }
            guard let best else { return tokens }
            tokens.replaceSubrange(best.place...(best.place + 1), with: [best.token])
        }
    }

    /// Merges at random: of any two tokens, or of pairs that stand side by side in pieces of some text.
    static func random(
        _ random: inout SeededRandom, alphabet: [UInt8], merges count: Int, longest: Int,
        cutter: Cutter = .none, sample: [UInt8]? = nil
    ) -> ToyTokenizer {
        var merges: [Pair] = []
        for _ in 0..<count {
            let now = ToyTokenizer(alphabet: alphabet, merges: merges, cutter: cutter)
            var pair = Pair(
                left: Int.random(in: 0..<now.texts.count, using: &random),
                right: Int.random(in: 0..<now.texts.count, using: &random))
            if let sample {
                let tokens = now.merged(
                    cutter.pieces(sample).randomElement(using: &random) ?? [])
                guard tokens.count > 1 else { continue }
                let place = Int.random(in: 0..<(tokens.count - 1), using: &random)
                pair = Pair(left: tokens[place], right: tokens[place + 1])
            }
            let length = (now.texts[pair.left]?.count ?? 0) + (now.texts[pair.right]?.count ?? 0)
            if length <= longest { merges.append(pair) }
        }
        return ToyTokenizer(alphabet: alphabet, merges: merges, cutter: cutter)
    }
}
