/// The rows that strings after one trunk need: that of the trunk, and one for each branch.
///
/// A branch is a short sequence of tokens after the trunk. In a cache it shares the trunk's cells and those of its
/// parent, has positions of its own, and is dropped after the pass.
package struct BranchPlan: Sendable {
    /// A token after the trunk or after another branch.
    package struct Branch: Sendable, Equatable {
        package var token: Int
        /// A place in ``BranchPlan/branches``, lower than its own; nil for the trunk.
        package var parent: Int?
        /// Tokens after the trunk, this one included; from 1.
        package var depth: Int
    }

    /// The branches whose rows are wanted, in the order in which the rows are to be given.
    package let branches: [Branch]

    let tree: BranchTree
    /// By node of the tree: its place among ``branches``; −1 for those that were left out.
    let places: [Int]

    /// - Parameter kept: nodes of the tree, ascending, none without its parent.
    init(_ tree: BranchTree, keeping kept: [Int]) {
        var places = [Int](repeating: -1, count: tree.nodes.count)
        for (place, node) in kept.enumerated() { places[node] = place }
        branches = kept.map { index in
            let node = tree.nodes[index]
            return Branch(
                token: Int(node.token), parent: node.parent < 0 ? nil : places[node.parent],
                depth: node.depth)
        }
        self.tree = tree
        self.places = places
    }

    /// How many strings there are.
    package var strings: Int { tree.strings - 1 }

    /// How many branches some string could use and were left out, those below others included.
    package var leftOut: Int { tree.nodes.count - branches.count }

    /// The tokens after the trunk that lead to a branch, its own last.
    package func path(to branch: Int) -> [Int] {
        var path: [Int] = []
        var next: Int? = branch
        while let place = next {
            path.append(branches[place].token)
            next = branches[place].parent
        }
        return path.reversed()
    }

    /// Whether a node has its row, and so a known probability for each token after it; the trunk has.
    func hasRow(_ node: Int) -> Bool { node < 0 || places[node] >= 0 }
}
