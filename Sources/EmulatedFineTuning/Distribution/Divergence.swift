import RealModule

/// How far two next-token distributions lie apart.
package enum Divergence {
    /// The total variation distance: ½ Σ |p − q|, in [0, 1].
    ///
    /// - Complexity: O(vocabulary), no allocation.
    package static func totalVariation(_ p: NormalizedRow, _ q: NormalizedRow) -> Double {
        var sum = ChunkedSum()
        let (pNormalizer, qNormalizer) = (p.logNormalizer, q.logNormalizer)
        for (index, x) in p.logits.lanes(padding: -.infinity) {
            let y = q.logits.lanes(at: index, padding: -.infinity)
            let difference = exp(x - pNormalizer) - exp(y - qNormalizer)
            sum.add(difference.replacing(with: -difference, where: difference .< 0), at: index)
        }
        return min(1, sum.total / 2)
    }

    /// The Kullback–Leibler divergence Σ p (log p − log q), nats; +∞ where p reaches what q forbids.
    ///
    /// - Complexity: O(vocabulary), no allocation.
    package static func kullbackLeibler(_ p: NormalizedRow, _ q: NormalizedRow) -> Double {
        var sum = ChunkedSum()
        let (pNormalizer, qNormalizer) = (p.logNormalizer, q.logNormalizer)
        for (index, x) in p.logits.lanes(padding: -.infinity) {
            let y = q.logits.lanes(at: index, padding: -.infinity)
            let logP = x - pNormalizer
            let weight = exp(logP)
            let term = weight * (logP - (y - qNormalizer))
            sum.add(term.replacing(with: Lanes.zero, where: weight .<= 0), at: index)
        }
        return max(0, sum.total)
    }

    /// The tokens that gain and lose the most probability from p to q, q(v) − p(v); ties to the lower
    /// id, nil where nothing gains or loses.
    ///
    /// - Complexity: O(vocabulary), no allocation.
    package static func largestChanges(
        from p: NormalizedRow, to q: NormalizedRow
    ) -> (raised: TokenID?, lowered: TokenID?) {
        var raised: (token: TokenID, change: Float)?
        var lowered: (token: TokenID, change: Float)?
        for token in p.logits.indices {
            let change = Float.exp(q[token]) - Float.exp(p[token])
            if change > raised?.change ?? 0 { raised = (token, change) }
            if change < lowered?.change ?? 0 { lowered = (token, change) }
        }
        return (raised?.token, lowered?.token)
    }
}
