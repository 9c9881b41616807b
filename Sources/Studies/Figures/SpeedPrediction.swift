import EmulatedFineTuning

/// What speculation should gain, from the measured cost of passes and the agreement of plain decoding.
///
///     tokens/s = E(k) / T(k)
///     T(k) = (k + 1)·c_draft(1) + max over threads of Σ c_other(k + 1) + outside·(k + E(k))
///
/// E(k) is how many tokens rounds with blocks of k would have made of the plain replies.
package struct SpeedPrediction {
    /// By member, seconds by width.
    let curves: [[Int: Double]]
    let draft: Int
    /// By member: those on one thread run one after another.
    let threads: [Int]
    /// Seconds a drawn row that no pass takes.
    let outside: Double
    /// The agreements of the plain runs, by reply.
    let agreements: [[Bool]]

    package init(
        curves: [[Int: Double]], draft: Int, threads: [Int], outside: Double,
        agreements: [[Bool]]
    ) {
        self.curves = curves
        self.draft = draft
        self.threads = threads
        self.outside = outside
        self.agreements = agreements
    }

    /// The share of tokens that the draft member would have said itself: 1 − TV on average.
    package var agreement: Double {
        let all = agreements.joined()
        return Double(all.lazy.filter { $0 }.count) / Double(max(1, all.count))
    }

    package func tokensPerSecond(block: Int) -> Double {
        let yield = yield(block)
        return yield / seconds(block: block, yield: yield)
    }

    /// The acceptance (the same at every position) from which blocks are at least as fast as `speed`
    /// tokens per second; nil when no acceptance reaches it.
    package func breakEven(block: Int, speed: Double) -> Double? {
        func reaches(_ acceptance: Double) -> Bool {
            var (yield, power) = (1.0, 1.0)
            for _ in 0..<block {
                power *= acceptance
                yield += power
            }
            return yield / seconds(block: block, yield: yield) >= speed
        }
        guard reaches(1) else { return nil }
        var (low, high) = (0.0, 1.0)
        for _ in 0..<40 {
            let middle = (low + high) / 2
            if reaches(middle) { high = middle } else { low = middle }
        }
        return high
    }

    /// Tokens per round, replayed over the plain replies.
    package func yield(_ block: Int) -> Double {
        let rounds = agreements.reduce(0) { $0 + Agreement.rounds($1, block: block) }
        return Double(agreements.reduce(0) { $0 + $1.count }) / Double(max(1, rounds))
    }

    private func seconds(block: Int, yield: Double) -> Double {
        var busy: [Int: Double] = [:]
        for member in curves.indices where block == 0 || member != draft {
            busy[threads[member], default: 0] += cost(member, block + 1)
        }
        let verify = busy.values.max() ?? 0
        let drafting = block == 0 ? 0 : Double(block + 1) * cost(draft, 1)
        return drafting + verify + outside * (yield + Double(block))
    }

    /// A pass, padded to a wider one where that was measured to be cheaper.
    private func cost(_ member: Int, _ width: Int) -> Double {
        let curve = curves[member]
        guard let exact = curve[width] else { return .nan }
        let wider = curve.filter { $0.key > width }.values.min() ?? exact
        return wider < 0.95 * exact ? wider : exact
    }
}
