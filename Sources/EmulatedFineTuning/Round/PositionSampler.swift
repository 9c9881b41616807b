/// Draws the token of one position: mixes the members' rows, applies the sampling options, and draws
/// with the map F. Holds the scratch memory of one engine.
final class PositionSampler {
    private let kernel: CompositeKernel
    private let p: FinalDistribution
    private let q: FinalDistribution
    private let tuned: RowStorage
    private let clock: StepClock

    init(vocabulary: Int, _ clock: StepClock) {
        self.clock = clock
        kernel = CompositeKernel(vocabulary: vocabulary)
        p = FinalDistribution(vocabulary: vocabulary)
        q = FinalDistribution(vocabulary: vocabulary)
        tuned = RowStorage(count: vocabulary)
    }

    /// The token that a draft member proposes, sampling as it would alone.
    func propose(
        _ row: NormalizedRow, _ options: SamplingOptions, _ history: TokenHistory, _ noise: Noise
    ) throws(GenerationError) -> TokenID {
        try clock.time(.options) { () throws(GenerationError) in
            try q.fill(row, options, history)
        }
        let token = clock.time(.drawing) { MatchedSampler.draft(q, noise) }
        guard let token else { throw .nothingAllowed }
        return token
    }

    /// The composite's normalised distribution at a position; valid until the next call.
    func distribution(
        _ composite: ResolvedComposite, _ rows: PositionRows
    ) throws(GenerationError) -> NormalizedRow {
        try clock.time(.mixing) { () throws(GenerationError) in
            try kernel.evaluate(composite, rows)
        }
    }

    /// Draws from a distribution, coupled with the draft member's row, where there is one.
    ///
    /// - Parameter level: that of the distribution's scores, ``ResolvedComposite/level(_:)``.
    func draw(
        _ distribution: NormalizedRow, level: Float, draft row: NormalizedRow?,
        _ options: SamplingOptions, _ history: TokenHistory, _ noise: Noise, _ coupling: Coupling
    ) throws(GenerationError) -> MatchedSampler.Draw {
        let isDrafting = try clock.time(.options) { () throws(GenerationError) in
            try p.fill(distribution, level: level, options, history)
            // A draft member that allows nothing proposes nothing: then p is drawn from alone.
            return row.map { (try? q.fill($0, options, history)) != nil } ?? false
        }
        return try clock.time(.drawing) { () throws(GenerationError) in
            try MatchedSampler.draw(p, isDrafting ? q : nil, noise, coupling)
        }
    }

    /// The tokens that a composite's mask keeps at a position, ascending; empty without a mask.
    func kept(
        _ composite: ResolvedComposite, _ rows: PositionRows
    ) throws(GenerationError) -> [TokenID] {
        guard let mask = composite.mask else { return [] }
        return try kernel.kept(by: mask, rows)
    }

    /// Who says what the members think of tokens at a position; valid as long as the rows, and until the
    /// next call.
    func attributor(
        _ composite: ResolvedComposite, _ roles: DeltaRoles?, _ rows: PositionRows
    ) throws(GenerationError) -> Attributor {
        var kept: [TokenID]?
        if let mask = composite.mask, mask.effect == .fallback {
            kept = try kernel.kept(by: mask, rows)
        }
        return Attributor(
            composite: composite, roles: roles, rows: rows,
            tuned: composite.fallback.flatMap { normalised($0, rows) }, kept: kept)
    }

    private func normalised(_ sum: WeightedSum, _ rows: PositionRows) -> NormalizedRow? {
        if sum.terms.count == 1, sum.terms[0].weight == 1 { return rows[sum.terms[0].member] }
        sum.scores(rows, into: tuned.buffer)
        for token in tuned.buffer.indices where !tuned.buffer[token].isFinite {
            tuned.buffer[token] = -.infinity
        }
        let row = Row(tuned.buffer)
        return LogSoftmax.logNormalizer(row).map { NormalizedRow(row, logNormalizer: $0) }
    }
}
