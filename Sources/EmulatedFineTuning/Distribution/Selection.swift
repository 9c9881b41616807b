/// The heaviest tokens of a row of weights: all above a threshold, and the first few at it.
struct Selection: Equatable {
    /// Tokens with a greater weight are selected.
    var threshold: Float
    /// As many tokens with exactly this weight are selected, those with the lowest ids; `.max`: all.
    var ties: Int

    /// Every token of positive weight.
    static let everything = Selection(threshold: .leastNonzeroMagnitude, ties: .max)
}

/// How far a selection goes.
enum SelectionTarget: Equatable {
    /// To this many tokens: top-k.
    case count(Int)
    /// To this share of all mass, in (0, 1]: top-p, nucleus.
    case mass(Double)
}

/// Finds the smallest set of heaviest tokens that reaches a target, without sorting the vocabulary. A mass is reached to
/// about 2·10⁻⁶ of all mass: sums are Float32 over at most 512 tokens, and Float64 beyond.
///
/// Weights of 0 to 1 order like their bits as whole numbers, so the threshold is found by dividing a range of those: a
/// pass over the row tells how much lies above three points of the range, and leaves a quarter of it. When few
/// weights are left inside, they are gathered and sorted. Ties go to the lower id.
final class Selector {
    /// With so many weights left, gathering them costs less than another pass.
    private static let few = 128.0
    private var gathered = RowStorage(count: 0)

    /// Selects among weights in [0, 1], heaviest first.
    ///
    /// - Parameter total: the sum of the weights.
    /// - Returns: at least one token; every token of positive weight when the target is out of reach.
    /// - Complexity: O(vocabulary): six passes as a rule, sixteen where most weights are equal.
    func select(_ weights: Row, total: Double, reaching target: SelectionTarget) -> Selection {
        guard total > 0, total.isFinite else { return .everything }
        let goal = target.goal(of: total)
        // The weights from `upper` on do not reach the goal; those from `lower` on do, or nothing does.
        var lower = target.floor(total: total, count: weights.count).bitPattern
        var upper = Float(1).bitPattern + 1
        var (fromLower, fromUpper) = (total, 0.0)
        if case .count = target {
            fromLower = target.sizes(weights, from: SIMD3(repeating: lower))[0]
            guard fromLower > goal else { return .everything }
        }
        while upper - lower > 1 {
            let most = (fromLower - fromUpper) / target.size(of: Float(bitPattern: lower))
            guard most > Self.few else {
                let inside = gather(weights, lower..<upper)
                guard !inside.isEmpty else { break }
                return choose(inside, goal - fromUpper, target)
            }
            let step = max(1, (upper - lower) / 4)
            let last = SIMD3(repeating: upper - 1)
            let points = pointwiseMin(lower &+ SIMD3(1, 2, 3) &* step, last)
            let sizes = target.sizes(weights, from: points)
            for place in 0..<3 {
                guard sizes[place] >= goal else {
                    (upper, fromUpper) = (points[place], sizes[place])
                    break
                }
                (lower, fromLower) = (points[place], sizes[place])
            }
        }
        let weight = Float(bitPattern: lower)
        let size = target.size(of: weight)
        return selection(
            weight, ties: (goal - fromUpper) / size, of: ((fromLower - fromUpper) / size).rounded())
    }

    /// The selection that reaches a goal with some of the weights at hand, and all that are heavier.
    private func choose(
        _ weights: MutableRow, _ goal: Double, _ target: SelectionTarget
    ) -> Selection {
        var weights = weights
        weights.sort(by: >)
        var (place, reached) = (0, 0.0)
        while place < weights.count {
            let size = target.size(of: weights[place])
            let end = weights[place...].firstIndex { $0 < weights[place] } ?? weights.count
            let more = Double(end - place) * size
            // Within weights that reach the goal, only the rounding of sums can miss it: then the last one is it.
            if reached + more >= goal || end == weights.count {
                return selection(
                    weights[place], ties: (goal - reached) / size, of: Double(end - place))
            }
            (place, reached) = (end, reached + more)
        }
        return .everything
    }

    private func selection(_ threshold: Float, ties: Double, of count: Double) -> Selection {
        let ties = ties.rounded(.up)
        // All tokens at the threshold are the same as any number above theirs.
        return Selection(threshold: threshold, ties: ties >= count ? .max : max(1, Int(ties)))
    }

