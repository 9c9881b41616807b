/// All branches that strings after one trunk may need, shared beginnings once, and which string reads what
/// from which of them.
///
/// Parents stand before their children.
struct BranchTree: Sendable {
    struct Node: Sendable {
        var token: Int32
        /// −1 for the trunk.
        var parent: Int
        /// Tokens after the trunk.
        var depth: Int
        /// The sum of the weights of the strings that go through it.
        var weight = 0.0
        /// Whether the held bytes themselves go through it.
        var isHeld = false
    }

    /// What a string reads from the row after a branch.
    struct Term: Sendable {
        var string: Int
        /// The tokens that begin with the rest of the string, as places of the index.
        var range: Range<Int>
        /// Those of them that count, where not all do.
        var tokens: [Int32]?
    }

    private(set) var nodes: [Node] = []
    /// Strings, the held bytes being the first one.
    private(set) var strings = 0
    /// By node, the trunk first.
    private(set) var terms: [[Term]] = [[]]
    /// By string: the nodes that are open for it.
    private(set) var openNodes: [[Int]] = []
    private var children: [Edge: Int] = [:]
    /// Strings that are empty: every text begins with them.
    private var certain: Set<Int> = []

    func isCertain(_ string: Int) -> Bool { certain.contains(string) }

    private struct Edge: Hashable, Sendable {
        var parent: Int
        var token: Int32
    }

    /// Adds a string.
    ///
    /// - Parameter reading: what it reads after some tokens from a length on; nil for nothing.
    mutating func add(
        _ branches: [OpenBranch], weight: Double, isHeld: Bool, isCertain: Bool,
        reading: (_ tokens: [Int32], _ end: Int) -> Term?
    ) {
        let string = strings
        strings += 1
        if isCertain { certain.insert(string) }
        var open: [Int] = []
        if var term = reading([], 0) {
            term.string = string
            terms[0].append(term)
        }
        for branch in branches {
            let node = self.node(branch.tokens)
            nodes[node].weight += weight
            nodes[node].isHeld = nodes[node].isHeld || isHeld
            open.append(node)
            if var term = reading(branch.tokens, branch.end) {
                term.string = string
                terms[node + 1].append(term)
            }
        }
        openNodes.append(open)
    }

    /// The nodes that a string goes through: those that are open for it, and those before them.
    func way(of string: Int) -> Set<Int> {
        var way: Set<Int> = []
        for open in openNodes[string] {
            var node = open
            while node >= 0, way.insert(node).inserted { node = nodes[node].parent }
        }
        return way
    }

    /// The node of a sequence; made with its beginnings where there is none.
    private mutating func node(_ tokens: [Int32]) -> Int {
        var node = -1
        for (place, token) in tokens.enumerated() {
            let edge = Edge(parent: node, token: token)
            if let known = children[edge] {
                node = known
                continue
            }
            nodes.append(Node(token: token, parent: node, depth: place + 1))
            terms.append([])
            node = nodes.count - 1
            children[edge] = node
        }
        return node
    }
}
