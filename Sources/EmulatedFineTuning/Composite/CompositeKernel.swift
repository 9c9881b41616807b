import RealModule

/// Computes a composite's next-token distribution from its members' rows.
///
/// Holds the scratch memory for one vocabulary; the rows it returns are valid until its next call.
package final class CompositeKernel {
    private let vocabulary: Int
    private let scores: RowStorage
    private let ruling: RowStorage
    private let weights: RowStorage
    private let selector = Selector()

    package init(vocabulary: Int) {
        self.vocabulary = vocabulary
        scores = RowStorage(count: vocabulary)
        ruling = RowStorage(count: vocabulary)
        weights = RowStorage(count: vocabulary)
    }

    /// The composite's normalised distribution.
    ///
    ///     score(v) = f(v) + 1[v ∈ S]·(formula(v) − f(v)),   log p̃(v) = score(v) − log Z
    ///
    /// where S is what the mask keeps and f the fallback formula (−∞ where the mask forbids). A −∞ in a
    /// positively weighted member forbids the token; a −∞ only in negatively weighted ones drops the
    /// token to f. Control tokens that the bases never learned keep the probability that softmax(f)
    /// gives them, and the others share what is left in proportion to exp(score).
    ///
    /// - Parameter members: every member's row, by index; those of weight 0 are not read.
    /// - Throws: ``GenerationError/nothingAllowed`` when no token is left.
    /// - Complexity: O(members · vocabulary).
    package func evaluate(
        _ composite: ResolvedComposite, _ members: PositionRows
    ) throws(GenerationError) -> NormalizedRow {
        let scores = self.scores.buffer
        composite.formula.scores(members, into: scores)
        resolveInfinities(composite, members)
        if let mask = composite.mask { try apply(mask, composite.fallback, members) }
        if let fallback = composite.fallback, !composite.fallbackTokens.isEmpty {
            return try rule(composite.fallbackTokens, by: fallback, members)
        }
        guard let normalizer = LogSoftmax.logNormalizer(Row(scores)) else {
            throw .nothingAllowed
        }
        return NormalizedRow(Row(scores), logNormalizer: normalizer)
    }

    /// Normalises the scores so that some tokens keep the probability which softmax(f) gives them:
    ///
    ///     log p̃(c) = log p_f(c);   log p̃(v) = score(v) − log Σ exp(score) + log(1 − Σ p_f(c))
    ///
    /// Scores alone would not do: what the other tokens' scores sum to is no probability, so that a
    /// score of log p_f(c) among them would make the end of a reply more or less likely than f does.
    private func rule(
        _ tokens: [TokenID], by fallback: WeightedSum, _ members: PositionRows
    ) throws(GenerationError) -> NormalizedRow {
        let scores = self.scores.buffer
        let normalizer = try logNormalizer(of: fallback, members)
        for token in tokens { scores[token] = -.infinity }
        let others = LogSoftmax.logNormalizer(Row(scores))
        var mass = 0.0
        for token in tokens {
            scores[token] = Self.allowed(fallback.score(token, members)) - normalizer
            mass += Double.exp(Double(scores[token]))
        }
        guard let others, mass < 1 else {
            guard mass > 0 else { throw .nothingAllowed }
            let ruled = tokens.map { scores[$0] }
            scores.update(repeating: -.infinity)
            for (token, score) in zip(tokens, ruled) { scores[token] = score }
            return NormalizedRow(Row(scores), logNormalizer: Float(Double.log(mass)))
        }
        let shift = others - Float(Double.log(onePlus: -mass))
        for token in tokens { scores[token] += shift }
        return NormalizedRow(Row(scores), logNormalizer: shift)
    }

    /// The log-normaliser of a formula; 0 for a member alone, whose row is normalised.
    private func logNormalizer(
        of sum: WeightedSum, _ members: PositionRows
    ) throws(GenerationError) -> Float {
        if sum.terms.count == 1, sum.terms[0].weight == 1 { return 0 }
        rule(by: sum, members)
        guard let normalizer = LogSoftmax.logNormalizer(Row(ruling.buffer)) else {
            throw .nothingAllowed
        }
        return normalizer
    }

    /// Fills `ruling` with the scores of a formula.
    private func rule(by sum: WeightedSum, _ members: PositionRows) {
        sum.scores(members, into: ruling.buffer)
        for token in ruling.buffer.indices {
            ruling.buffer[token] = Self.allowed(ruling.buffer[token])
        }
    }

    /// A score of a formula as one of a distribution: what members forbid is forbidden.
    private static func allowed(_ score: Float) -> Float {
        score.isFinite ? score : -.infinity
    }

    /// Finds scores that are not finite and applies the rule for −∞ in members to them.
    private func resolveInfinities(_ composite: ResolvedComposite, _ members: PositionRows) {
        let scores = self.scores.buffer
        var poison = Lanes.zero
        for (_, x) in Row(scores).lanes(padding: 0) { poison += x - x }
        guard poison.sum() != 0 else { return }
        for token in scores.indices where !scores[token].isFinite {
            scores[token] =
                scores[token] == .infinity
                ? Self.allowed(composite.fallback?.score(token, members) ?? -.infinity) : -.infinity
        }
    }

    /// The tokens that a mask keeps for the formula, ascending. Reads the rows of
    /// ``ResolvedComposite/ruling`` members only.
    ///
    /// - Throws: ``GenerationError/nothingAllowed`` when the formula that the mask looks at allows nothing.
    package func kept(
        by mask: ResolvedComposite.ResolvedMask, _ members: PositionRows
    ) throws(GenerationError) -> [TokenID] {
        try select(mask.rule, members).tokens(of: Row(weights.buffer))
    }

    private func apply(
        _ mask: ResolvedComposite.ResolvedMask, _ fallback: WeightedSum?, _ members: PositionRows
    ) throws(GenerationError) {
        let selection = try select(mask.rule, members)
        confine(to: selection, mask.effect, mask.rule.formula, fallback, members)
    }

    /// What a rule keeps, by the `weights` that it fills.
    private func select(
        _ rule: ResolvedComposite.ResolvedMask.Rule, _ members: PositionRows
    ) throws(GenerationError) -> Selection {
        switch rule {
        case .nucleus(let p, let sum):
            let total = try weigh(sum, members)
            return selector.select(Row(weights.buffer), total: total, reaching: .mass(p))
        case .relative(let share, let sum):
            _ = try weigh(sum, members)
            return Selection(threshold: Float(share), ties: .max)
        case .tokens(let tokens):
            weights.buffer.update(repeating: 0)
            for token in tokens { weights.buffer[token] = 1 }
            return Selection(threshold: 1, ties: .max)
        }
    }

    /// Fills `ruling` with the scores of a formula and `weights` with their exponentials, largest 1.
    ///
    /// - Returns: the sum of the weights.
    private func weigh(
        _ sum: WeightedSum, _ members: PositionRows
    ) throws(GenerationError) -> Double {
        rule(by: sum, members)
        let row = Row(ruling.buffer)
        guard let largest = LogSoftmax.largest(row) else { throw .nothingAllowed }
        return LogSoftmax.weights(row, minus: largest, times: 1, into: weights.buffer)
    }

    private func confine(
        to selection: Selection, _ effect: Mask.Effect, _ ruled: WeightedSum?,
        _ fallback: WeightedSum?, _ members: PositionRows
    ) {
        guard effect == .fallback, let fallback else {
            let forbidden = Lanes(repeating: -.infinity)
            selection.confine(scores.buffer, by: Row(weights.buffer)) { _ in forbidden }
            return
        }
        if ruled != fallback {  // otherwise its scores are there already
            rule(by: fallback, members)
        }
        let others = Row(ruling.buffer)
        selection.confine(scores.buffer, by: Row(weights.buffer)) { index in
            others.lanes(at: index, padding: -.infinity)
        }
    }
}
