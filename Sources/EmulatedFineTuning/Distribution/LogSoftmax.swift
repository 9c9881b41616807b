import RealModule

/// Normalising a row of scores.
package enum LogSoftmax {
    /// The log-normaliser of a row: log Σ exp(row), nats.
    ///
    /// Exponentials are Float32, their sum is Float64: the relative error of the sum is below 1e-6.
    ///
    /// - Returns: nil when the row is no distribution: it has a NaN, a +∞, or only −∞.
    /// - Complexity: O(vocabulary), two passes, no allocation.
    package static func logNormalizer(_ row: Row) -> Float? {
        guard let largest = largest(row) else { return nil }
        let sum = sumOfExponentials(row, minus: largest)
        guard sum.isFinite else { return nil }  // a NaN, which comparisons pass over
        return Float(Double(largest) + Double.log(sum))
    }

    /// The largest element; nil when it is not finite. A NaN may be passed over.
    static func largest(_ row: Row) -> Float? {
        var largest = Lanes(repeating: -.infinity)
        for (_, x) in row.lanes(padding: -.infinity) { largest = largest.maximum(x) }
        let result = largest.largest
        return result.isFinite ? result : nil
    }

    /// Σ exp(row − shift).
    static func sumOfExponentials(_ row: Row, minus shift: Float) -> Double {
        var sum = ChunkedSum()
        for (index, x) in row.lanes(padding: -.infinity) { sum.add(exp(x - shift), at: index) }
        return sum.total
    }

    /// Writes weights exp((row − shift)·scale) and returns their sum.
    ///
    /// - Parameter shift: the largest element of the row, so that the largest weight is 1.
    static func weights(
        _ row: Row, minus shift: Float, times scale: Float, into weights: MutableRow
    ) -> Double {
        var sum = ChunkedSum()
        for (index, x) in row.lanes(padding: -.infinity) {
            let weight = exp((x - shift) * scale)
            weights.store(weight, at: index)
            sum.add(weight, at: index)
        }
        return sum.total
    }

    /// The sum of a row of weights.
    static func sum(_ weights: Row) -> Double {
        var sum = ChunkedSum()
        for (index, x) in weights.lanes(padding: 0) { sum.add(x, at: index) }
        return sum.total
    }
}

/// A sum over lanes: Float32 for at most 512 elements at a time, Float64 beyond.
struct ChunkedSum {
    private var chunks = 0.0
    private var partial = Lanes.zero

    @inline(__always)
    mutating func add(_ lanes: Lanes, at index: Int) {
        partial += lanes
        if index & 0x1ff == 0x1f0 {
            chunks += partial.preciseSum
            partial = .zero
        }
    }

    var total: Double { chunks + partial.preciseSum }
}
