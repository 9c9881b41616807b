extension Canonical {
    /// The texts without those of tokens that the tokenizer never writes.
    ///
    /// Some vocabularies have tokens that their own tokenizer never makes (1,944 of Qwen 2's). A model does
    /// not say them, and sums are cleaner without them. A token stays if some text that begins with its
    /// bytes is written with it, and if its bytes are no whole characters: those cannot be tested alone.
    ///
    /// - Complexity: one call of `encode` for hundreds of words; one for each other token, and a few more
    ///   for those that are dropped.
    package static func reachable(
        _ texts: [[UInt8]?], probes: Probes = .standard, encode: ([UInt8]) -> [Int]
    ) -> [[UInt8]?] {
        let lines = texts.indices.filter { texts[$0].map(isLine) ?? false }
        let written = Self.lines(lines.map { texts[$0] ?? [] }, texts: texts, encode: encode)
        var known = [Bool](repeating: false, count: texts.count)
        for (token, tokens) in zip(lines, written) { known[token] = tokens == [Int32(token)] }
        return texts.enumerated().map { token, text in
            guard let text, !text.isEmpty, !known[token] else { return known[token] ? text : nil }
            var place = 0
            while place < text.count {
                let length = Characters.length(in: text[...], at: place)
                guard length > 0 else { return text }
                place += length
            }
            if encode(text) == [token] { return text }
            let isWritten = probes.deciding(text[...]).contains { encode(text + $0).first == token }
            return isWritten ? text : nil
        }
    }
}
