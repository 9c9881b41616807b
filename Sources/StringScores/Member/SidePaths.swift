import EmulatedFineTuning

/// Rows that positions need beside the main path: short sequences that leave it somewhere.
///
/// Nodes are shared by all positions of a sequence that need the same tokens. Only ends need a sequence of
/// their own: the others lie on the way to one.
struct SidePaths {
    /// A node: where it leaves the main path of which sequence, and the tokens from there; at least one.
    struct Node: Hashable {
        var sequence: SequenceID
        var fork: Int
        var tokens: [TokenID]
    }

    private var nodes: Set<Node> = []
    private var order: [Node] = []

    /// Adds a node, if it is new, with all on the way to it.
    mutating func insert(_ node: Node) {
        for count in node.tokens.indices.map({ $0 + 1 }) {
            var part = node
            part.tokens = Array(node.tokens.prefix(count))
            if nodes.insert(part).inserted { order.append(part) }
        }
    }

    /// The nodes that no other one goes through.
    var ends: [Node] {
        let passed = Set(
            order.map { node in
                var parent = node
                parent.tokens.removeLast()
                return parent
            })
        return order.filter { !passed.contains($0) }
    }
}
