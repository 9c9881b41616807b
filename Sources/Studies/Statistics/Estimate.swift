import EmulatedFineTuning

/// A figure with its 95 % interval.
public struct Estimate: Sendable, Equatable, Codable {
    public var value: Double
    public var low: Double
    public var high: Double
    /// Prompts that it rests on.
    public var count: Int

    /// Whether the interval holds a number.
    public func holds(_ number: Double) -> Bool { low <= number && number <= high }
}

/// A statistic and the values it takes on bootstrap resamples of the prompts.
///
/// Statistics of one metric share their resamples, so that differences and ratios of them are paired:
/// the interval of a difference is that of the difference, prompt by prompt.
struct Resampled {
    var value: Double
    var draws: [Double]
    var count: Int

    /// A function of statistics with the same resamples.
    static func combine(_ inputs: [Resampled], _ function: ([Double]) -> Double) -> Resampled {
        let draws = (inputs.map(\.draws.count).min() ?? 0)
        return Resampled(
            value: function(inputs.map(\.value)),
            draws: (0..<draws).map { draw in function(inputs.map { $0.draws[draw] }) },
            count: inputs.map(\.count).min() ?? 0)
    }

    static func - (a: Resampled, b: Resampled) -> Resampled { combine([a, b]) { $0[0] - $0[1] } }

    /// The percentile interval: from the 2.5th to the 97.5th percentile of the draws.
    var estimate: Estimate {
        let sorted = draws.filter { !$0.isNaN }.sorted()
        func percentile(_ share: Double) -> Double {
            guard !sorted.isEmpty else { return .nan }
            let place = share * Double(sorted.count - 1)
            let (low, rest) = (Int(place), place - place.rounded(.down))
            let next = min(low + 1, sorted.count - 1)
            // Infinite draws may lie beside each other.
            return rest == 0 || sorted[low] == sorted[next]
                ? sorted[low] : sorted[low] * (1 - rest) + sorted[next] * rest
        }
        return Estimate(
            value: value, low: percentile(0.025), high: percentile(0.975), count: count)
    }
}

/// The bootstrap over prompts: every resample draws as many prompts as there are, with replacement, and
/// the same prompts for every system. Replies to one prompt under several seeds stay together.
///
/// Source: Efron and Tibshirani, *An Introduction to the Bootstrap* (1993), chapters 6 and 13.
struct Bootstrap {
    private let picks: [[Int32]]
    private let count: Int

    /// - Parameters:
    ///   - count: prompts.
    ///   - seed: the same seed gives the same resamples.
    init(count: Int, resamples: Int, seed: UInt64) {
        self.count = count
        var generator = SplitMix64(seed: seed)
        picks = (0..<(count > 0 ? resamples : 0)).map { _ in
            (0..<count).map { _ in Int32(generator.next(below: UInt64(count))) }
        }
    }

    /// The mean of a value for each prompt; prompts without one (NaN) do not count.
    ///
    /// - Complexity: O(prompts · resamples).
    func mean(_ values: [Double]) -> Resampled {
        precondition(values.count == count, "one value for each prompt")
        return Resampled(
            value: Self.mean(values.indices.lazy.map { values[$0] }),
            draws: picks.map { pick in Self.mean(pick.lazy.map { values[Int($0)] }) },
            count: values.count { !$0.isNaN })
    }

    /// The ratio of two sums over prompts: nats over tokens, say.
    func ratio(_ sums: [Double], over sizes: [Double]) -> Resampled {
        precondition(sums.count == count && sizes.count == count, "one value for each prompt")
        func ratio(_ pick: some Sequence<Int>) -> Double {
            var (sum, size) = (0.0, 0.0)
            for index in pick {
                sum += sums[index]
                size += sizes[index]
            }
            return size > 0 ? sum / size : .nan
        }
        return Resampled(
            value: ratio(sums.indices), draws: picks.map { ratio($0.lazy.map { Int($0) }) },
            count: count)
    }

    private static func mean(_ values: some Sequence<Double>) -> Double {
        var (sum, count) = (0.0, 0)
        for value in values where !value.isNaN {
            sum += value
            count += 1
        }
        return count > 0 ? sum / Double(count) : .nan
    }
}

/// A small generator for resampling: SplitMix64 (Steele, Lea, Flood 2014).
struct SplitMix64 {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// A number below a bound, which must be small against 2⁶⁴ for the bias not to matter.
    mutating func next(below bound: UInt64) -> UInt64 {
        next().multipliedFullWidth(by: bound).high
    }
}
