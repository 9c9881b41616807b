package import EmulatedFineTuning
import RealModule

/// How likely a member's text goes on with given strings, whatever its tokens are.
///
/// With T the trunk, r the held bytes and v a string,
///
///     s(v) = log A(r·v) − log A(r)
///     A(s) = Σ_{u} P(u | T) · Σ_{t begins with the rest of s after u} p(t | T·u)
///
/// where u runs over the open branches of s (``Canonical/branches(of:followers:)``), the empty one included: every
/// way to write s is some u and a last token that begins with what is left of s. The inner sum is a range of
/// the byte order (``PrefixIndex``), the outer one needs a row for each u.
///
/// **One pass or two.** Which rows are needed must be said before they are there.
///
/// - *One pass*: ``plan(held:strings:weights:)`` chooses by structure alone: the canonical branches that most of the
///   strings' weight goes through, the member's own cut of the held bytes first. All rows come from one pass.
///   Right where a pass costs more than the rows it has: few positions, a large member.
/// - *Two passes*: the rows after the trunk and after the tokens of the held bytes first, most of which the
///   passes before brought; then ``trimmed(_:along:rows:given:)`` drops the branches that are less likely than the floor,
///   and a second pass brings the rest. Right where rows cost: many positions, a member on CPUs.
///
/// Either way the branches left out are summed and reported, and a string that goes through some gets its
/// share of them: A(s) += min(what s lost at most, all that was lost · share(v)), with share(v) the small base's
/// probability of v. So no string falls to −∞ for want of a row, and the error of A(s) stays below what
/// was reported for it.
///
/// A(s) is the probability that the text begins with s, whether it goes on after that or ends; so A of nothing
/// is 1, and the member's end of text is in no other A.
///
/// Source: Hayase et al. 2025, "Sampling from your language model one byte at a time"; Phan et al. 2024,
/// arXiv:2410.09303.
package struct StringScorer: Sendable {
    package let canonical: Canonical
    package var limits: BranchLimits
    /// Memory for running sums.
    var masses: RowMasses

    package init(_ canonical: Canonical, limits: BranchLimits = BranchLimits()) {
        self.canonical = canonical
        self.limits = limits
        masses = RowMasses(canonical.index)
    }

    /// The branches that strings need, chosen without any row.
    ///
    /// - Parameters:
    ///   - held: r, the bytes after the trunk.
    ///   - strings: each v; may be empty, end inside a character, and be there more than once.
    ///   - weights: how much each string matters, such as its probability under the tuned member;
    ///     nil for all the same.
    /// - Complexity: O(strings) look-ups for strings that were asked for lately.
    package func plan(held: [UInt8], strings: [[UInt8]], weights: [Double]? = nil) -> BranchPlan {
        precondition(weights.map { $0.count == strings.count } ?? true, "a weight for each string")
        canonical.prepareBranches(
            of: strings.map { held + $0 } + [held], followers: limits.followers)
        var tree = BranchTree()
        add(held, weight: 0, isHeld: true, to: &tree)
        for (place, string) in strings.enumerated() {
            let weight = max(0, weights?[place] ?? 1)
            add(held + string, weight: weight, isHeld: false, to: &tree)
        }
        let nodes = tree.nodes
        let order = { (left: Int, right: Int) -> Bool in
            if nodes[left].isHeld != nodes[right].isHeld { return nodes[left].isHeld }
            if nodes[left].weight != nodes[right].weight {
                return nodes[left].weight > nodes[right].weight
            }
            return left < right
        }
        return choose(tree, where: { nodes[$0].depth <= limits.depth }, by: order)
    }

    /// A plan without unlikely branches: less likely than ``BranchLimits/floor`` times the held bytes, as far as
    /// those are known to be likely.
    ///
    /// The likelihood of a branch is known where its parent's row is, and taken to be its parent's otherwise.
    /// The tokens in which the held bytes are written now are always kept. Branches that the limits had left out
    /// of the plan come back if they are likely. Branches of a given string are compared with that string instead,
    /// so that it is as exact as a likely one, however unlikely it is.
    ///
    /// - Parameters:
    ///   - path: the tokens of the held bytes.
    ///   - rows: the row after the trunk, and one after each token of `path`.
    ///   - given: the place of a string that the text goes on with, whatever its score is.
    package mutating func trimmed(
        _ plan: BranchPlan, along path: [Int32] = [], rows: [NormalizedRow], given: Int? = nil
    ) -> BranchPlan {
        precondition(rows.count == path.count + 1, "a row after the trunk and after each token")
        let nodes = plan.tree.nodes
        // How far along the path a node is; nil beside it.
        var places = [Int?](repeating: nil, count: nodes.count)
        var likelihood = [Double](repeating: 0, count: nodes.count)
        for (index, node) in nodes.enumerated() {
            let parent = node.parent < 0 ? 0 : places[node.parent]
            let before = node.parent < 0 ? 1 : likelihood[node.parent]
            guard let parent else {
                likelihood[index] = before
                continue
            }
            likelihood[index] = before * masses.probability(of: node.token, in: rows[parent])
            if parent < path.count, path[parent] == node.token { places[index] = parent + 1 }
        }
        var least = [Double](
            repeating: limits.floor * probability(of: 0, plan, rows, places, likelihood),
            count: nodes.count)
        let onGivenWay = given.map { plan.tree.way(of: $0 + 1) } ?? []
        if let given {
            let known = limits.floor * probability(of: given + 1, plan, rows, places, likelihood)
            for node in onGivenWay { least[node] = min(least[node], known) }
        }
        let order = { (left: Int, right: Int) -> Bool in
            if (places[left] != nil) != (places[right] != nil) { return places[left] != nil }
            if onGivenWay.contains(left) != onGivenWay.contains(right) {
                return onGivenWay.contains(left)
            }
            if likelihood[left] != likelihood[right] { return likelihood[left] > likelihood[right] }
            if nodes[left].weight != nodes[right].weight {
                return nodes[left].weight > nodes[right].weight
            }
            return left < right
        }
        return choose(
            plan.tree, atLeast: path.count,
            where: { node in
                places[node] != nil
                    || nodes[node].depth <= limits.depth && likelihood[node] > 0
                        && likelihood[node] >= least[node]
            }, by: order)
    }

    /// The probability of a string of the tree, at least: what rows that are there give it.
    ///
    /// - Parameter places: by node, how far along the rows it is; nil beside them.
    private mutating func probability(
        of string: Int, _ plan: BranchPlan, _ rows: [NormalizedRow], _ places: [Int?],
        _ likelihood: [Double]
    ) -> Double {
        guard !plan.tree.isCertain(string) else { return 1 }
        var known = 0.0
        for node in -1..<places.count {
            guard let place = node < 0 ? 0 : places[node] else { continue }
            masses.begin()
            for term in plan.tree.terms[node + 1] where term.string == string {
                known += (node < 0 ? 1 : likelihood[node]) * mass(of: term, in: rows[place])
            }
        }
        return known
    }

    /// The scores of a plan's strings, from its rows.
    ///
    /// - Parameters:
    ///   - trunk: the row after the trunk.
    ///   - branches: the rows after ``BranchPlan/branches``, in that order.
    ///   - share: by string, the part of what was left out that it may get: the small base's
    ///     probability of it. Without it nothing is given out.
    /// - Returns: nil when the rows give the held bytes no probability, so that there is no ratio: the
    ///   member says that the text cannot be, or its rows are broken (NaN).
    /// - Complexity: O(vocabulary) for each row from which a large range is read, else O(tokens read).
    package mutating func scores(
        _ plan: BranchPlan, trunk: NormalizedRow, branches: [NormalizedRow],
        share: (Int) -> Double = { _ in 0 }
    ) -> StringScores? {
        precondition(branches.count == plan.branches.count, "a row for each branch of the plan")
        let sums = self.sums(plan, trunk: trunk, branches: branches)
        let held = sums.values[0]
        guard held > 0, held.isFinite else { return nil }
        var scores = StringScores(
            values: [], cut: [], totalCut: sums.lost / held, heldCut: sums.cut[0] / held,
            held: Double.log(held), shared: 0)
        for string in 1..<plan.tree.strings {
            var value = sums.values[string]
            let cut = sums.cut[string]
            if cut > 0 {
                let part = min(cut, sums.lost * share(string - 1))
                if part > 0 {
                    value += part
                    scores.shared += 1
                }
            }
            scores.values.append(Double.log(value) - scores.held)
            scores.cut.append(cut / held)
        }
        return scores
    }
}
