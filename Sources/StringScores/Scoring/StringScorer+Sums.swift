import EmulatedFineTuning
import RealModule

extension StringScorer {
    /// A(s) by string, the held bytes first.
    struct Sums {
        var values: [Double]
        /// What the branches left out could add, at most.
        var cut: [Double]
        /// Σ of the branches left out, each once.
        var lost = 0.0
    }

    mutating func sums(_ plan: BranchPlan, trunk: NormalizedRow, branches: [NormalizedRow]) -> Sums
    {
        let tree = plan.tree
        let zeros = [Double](repeating: 0, count: tree.strings)
        var sums = Sums(values: zeros, cut: zeros)
        for string in 0..<tree.strings where tree.isCertain(string) { sums.values[string] = 1 }
        // By node: its probability after the trunk; of those left out only the ones whose parent has a row.
        var paths = [Double](repeating: 0, count: tree.nodes.count)
        var children = [[Int]](repeating: [], count: tree.nodes.count + 1)
        for (place, node) in tree.nodes.enumerated() { children[node.parent + 1].append(place) }
        for node in -1..<tree.nodes.count where plan.hasRow(node) {
            let row = node < 0 ? trunk : branches[plan.places[node]]
            let path = node < 0 ? 1 : paths[node]
            masses.begin()
            for term in tree.terms[node + 1] where !tree.isCertain(term.string) {
                sums.values[term.string] += path * mass(of: term, in: row)
            }
            for child in children[node + 1] {
                paths[child] = path * masses.probability(of: tree.nodes[child].token, in: row)
                if !plan.hasRow(child) { sums.lost += paths[child] }
            }
        }
        for (string, open) in tree.openNodes.enumerated() {
            for node in open where !plan.hasRow(node) && plan.hasRow(tree.nodes[node].parent) {
                sums.cut[string] += paths[node]
            }
        }
        return sums
    }

    /// What a string reads from a row.
    mutating func mass(of term: BranchTree.Term, in row: NormalizedRow) -> Double {
        guard let tokens = term.tokens else { return masses.mass(of: term.range, in: row) }
        return tokens.reduce(0) { $0 + masses.probability(of: $1, in: row) }
    }

    /// Adds a string with its open branches.
    func add(_ string: [UInt8], weight: Double, isHeld: Bool, to tree: inout BranchTree) {
        let branches = canonical.branches(of: string, followers: limits.followers)
        tree.add(branches, weight: weight, isHeld: isHeld, isCertain: string.isEmpty) {
            tokens, end in
            let range = canonical.index.range(of: string[end...])
            guard !range.isEmpty else { return nil }
            var term = BranchTree.Term(string: 0, range: range)
            if limits.lastTokens == .canonical {
                term.tokens = canonical.index.order[range].filter {
                    canonical.isCanonical(tokens, then: $0, after: string[..<end])
                }
            }
            return term
        }
    }

    /// The plan with the first nodes of an order in which parents come before their children, as many as
    /// the limits allow.
    func choose(
        _ tree: BranchTree, atLeast count: Int = 0, where isWanted: (Int) -> Bool,
        by precedes: (Int, Int) -> Bool
    ) -> BranchPlan {
        let wanted = tree.nodes.indices.filter(isWanted)
        let kept = wanted.sorted(by: precedes).prefix(max(count, limits.branches))
        return BranchPlan(tree, keeping: kept.sorted())
    }
}