    /// The weights whose bits are in a range; valid until the next call.
    private func gather(_ weights: Row, _ range: Range<UInt32>) -> MutableRow {
        if gathered.buffer.count < weights.count { gathered = RowStorage(count: weights.count) }
        let (lower, upper) = (
            Float(bitPattern: range.lowerBound), Float(bitPattern: range.upperBound)
        )
        var found = 0
        // Most stretches have none of them.
        for start in stride(from: 0, to: weights.count, by: 64) {
            let stretch = start..<min(start + 64, weights.count)
            var inside = Lanes.zero
            for index in stride(from: start, to: stretch.upperBound, by: Lanes.scalarCount) {
                let x = weights.lanes(at: index, padding: 0)
                inside += x.replacing(with: Lanes.zero, where: (x .< lower) .| (x .>= upper))
            }
            guard inside.largest > 0 else { continue }
            for token in stretch where weights[token] >= lower && weights[token] < upper {
                gathered.buffer[found] = weights[token]
                found &+= 1
            }
        }
        return MutableRow(rebasing: gathered.buffer[..<found])
    }
}

extension SelectionTarget {
    fileprivate func goal(of total: Double) -> Double {
        switch self {
        case .count(let count): Double(count)
        case .mass(let share): share * total
        }
    }

    /// What one weight adds.
    fileprivate func size(of weight: Float) -> Double {
        switch self {
        case .count: 1
        case .mass: Double(weight)
        }
    }

    /// A weight below which nothing can be selected: were all tokens below it together, they would still have less
    /// than the mass that is left out.
    fileprivate func floor(total: Double, count: Int) -> Float {
        guard case .mass(let share) = self else { return .leastNonzeroMagnitude }
        let bound = (1 - share) * total / Double(count)
        // Half of it, as sums are rounded.
        return max(Float(bound / 2), .leastNonzeroMagnitude)
    }

    /// What the weights from three points on add, each point given by its bits.
    fileprivate func sizes(_ weights: Row, from points: SIMD3<UInt32>) -> SIMD3<Double> {
        switch self {
        case .count:
            Self.sizes(weights, from: points) { _ in Lanes(repeating: 1) }
        case .mass:
            Self.sizes(weights, from: points) { $0 }
        }
    }

    @inline(__always)
    private static func sizes(
        _ weights: Row, from points: SIMD3<UInt32>, size: (Lanes) -> Lanes
    ) -> SIMD3<Double> {
        let (a, b, c) = (
            Float(bitPattern: points[0]), Float(bitPattern: points[1]),
            Float(bitPattern: points[2])
        )
        var (fromA, fromB, fromC) = (ChunkedSum(), ChunkedSum(), ChunkedSum())
        for (index, x) in weights.lanes(padding: 0) {
            let sizes = size(x)
            fromA.add(sizes.replacing(with: Lanes.zero, where: x .< a), at: index)
            fromB.add(sizes.replacing(with: Lanes.zero, where: x .< b), at: index)
            fromC.add(sizes.replacing(with: Lanes.zero, where: x .< c), at: index)
        }
        return SIMD3(fromA.total, fromB.total, fromC.total)
    }
}

extension Selection {
    /// The selected tokens, ascending.
    ///
    /// - Complexity: O(vocabulary).
    func tokens(of weights: Row) -> [TokenID] {
        var tokens: [TokenID] = []
        var tiesLeft = ties
        for (index, x) in weights.lanes(padding: 0) {
            guard x.largest >= threshold else { continue }
            for lane in 0..<min(Lanes.scalarCount, weights.count &- index) {
                let weight = x[lane]
                guard weight >= threshold else { continue }
                if weight == threshold {
                    guard tiesLeft > 0 else { continue }
                    tiesLeft -= 1
                }
                tokens.append(index + lane)
            }
        }
        return tokens
    }

    /// Sets the weights outside the selection to 0.
    ///
    /// - Returns: the sum of the others.
    func truncate(_ weights: MutableRow) -> Double {
        let row = Row(weights)
        var sum = ChunkedSum()
        for (index, x) in row.lanes(padding: 0) {
            let kept = x.replacing(with: Lanes.zero, where: x .< threshold)
            weights.store(kept, at: index)
            sum.add(kept, at: index)
        }
        guard ties < .max else { return sum.total }
        var tiesLeft = ties
        for token in row.indices where row[token] == threshold {
            if tiesLeft > 0 { tiesLeft -= 1 } else { weights[token] = 0 }
        }
        return LogSoftmax.sum(row)
    }

    /// Replaces the scores of tokens outside the selection (by weight).
    ///
    /// - Parameter other: the replacements of sixteen tokens, from the index of the first.
    @inline(__always)
    func confine(_ scores: MutableRow, by weights: Row, otherwise other: (Int) -> Lanes) {
        let inside = Row(scores)
        for (index, weight) in weights.lanes(padding: 0) {
            let score = inside.lanes(at: index, padding: 0)
            scores.store(score.replacing(with: other(index), where: weight .< threshold), at: index)
        }
        guard ties < .max else { return }
        var tiesLeft = ties
        for token in weights.indices where weights[token] == threshold {
            if tiesLeft > 0 { tiesLeft -= 1 } else { scores[token] = other(token)[0] }
        }
    }
}
