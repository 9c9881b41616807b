/// The seeded map F(p, q, seed, position): draws from p so that it equals a draw from q as often as
/// any coupling can, with probability 1 − TV(p, q).
///
///     d ~ q by the race;  accept d if u ≤ p(d)/q(d);  else draw from (p − q)⁺ by a race of other noise
///
/// It is used at every position, whether a token was drafted there or not, so that plain and
/// speculative decoding give the same tokens under one seed, whatever the block lengths.
///
/// Source: Leviathan et al. (arXiv:2211.17192) and Chen et al. (arXiv:2302.01318) for accepting and the
/// residual; the fixed noise per position makes it independent of where blocks begin.
enum MatchedSampler {
    /// The token drawn from p, and the one that q alone would have given.
    struct Draw: Equatable {
        var token: TokenID
        /// The draft; nil without a q.
        var draft: TokenID?
    }

    /// The draft: a draw from q with the noise of its position.
    static func draft(_ q: FinalDistribution, _ noise: Noise) -> TokenID? {
        if let sole = q.sole { return sole }
        let weights = Row(q.weights)
        return Race.winner(vocabulary: weights.count, noise, .draft) { index in
            weights.lanes(at: index, padding: 0)
        }
    }

    /// A draw from p, coupled with the draft from q.
    ///
    /// - Parameter q: the draft member's distribution under the same options; nil when the composite
    ///   has no draft member: then p is raced alone.
    static func draw(
        _ p: FinalDistribution, _ q: FinalDistribution?, _ noise: Noise,
        _ coupling: Coupling = .matched
    ) throws(GenerationError) -> Draw {
        guard let q, let draft = draft(q, noise), coupling == .matched else {
            guard let token = self.draft(p, noise) else { throw .nothingAllowed }
            return Draw(token: token, draft: q.flatMap { self.draft($0, noise) })
        }
        if let sole = p.sole { return Draw(token: sole, draft: draft) }
        let ratio = p.probability(draft) / q.probability(draft)
        if Double(noise.uniform(token: 0, .accept)) <= ratio {
            return Draw(token: draft, draft: draft)
        }
        let token = residual(p, q, noise) ?? alone(p, noise)
        guard let token else { throw .nothingAllowed }
        return Draw(token: token, draft: draft)
    }

    /// A draw from (p − q)⁺; nil when rounding left it empty.
    private static func residual(
        _ p: FinalDistribution, _ q: FinalDistribution, _ noise: Noise
    ) -> TokenID? {
        let (weights, others) = (Row(p.weights), Row(q.weights))
        // In units of p's weights, so that the likeliest tokens keep their precision.
        let scale = Float(p.total / q.total)
        return Race.winner(vocabulary: weights.count, noise, .residual) { index in
            let excess =
                weights.lanes(at: index, padding: 0) - others.lanes(at: index, padding: 0) * scale
            return excess.replacing(with: Lanes.zero, where: excess .< 0)
        }
    }

    private static func alone(_ p: FinalDistribution, _ noise: Noise) -> TokenID? {
        let weights = Row(p.weights)
        return Race.winner(vocabulary: weights.count, noise, .residual) { index in
            weights.lanes(at: index, padding: 0)
        }
    }
}
