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

/// Finds the smallest set of heaviest tokens that reaches a target, without sorting.
///
/// A radix select on the bits of the weights, which order like the weights themselves: three histograms
/// over 12 + 10 + 10 bits (weights up to 1 have only ten bits of the first twelve). Mass is accumulated in Float64, ties go to the lower id.
final class Selector {
    private var mass = [Double](repeating: 0, count: 2048)
    private var count = [Int](repeating: 0, count: 2048)
    private var gathered = RowStorage(count: 0)

    /// Selects among weights in [0, 1], heaviest first.
    ///
    /// - Returns: at least one token; every token of positive weight when the target is out of reach.
    /// - Complexity: O(vocabulary), no allocation.
    func select(_ weights: Row, reaching target: SelectionTarget) -> Selection {
        var reached = 0.0
        let skipped = tally(weights, from: floor(weights, target), shift: 20)
        let goal = goal(target, skipped: skipped)
        guard var prefix = descend(to: goal, target, &reached, canMiss: true) else {
            return .everything
        }
        var candidates = gather(weights, prefix, shift: 20)
        for shift in [10, 0] as [UInt32] {
            _ = tally(candidates, from: 0, shift: shift)
            guard let bucket = descend(to: goal, target, &reached, canMiss: false) else {
                return .everything
            }
            prefix = prefix << 10 | bucket
            candidates = gather(candidates, prefix, shift: shift)
        }
        let threshold = Float(bitPattern: prefix)
        let ties: Double =
            switch target {
            case .count: goal - reached
            case .mass: ((goal - reached) / Double(threshold)).rounded(.up)
            }
        // All tokens at the threshold are the same as any number above theirs.
        let isAll = ties >= Double(candidates.count)
        return Selection(threshold: threshold, ties: isAll ? .max : max(1, Int(ties)))
    }

    /// A weight below which nothing can be selected: were all tokens below it together, they would
    /// still have less than the mass that is left out.
    private func floor(_ weights: Row, _ target: SelectionTarget) -> Float {
        guard case .mass(let share) = target else { return .leastNonzeroMagnitude }
        let bound = (1 - share) * LogSoftmax.sum(weights) / Double(weights.count)
        // Half of it, far from where the rounding of sums could matter.
        return max(Float(bound / 2), .leastNonzeroMagnitude)
    }

    /// The bucket in which the goal is reached, from the heaviest down; adds those above it to
    /// `reached`.
    ///
    /// - Parameter canMiss: whether the goal may be out of reach. Within a bucket that reaches it, only
    ///   the rounding of sums can miss it: then the last of its parts is the one.
    private func descend(
        to goal: Double, _ target: SelectionTarget, _ reached: inout Double, canMiss: Bool
    ) -> UInt32? {
        var sum = reached
        var last: UInt32?
        for bucket in stride(from: 1023, through: 0, by: -1) where count[bucket] > 0 {
            (last, reached) = (UInt32(bucket), sum)
            sum += size(of: bucket, target)
            if sum >= goal { return last }
        }
        return canMiss ? nil : last
    }

    private func goal(_ target: SelectionTarget, skipped: Double) -> Double {
        switch target {
        case .count(let count): Double(count)
        case .mass(let share): share * (mass[..<1024].reduce(0, +) + skipped)
        }
    }

    private func size(of bucket: Int, _ target: SelectionTarget) -> Double {
        switch target {
        case .count: Double(count[bucket])
        case .mass: mass[bucket]
        }
    }

    /// Counts and sums the weights from `floor` on by ten of their bits, from `shift` up.
    ///
    /// - Returns: the sum of the weights below `floor`.
    private func tally(_ weights: Row, from floor: Float, shift: UInt32) -> Double {
        var skipped = ChunkedSum()
        mass.withUnsafeMutableBufferPointer { mass in
            count.withUnsafeMutableBufferPointer { count in
                mass.update(repeating: 0)
                count.update(repeating: 0)
                weights.forEachLanes(padding: 0) { index, x in
                    skipped.add(x.replacing(with: Lanes.zero, where: x .>= floor), at: index)
                    // Most of a vocabulary is often far too light.
                    guard x.largest >= floor else { return }
                    for lane in 0..<min(Lanes.scalarCount, weights.count &- index) {
                        let weight = weights[index &+ lane]
                        guard weight >= floor else { continue }
                        // Neighbours often share a bucket: two tables, so that one addition need not
                        // wait for the other.
                        let bucket =
                            Int((weight.bitPattern >> shift) & 1023) &+ (lane & 1) &* 1024
                        mass[bucket] += Double(weight)
                        count[bucket] &+= 1
                    }
                }
                for bucket in 0..<1024 {
                    mass[bucket] += mass[bucket + 1024]
                    count[bucket] += count[bucket + 1024]
                }
            }
        }
        return skipped.total
    }

    /// The weights whose bits from `shift` up are `prefix`, in order; valid until the next call that
    /// does not start from them.
    private func gather(_ weights: Row, _ prefix: UInt32, shift: UInt32) -> Row {
        if gathered.buffer.count < weights.count { gathered = RowStorage(count: weights.count) }
        let lower = max(Float(bitPattern: prefix << shift), .leastNonzeroMagnitude)
        let upper = Float(bitPattern: (prefix + 1) << shift)
        var found = 0
        weights.forEachLanes(padding: 0) { index, x in
            let inside = x.replacing(with: Lanes.zero, where: (x .< lower) .| (x .>= upper))
            guard inside.largest > 0 else { return }
            for lane in 0..<min(Lanes.scalarCount, weights.count &- index) {
                let weight = weights[index &+ lane]
                guard weight >= lower, weight < upper else { continue }
                gathered.buffer[found] = weight
                found &+= 1
            }
        }
        return Row(rebasing: Row(gathered.buffer)[..<found])
    }
}

extension Selection {
    /// The selected tokens, ascending.
    ///
    /// - Complexity: O(vocabulary).
    func tokens(of weights: Row) -> [TokenID] {
        var tokens: [TokenID] = []
        var tiesLeft = ties
        weights.forEachLanes(padding: 0) { index, x in
            guard x.largest >= threshold else { return }
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
    func truncate(_ weights: MutableRow) {
        let row = Row(weights)
        row.forEachLanes(padding: 0) { index, x in
            weights.store(x.replacing(with: Lanes.zero, where: x .< threshold), at: index)
        }
        guard ties < .max else { return }
        var tiesLeft = ties
        for token in row.indices where row[token] == threshold {
            if tiesLeft > 0 { tiesLeft -= 1 } else { weights[token] = 0 }
        }
    }

    /// Replaces the scores of tokens outside the selection (by weight).
    ///
    /// - Parameter other: the replacements of sixteen tokens, from the index of the first.
    @inline(__always)
    func confine(_ scores: MutableRow, by weights: Row, otherwise other: (Int) -> Lanes) {
        let inside = Row(scores)
        weights.forEachLanes(padding: 0) { index, weight in
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
