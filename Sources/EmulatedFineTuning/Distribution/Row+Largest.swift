extension NormalizedRow {
    /// The likeliest tokens, likeliest first, ties to the lower id; those of probability 0 are left out.
    ///
    /// - Complexity: O(vocabulary + found · count) for the few tokens found on the way.
    func likeliest(_ count: Int) -> [TokenLogProbability] {
        guard count > 0 else { return [] }
        var best: [(id: TokenID, logit: Float)] = []
        var bar = -Float.infinity
        for (index, x) in logits.lanes(padding: -.infinity) {
            guard x.largest > bar else { continue }
            for lane in 0..<Lanes.scalarCount where x[lane] > bar {
                let place = best.firstIndex { $0.logit < x[lane] } ?? best.endIndex
                best.insert((index + lane, x[lane]), at: place)
                if best.count > count { best.removeLast() }
                if best.count == count { bar = best[count - 1].logit }
            }
        }
        return best.map {
            TokenLogProbability(id: $0.id, logProbability: $0.logit - logNormalizer)
        }
    }
}
