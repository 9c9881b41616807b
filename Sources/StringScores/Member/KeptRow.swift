import EmulatedFineTuning

/// A row that outlives the pass which made it, with its normaliser.
struct KeptRow: Sendable {
    private let row: LogitRow
    private let logNormalizer: Float

    /// Copies a row.
    ///
    /// - Throws: `ModelError.failed` for what is no row, or no distribution.
    init(copying scores: Scores) throws {
        guard case .row(let borrowed) = scores,
            let normalizer = LogSoftmax.logNormalizer(borrowed.buffer)
        else {
            throw ModelError.failed("a model gave scores that are not a number or not finite")
        }
        row = LogitRow(Array(borrowed.buffer))
        logNormalizer = normalizer
    }

    var normalized: NormalizedRow { NormalizedRow(row.buffer, logNormalizer: logNormalizer) }
}
