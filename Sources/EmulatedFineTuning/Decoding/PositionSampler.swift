/// Draws the token of one position: mixes the members' rows, applies the sampling options, and draws
/// with the map F. Holds the scratch memory of one engine.
final class PositionSampler {
    private let kernel: CompositeKernel
    private let p: FinalDistribution
    private let q: FinalDistribution
    private let tuned: RowStorage

    init(vocabulary: Int) {
        kernel = CompositeKernel(vocabulary: vocabulary)
        p = FinalDistribution(vocabulary: vocabulary)
        q = FinalDistribution(vocabulary: vocabulary)
        tuned = RowStorage(count: vocabulary)
    }

    /// The token that a draft member proposes, sampling as it would alone.
    func propose(
        _ row: NormalizedRow, _ options: SamplingOptions, _ history: TokenHistory, _ noise: Noise
    ) throws(DecodingError) -> TokenID {
        try q.fill(row, options, history)
        guard let token = MatchedSampler.draft(q, noise) else { throw .nothingAllowed }
        return token
    }

    /// The composite's normalised distribution at a position; valid until the next call.
    func distribution(
        _ composite: ResolvedComposite, _ rows: [NormalizedRow]
    ) throws(DecodingError) -> NormalizedRow {
        try kernel.evaluate(composite, rows)
    }

    /// Draws from a distribution, coupled with the draft member's row, where there is one.
    func draw(
        _ distribution: NormalizedRow, draft row: NormalizedRow?, _ options: SamplingOptions,
        _ history: TokenHistory, _ noise: Noise, _ coupling: Coupling
    ) throws(DecodingError) -> MatchedSampler.Draw {
        try p.fill(distribution, options, history)
        // A draft member that allows nothing proposes nothing: then p is drawn from alone.
        let isDrafting = row.map { (try? q.fill($0, options, history)) != nil } ?? false
        return try MatchedSampler.draw(p, isDrafting ? q : nil, noise, coupling)
    }

    /// The tokens that a composite's mask keeps at a position, ascending; empty without a mask.
    func kept(
        _ composite: ResolvedComposite, _ rows: [NormalizedRow]
    ) throws(DecodingError) -> [TokenID] {
        guard let mask = composite.mask else { return [] }
        return try kernel.kept(by: mask, rows)
    }

    /// What the members say about a token.
    ///
    /// - Parameter unasked: members whose rows do not hold the token.
    func attribute(
        _ token: TokenID, _ composite: ResolvedComposite, _ roles: DeltaRoles?,
        _ rows: [NormalizedRow], _ distribution: NormalizedRow, alone: TokenID?,
        unasked: Set<Int> = []
    ) -> Attribution {
        var attribution = Attribution(
            members: rows.indices.map { unasked.contains($0) ? nil : rows[$0][token] },
            alone: alone)
        if let fallback = composite.fallback {
            let row = normalised(fallback, rows)
            attribution.tuned = row.map { $0[token] }
            attribution.totalVariation = row.map { Divergence.totalVariation($0, distribution) }
            let changes = row.map { Divergence.largestChanges(from: $0, to: distribution) }
            attribution.raised = changes?.raised
            attribution.lowered = changes?.lowered
        }
        if let roles {
            func score(_ sum: WeightedSum) -> Float? {
                let isKnown = sum.terms.allSatisfy { !unasked.contains($0.member) }
                return isKnown ? sum.score(token, rows) : nil
            }
            let reference = score(roles.reference)
            attribution.behaviourDelta = difference(score(roles.tuned), reference)
            attribution.upscalingDelta = difference(score(roles.base), reference)
        }
        return attribution
    }

    /// Nil where a part is unknown, or both forbid the token: −∞ − −∞ says nothing.
    private func difference(_ a: Float?, _ b: Float?) -> Float? {
        guard let a, let b else { return nil }
        let difference = a - b
        return difference.isNaN ? nil : difference
    }

    private func normalised(_ sum: WeightedSum, _ rows: [NormalizedRow]) -> NormalizedRow? {
        if sum.terms.count == 1, sum.terms[0].weight == 1 { return rows[sum.terms[0].member] }
        sum.scores(rows, into: tuned.buffer)
        for token in tuned.buffer.indices where !tuned.buffer[token].isFinite {
            tuned.buffer[token] = -.infinity
        }
        let row = Row(tuned.buffer)
        return LogSoftmax.logNormalizer(row).map { NormalizedRow(row, logNormalizer: $0) }
    }
}
