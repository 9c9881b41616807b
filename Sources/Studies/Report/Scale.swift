import Foundation

/// A linear scale from values to places on a picture, with ticks at round numbers.
struct Scale {
    let low: Double
    let high: Double
    let ticks: [Double]
    private let start: Double
    private let end: Double

    /// - Parameters:
    ///   - values: what must be on the scale; others than numbers are left out.
    ///   - start: where the low end is on the picture; `end`: where the high end is.
    init(_ values: [Double], from start: Double, to end: Double) {
        let finite = values.filter(\.isFinite)
        var low = finite.min() ?? 0
        var high = finite.max() ?? 1
        if high - low < 1e-9 * max(1, abs(high)) {
            let pad = max(0.1 * abs(high), 1e-3)
            (low, high) = (low - pad, high + pad)
        }
        let step = Self.step((high - low) / 4)
        self.low = (low / step).rounded(.down) * step
        self.high = (high / step).rounded(.up) * step
        let first = self.low
        let count = Int(((self.high - first) / step).rounded())
        ticks = (0...max(1, count)).map { first + Double($0) * step }
        self.start = start
        self.end = end
    }

    /// The place of a value; values beyond the ends lie at them.
    func callAsFunction(_ value: Double) -> Double {
        let share = (min(max(value, low), high) - low) / (high - low)
        return start + share * (end - start)
    }

    /// 1, 2 or 5 times a power of ten, at least this much.
    private static func step(_ least: Double) -> Double {
        let power = pow(10, floor(log10(least)))
        for factor in [1.0, 2, 5] where factor * power >= least * (1 - 1e-9) {
            return factor * power
        }
        return 10 * power
    }

    static func text(_ tick: Double, isShare: Bool) -> String {
        let value = isShare ? tick * 100 : tick
        return String(format: "%g", abs(value) < 1e-12 ? 0 : value) + (isShare ? " %" : "")
    }
}
