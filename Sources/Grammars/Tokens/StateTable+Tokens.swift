/// Where tokens leave the rules that are known: they end a rule of the unknown frame, and go on.
struct Escape: Sendable {
    let node: Int32
    /// The rules that end there.
    let rules: [Int32]
}

extension StateTable {
    /// Tries the tokens of a subtree, or of the whole tree, from a configuration.
    ///
    /// - Parameters:
    ///   - node: the node whose text led here; nil for the root.
    ///   - mask: gains the allowed tokens.
    ///   - escapes: gains the nodes where an unknown frame was reached and longer tokens go on. The
    ///     tokens that end there are allowed: something always follows the end of a rule.
    /// - Complexity: O(nodes that are reached), and the configurations met for the first time.
    mutating func allow(
        _ trie: TokenTrie, under node: Int32?, from configuration: Configuration,
        into mask: inout TokenMask, escapes: inout [Escape]
    ) throws(GrammarError) {
        let start = number(of: configuration)
        guard start != Self.dead else { return }
        var index = node.map { Int($0) + 1 } ?? 0
        let end = node.map { Int(trie.subtreeEnds[Int($0)]) } ?? trie.nodeCount
        let base = node.map { trie.depths[Int($0)] } ?? 0
        // `states[d]` is where the text of the node at depth `base + d` led.
        var states = [Int32](repeating: start, count: trie.longestToken - Int(base) + 1)
        while index < end {
            let depth = Int(trie.depths[index] - base)
            let next = try self.next(states[depth - 1], trie.bytes[index])
            let after = Int(trie.subtreeEnds[index])
            guard next != Self.dead else {
                index = after
                continue
            }
            states[depth] = next
            for token in trie.tokenOffsets[index]..<trie.tokenOffsets[index + 1] {
                mask.insert(Int(trie.tokens[Int(token)]))
            }
            if after > index + 1, !configurations[Int(next)].escapes.isEmpty {
                escapes.append(
                    Escape(node: Int32(index), rules: configurations[Int(next)].escapes))
            }
            index += 1
        }
    }
}
