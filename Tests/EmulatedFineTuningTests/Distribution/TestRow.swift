@testable import EmulatedFineTuning

extension Row {
    /// A row for a test. Its memory is never freed, so that nothing in a test can outlive it.
    static func of(_ values: [Float]) -> Row {
        let buffer = MutableRow.allocate(capacity: values.count)
        _ = buffer.initialize(from: values)
        return Row(buffer)
    }
}

extension NormalizedRow {
    /// Logits with their normaliser.
    static func of(_ logits: [Float]) throws -> NormalizedRow {
        let row = Row.of(logits)
        guard let normalizer = LogSoftmax.logNormalizer(row) else {
            throw GenerationError.brokenScores(member: "test")
        }
        return NormalizedRow(row, logNormalizer: normalizer)
    }

    /// The distribution with these probabilities.
    static func of(probabilities: [Double]) throws -> NormalizedRow {
        try of(probabilities.map { Float(Reference.log($0)) })
    }

    /// Every token's probability.
    var probabilities: [Double] {
        logits.indices.map { Reference.exp(Double(self[$0])) }
    }

    var logProbabilities: [Float] { logits.indices.map { self[$0] } }
}
