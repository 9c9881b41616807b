/// What a token is drawn from: a distribution after all sampling options.
///
/// Holds unnormalised weights in scratch memory that is overwritten by the next ``fill``.
final class FinalDistribution {
    private(set) var weights: MutableRow
    /// The sum of the weights.
    private(set) var total = 0.0
    /// The only token left, at temperature 0.
    private(set) var sole: TokenID?

    private let storage: RowStorage
    private let adjusted: RowStorage
    private let selector = Selector()

    init(vocabulary: Int) {
        storage = RowStorage(count: vocabulary)
        adjusted = RowStorage(count: vocabulary)
        weights = storage.buffer
    }

    /// The probability of a token.
    func probability(_ token: TokenID) -> Double {
        if let sole { return sole == token ? 1 : 0 }
        return Double(weights[token]) / total
    }

    /// Applies the options to a distribution.
    ///
    /// - Parameter level: what a log-probability of 0 counts as for the repetition penalty, nats; nil: the
    ///   row's own normaliser, so that the penalty acts on the row's logits.
    /// - Complexity: O(vocabulary).
    func fill(
        _ row: NormalizedRow, level: Float? = nil, _ options: SamplingOptions,
        _ history: TokenHistory
    ) throws(GenerationError) {
        let scores = adjust(row, level ?? row.logNormalizer, options, history)
        guard let largest = LogSoftmax.largest(scores) else { throw .nothingAllowed }
        guard options.temperature > 0 else {
            sole = scores.firstIndex(of: largest)
            return
        }
        sole = nil
        // A temperature below any that matters, so that the scale stays finite.
        let scale = Float(1 / max(options.temperature, 1e-6))
        total = LogSoftmax.weights(scores, minus: largest, times: scale, into: weights)
        truncate(options)
    }

    private func adjust(
        _ row: NormalizedRow, _ level: Float, _ options: SamplingOptions, _ history: TokenHistory
    ) -> Row {
        guard history.isNeeded(by: options) else { return row.logits }
        let scores = adjusted.buffer
        // Only the repetition penalty looks at the sign of a score; for everything else, a constant makes no difference.
        let shift =
            options.repetitionPenalty == 1 ? row.logNormalizer : row.logNormalizer - level
        for (index, x) in row.logits.lanes(padding: -.infinity) {
            scores.store(x - shift, at: index)
        }
        history.adjust(options) { token, change in
            if scores[token] > -.infinity { scores[token] = change(scores[token]) }
        }
        history.constraint?.restrict(scores)
        return Row(scores)
    }

    private func truncate(_ options: SamplingOptions) {
        if let topK = options.topK, topK < weights.count { keep(.count(topK)) }
        if options.topP < 1 { keep(.mass(options.topP)) }
        if options.minP > 0 {
            total = Selection(threshold: Float(options.minP), ties: .max).truncate(weights)
        }
    }

    private func keep(_ target: SelectionTarget) {
        total = selector.select(Row(weights), total: total, reaching: target).truncate(weights)
    }
}
