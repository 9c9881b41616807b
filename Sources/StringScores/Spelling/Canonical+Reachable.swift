import Dispatch
import Synchronization

extension Canonical {
    /// The texts without those of tokens that the tokenizer never writes.
    ///
    /// Some vocabularies have tokens that their own tokenizer never makes (1,944 of Qwen 2's). A model does
    /// not say them, and sums are cleaner without them. A token stays if some text that begins with its
    /// bytes is written with it, and if its bytes are no whole characters: those cannot be tested alone.
    ///
    /// Hundreds of tokens are tried in one text, first each on a line of its own, then each with a digit after it. Merges
    /// stay between the places that no token crosses, and pre-tokenizers do not look back, so a token that keeps to itself
    /// there is written so in a text of its own too. The others are tried alone.
    ///
    /// - Complexity: one call of `encode` for hundreds of tokens; one for each other token, and a few more
    ///   for those that are dropped. On all processors, once for a vocabulary, whatever number of threads decodes.
    package static func reachable(
        _ texts: [[UInt8]?], probes: Probes = .standard,
        encode: @escaping @Sendable ([UInt8]) -> [Int]
    ) -> [[UInt8]?] {
        var left = texts.indices.filter { token in
            texts[token].map { !$0.isEmpty && isWhole($0) } ?? false
        }
        let isTested = Set(left)
        var written: Set<Int> = []
        for (separator, fits) in [(0x0a, isLine), (0x31, { _ in true })]
            as [(UInt8, ([UInt8]) -> Bool)]
        {
            let tried = left.filter { fits(texts[$0] ?? []) }
            let own = tried.map { texts[$0] ?? [] }
            let found = together(batches(of: own)) { batch in
                zip(
                    tried[batch],
                    lines(own[batch], separator: separator, texts: texts, encode: encode)
                )
                .filter { token, tokens in tokens == [Int32(token)] }.map(\.0)
            }
            written.formUnion(found)
            left.removeAll(where: written.contains)
        }
        let chunks = stride(from: 0, to: left.count, by: 64).map { $0..<min($0 + 64, left.count) }
        let alone = together(chunks) { [left] chunk in
            left[chunk].filter { token in
                let text = texts[token] ?? []
                return encode(text) == [token]
                    || probes.deciding(text[...]).contains { encode(text + $0).first == token }
            }
        }
        written.formUnion(alone)
        return texts.enumerated().map { token, text in
            guard let text, !text.isEmpty else { return nil }
            return isTested.contains(token) && !written.contains(token) ? nil : text
        }
    }

    /// What is found in each of several ranges, on all processors.
    private static func together(
        _ ranges: [Range<Int>], _ find: @Sendable (Range<Int>) -> [Int]
    ) -> [Int] {
        let found = Mutex<[Int]>([])
        DispatchQueue.concurrentPerform(iterations: ranges.count) { index in
            let own = find(ranges[index])
            found.withLock { $0 += own }
        }
        return found.withLock(\.self)
    }
}
