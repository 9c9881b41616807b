/// The tokens of a vocabulary in the order of their bytes, so that the tokens which begin with given
/// bytes are a range.
///
/// Built once a vocabulary and shared by all who read it. It keeps 8 bytes a token and the tokens' bytes.
///
/// Source: the range sums of Hayase et al. 2025, "Sampling from your language model one byte at a time".
package struct PrefixIndex: Sendable {
    /// The number of tokens, those without text included.
    package let vocabularyCount: Int
    /// The tokens that have text, in the order of their bytes; equal ones by id.
    package let order: [Int32]
    /// Bytes of the longest token.
    package let longestToken: Int

    /// The tokens' bytes, one after another, in the order of ``order``.
    let bytes: [UInt8]
    /// Where each token's bytes begin in ``bytes``; one more at the end.
    let offsets: [Int32]
    /// Where the tokens begin whose first byte is at least 0, 1, …, 256.
    let firsts: [Int32]

    /// - Parameter texts: each token's bytes; nil for a token that is no part of a text (control tokens,
    ///   unused places, tokens that the tokenizer never writes). Empty ones count as nil.
    /// - Complexity: O(n log n) in the tokens.
    package init(_ texts: [[UInt8]?]) {
        vocabularyCount = texts.count
        let entries = Self.sorted(texts)
        order = entries.map(\.token)
        var bytes: [UInt8] = []
        var offsets: [Int32] = [0]
        var longest = 0
        offsets.reserveCapacity(entries.count + 1)
        for entry in entries {
            let text = texts[Int(entry.token)] ?? []
            bytes += text
            offsets.append(Int32(bytes.count))
            longest = max(longest, text.count)
        }
        var firsts: [Int32] = []
        var place = 0
        for byte in 0..<256 {
            while place < entries.count, entries[place].key >> 56 < byte { place += 1 }
            firsts.append(Int32(place))
        }
        firsts.append(Int32(entries.count))
        (self.bytes, self.offsets, self.firsts) = (bytes, offsets, firsts)
        longestToken = longest
    }

    /// A token under its first eight bytes, which decide nearly all comparisons.
    private struct Entry {
        /// The first eight bytes, the first one highest, zeros after the end.
        var key: UInt64
        var token: Int32
    }

    private static func sorted(_ texts: [[UInt8]?]) -> [Entry] {
        var entries: [Entry] = []
        entries.reserveCapacity(texts.count)
        for (token, text) in texts.enumerated() {
            guard let text, !text.isEmpty else { continue }
            var key: UInt64 = 0
            for place in 0..<8 { key = key << 8 | (place < text.count ? UInt64(text[place]) : 0) }
            entries.append(Entry(key: key, token: Int32(token)))
        }
        entries.sort { left, right in
            guard left.key == right.key else { return left.key < right.key }
            let (a, b) = (texts[Int(left.token)] ?? [], texts[Int(right.token)] ?? [])
            return a == b ? left.token < right.token : a.lexicographicallyPrecedes(b)
        }
        return entries
    }
}
