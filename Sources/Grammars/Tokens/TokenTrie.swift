/// The texts of a vocabulary's tokens as a tree of what they begin with; made once per vocabulary.
///
/// Nodes stand in preorder, so that a subtree and its tokens are ranges. A token may hold part of a
/// character. About 10 bytes a node and 4 a token.
public final class TokenTrie: Sendable {
    /// The number of tokens, those without text included.
    public let vocabularyCount: Int
    /// Tokens that end the reply: allowed exactly where the text may end.
    public let endTokens: [Int]
    /// Bytes of the longest token.
    public let longestToken: Int

    /// The byte that leads to each node.
    let bytes: [UInt8]
    /// The number of bytes up to each node.
    let depths: [Int32]
    /// The first node after each node's subtree.
    let subtreeEnds: [Int32]
    /// Where each node's own tokens begin in ``tokens``; one more at the end.
    let tokenOffsets: [Int32]
    let tokens: [Int32]

    /// - Parameters:
    ///   - texts: each token's bytes; nil for tokens without text, such as control tokens. Those, and
    ///     empty ones, are never allowed by a grammar.
    ///   - endTokens: tokens that end the reply; their texts do not count.
    /// - Complexity: O(n log n) in the tokens.
    public init(texts: [[UInt8]?], endTokens: Set<Int> = []) {
        vocabularyCount = texts.count
        self.endTokens = endTokens.filter(texts.indices.contains).sorted()
        var entries: [(text: [UInt8], token: Int32)] = []
        for (token, text) in texts.enumerated() where !endTokens.contains(token) {
            if let text, !text.isEmpty { entries.append((text, Int32(token))) }
        }
        entries.sort { left, right in
            left.text == right.text
                ? left.token < right.token : left.text.lexicographicallyPrecedes(right.text)
        }

        var (bytes, depths, ends, offsets): ([UInt8], [Int32], [Int32], [Int32]) = ([], [], [], [])
        var open: [Int] = []
        var previous: [UInt8] = []
        for (index, entry) in entries.enumerated() {
            let common = zip(previous, entry.text).prefix { $0 == $1 }.count
            while open.count > common {
                if let node = open.popLast() { ends[node] = Int32(bytes.count) }
            }
            for byte in entry.text[common...] {
                open.append(bytes.count)
                bytes.append(byte)
                depths.append(Int32(open.count))
                ends.append(0)
                offsets.append(Int32(index))
            }
            previous = entry.text
        }
        for node in open { ends[node] = Int32(bytes.count) }
        offsets.append(Int32(entries.count))
        (self.bytes, self.depths, subtreeEnds) = (bytes, depths, ends)
        tokenOffsets = offsets
        tokens = entries.map(\.token)
        longestToken = entries.reduce(0) { max($0, $1.text.count) }
    }

    var nodeCount: Int { bytes.count }

    /// Tokens that spell a text, each the longest that fits: most tokenizers would mostly write it so. They
    /// end early where no token begins with what is left.
    ///
    /// - Parameters:
    ///   - text: its bytes.
    ///   - limit: tokens at most.
    public func spelling(_ text: [UInt8], atMost limit: Int) -> [Int] {
        var (spelling, start): ([Int], Int) = ([], 0)
        while spelling.count < limit, let found = longest(text[start...]) {
            spelling.append(found.token)
            start += found.length
        }
        return spelling
    }

    /// The longest token that a text begins with.
    private func longest(_ text: ArraySlice<UInt8>) -> (token: Int, length: Int)? {
        var best: (token: Int, length: Int)?
        var (children, length) = (0..<nodeCount, 0)
        for byte in text {
            guard let node = child(byte, among: children) else { break }
            length += 1
            if tokenOffsets[node] < tokenOffsets[node + 1] {
                best = (Int(tokens[Int(tokenOffsets[node])]), length)
            }
            children = node + 1..<Int(subtreeEnds[node])
        }
        return best
    }

    /// The child that a byte leads to; siblings are in the order of their bytes.
    private func child(_ byte: UInt8, among children: Range<Int>) -> Int? {
        var node = children.lowerBound
        while node < children.upperBound, bytes[node] < byte { node = Int(subtreeEnds[node]) }
        return node < children.upperBound && bytes[node] == byte ? node : nil
    }
}
