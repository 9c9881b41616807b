/// What a member's pass costs by its width (the tokens it carries), as measured while decoding.
///
/// The curve need not rise: some kernels take longer for two tokens than for eight.
struct CostCurve {
    /// Wider passes are not recorded, because no block needs them.
    static let widest = 256

    private var samples: [Samples?] = Array(repeating: nil, count: widest + 1)
    private(set) var widths: [Int] = []
    private var clock = 0

    /// The last durations of one width, seconds.
    private struct Samples {
        var seconds: [Double] = []
        var lastSeen = 0

        mutating func add(_ duration: Double, at clock: Int) {
            if seconds.count == 5 { seconds.removeFirst() }
            seconds.append(duration)
            lastSeen = clock
        }

        /// The median. With fewer than three values, the smallest, because a first pass also warms up caches.
        var typical: Double {
            seconds.count < 3 ? seconds.min() ?? 0 : seconds.sorted()[seconds.count / 2]
        }
    }

    mutating func record(width: Int, seconds: Double) {
        guard (1...Self.widest).contains(width) else { return }
        clock += 1
        if samples[width] == nil {
            widths.insert(width, at: widths.firstIndex { $0 > width } ?? widths.endIndex)
            samples[width] = Samples()
        }
        samples[width]?.add(seconds, at: clock)
    }

    /// An optimistic estimate of how long a pass takes, in seconds. A width that was measured long ago
    /// may have become 10 % cheaper. A width between two measured ones lies on the line between them. A
    /// wider one costs no more than the widest measured. So the width that looks best is tried, and then
    /// measured.
    ///
    /// - Returns: 0 when nothing was measured.
    func seconds(width: Int) -> Double {
        if width <= Self.widest, let entry = samples[max(width, 0)] {
            return entry.typical * (1 - min(0.1, 0.0005 * Double(clock - entry.lastSeen)))
        }
        let next = widths.firstIndex { $0 > width } ?? widths.endIndex
        guard next > 0 else { return typical(widths.first) }
        guard next < widths.endIndex else { return typical(widths.last) }
        let (low, high) = (widths[next - 1], widths[next])
        let share = Double(width - low) / Double(high - low)
        return typical(low) * (1 - share) + typical(high) * share
    }

    /// The width to pad a pass to: a wider one if that was measured to cost at least 5 % less, otherwise
    /// the same width.
    func padded(_ width: Int, atMost limit: Int) -> Int {
        guard width <= Self.widest, let entry = samples[max(width, 0)] else { return width }
        let cheapest = widths.lazy.filter { width < $0 && $0 <= limit }
            .min { typical($0) < typical($1) }
        guard let cheapest, typical(cheapest) < 0.95 * entry.typical else { return width }
        return cheapest
    }

    private func typical(_ width: Int?) -> Double {
        width.flatMap { samples[$0] }?.typical ?? 0
    }
}
