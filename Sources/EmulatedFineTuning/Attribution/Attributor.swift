/// Says what each member thinks of the tokens of one position.
struct Attributor {
    let composite: ResolvedComposite
    let roles: DeltaRoles?
    let rows: PositionRows
    /// The fallback formula's row; nil without one.
    let tuned: NormalizedRow?
    /// The tokens that the mask keeps for the formula, ascending; nil: all.
    let kept: [TokenID]?

    /// What the members say about the token that was drawn, and how the models differ here.
    ///
    /// - Parameter unasked: members whose rows do not hold the token.
    func attribution(
        of token: TokenID, _ distribution: NormalizedRow, alone: TokenID?, unasked: Set<Int> = []
    ) -> Attribution {
        let changes = tuned.map { Divergence.largestChanges(from: $0, to: distribution) }
        return Attribution(
            token: attribution(of: token, unasked: unasked),
            totalVariation: tuned.map { Divergence.totalVariation($0, distribution) },
            raised: changes?.raised, lowered: changes?.lowered, alone: alone)
    }

    /// What the members say about any token.
    func attribution(of token: TokenID, unasked: Set<Int> = []) -> TokenAttribution {
        func score(_ sum: WeightedSum) -> Float? {
            let isKnown = sum.terms.allSatisfy { !unasked.contains($0.member) }
            return isKnown ? sum.score(token, rows) : nil
        }
        let reference = roles.flatMap { score($0.reference) }
        let ruling = fallback(ruling: token)
        return TokenAttribution(
            members: rows.members.map { unasked.contains($0) ? nil : rows.row(of: $0)?[token] },
            contributions: contributions(to: token, ruling ?? composite.formula, unasked),
            isFallback: ruling != nil, tuned: tuned.map { $0[token] },
            behaviourDelta: difference(roles.flatMap { score($0.tuned) }, reference),
            upscalingDelta: difference(roles.flatMap { score($0.base) }, reference))
    }

    private func contributions(
        to token: TokenID, _ sum: WeightedSum, _ unasked: Set<Int>
    ) -> [Float?] {
        var contributions = [Float?](repeating: nil, count: rows.members.count)
        for term in sum.terms where !unasked.contains(term.member) {
            contributions[term.member] = term.weight * rows[term.member][token]
        }
        return contributions
    }

    /// The fallback formula, where it rules the token.
    private func fallback(ruling token: TokenID) -> WeightedSum? {
        guard let fallback = composite.fallback else { return nil }
        let isKept = kept.map { $0.containsInOrder(token) } ?? true
        // Only negatively weighted members forbid such a token: it drops to the fallback.
        let isForbidden = isKept && composite.formula.score(token, rows) == .infinity
        let rules = !isKept || isForbidden || composite.fallbackTokens.contains(token)
        return rules ? fallback : nil
    }

    /// Nil where a part is unknown, or both forbid the token: −∞ − −∞ says nothing.
    private func difference(_ a: Float?, _ b: Float?) -> Float? {
        guard let a, let b else { return nil }
        let difference = a - b
        return difference.isNaN ? nil : difference
    }
}

extension [TokenID] {
    /// Whether an ascending list holds a token.
    fileprivate func containsInOrder(_ token: TokenID) -> Bool {
        var range = indices
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            if self[middle] == token { return true }
            range =
                self[middle] < token
                ? (middle + 1)..<range.upperBound : range.lowerBound..<middle
        }
        return false
    }
}
