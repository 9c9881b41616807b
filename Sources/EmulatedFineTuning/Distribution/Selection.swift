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
    /// The mass or the number of weights by ten of their bits: two tables, and buckets for what is too light.
    private var sizes = [Double](repeating: 0, count: 2048 + Lanes.scalarCount)
    private var gathered = RowStorage(count: 0)

    /// Selects among weights in [0, 1], heaviest first.
    ///
    /// - Returns: at least one token; every token of positive weight when the target is out of reach.
    /// - Complexity: O(vocabulary), no allocation.
    func select(_ weights: Row, reaching target: SelectionTarget) -> Selection {
        var reached = 0.0
        let skipped = tally(weights, from: floor(weights, target), shift: 20, target)
        let goal = goal(target, skipped: skipped)
        guard var prefix = descend(to: goal, &reached, canMiss: true) else {
            return .everything
        }
        var candidates = gather(weights, prefix, shift: 20)
        for shift in [10, 0] as [UInt32] {
            _ = tally(candidates, from: .leastNonzeroMagnitude, shift: shift, target)
            guard let bucket = descend(to: goal, &reached, canMiss: false) else {
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
        to goal: Double, _ reached: inout Double, canMiss: Bool
    ) -> UInt32? {
        var sum = reached
        var last: UInt32?
        for bucket in stride(from: 1023, through: 0, by: -1) where sizes[bucket] > 0 {
            (last, reached) = (UInt32(bucket), sum)
            sum += sizes[bucket]
            if sum >= goal { return last }
        }
        return canMiss ? nil : last
    }

    private func goal(_ target: SelectionTarget, skipped: Double) -> Double {
        switch target {
        case .count(let count): Double(count)
        case .mass(let share): share * (sizes[..<1024].reduce(0, +) + skipped)
        }
    }

    /// Counts or sums the weights from `floor` on by ten of their bits, from `shift` up.
    ///
    /// - Returns: the sum of the weights below `floor`.
    private func tally(
        _ weights: Row, from floor: Float, shift: UInt32, _ target: SelectionTarget
    ) -> Double {
        switch target {
        case .count:
            tally(weights, from: floor, shift: shift, in: &sizes) { _ in 1 }
        case .mass:
            tally(weights, from: floor, shift: shift, in: &sizes) { Double($0) }
        }
    }

    @inline(__always)
    private func tally(
        _ weights: Row, from floor: Float, shift: UInt32, in sizes: inout [Double],
        size: (Float) -> Double
    ) -> Double {
        var skipped = ChunkedSum()
        let lightest = Int(floor.bitPattern)
        let shift = Int(shift)
        sizes.withUnsafeMutableBufferPointer { sizes in
            sizes.update(repeating: 0)
            weights.forEachLanes(padding: 0) { index, x in
                skipped.add(x.replacing(with: Lanes.zero, where: x .>= floor), at: index)
                // Most of a vocabulary is often far too light.
                guard x.largest >= floor else { return }
                for lane in 0..<min(Lanes.scalarCount, weights.count &- index) {
                    let weight = weights[index &+ lane]
                    let bits = Int(weight.bitPattern)
                    // Neighbours often share a bucket: two tables, so that one addition need not
                    // wait for the other.
                    let bucket = (bits &>> shift) & 1023 | (lane & 1) &<< 10
                    // Weights that are too light go to buckets that nobody reads: a branch would often
                    // be guessed wrongly.
                    let isLight = (bits &- lightest) &>> 63
                    sizes[bucket & ~isLight | (2048 | lane) & isLight] += size(weight)
                }
            }
            for bucket in 0..<1024 { sizes[bucket] += sizes[bucket + 1024] }
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
        let (first, last) = (lower.bitPattern, upper.bitPattern)
        weights.forEachLanes(padding: 0) { index, x in
            let inside = x.replacing(with: Lanes.zero, where: (x .< lower) .| (x .>= upper))
            guard inside.largest > 0 else { return }
            for lane in 0..<min(Lanes.scalarCount, weights.count &- index) {
                let weight = weights[index &+ lane]
                // Written in any case, and kept if it is inside: again without a branch.
                gathered.buffer[found] = weight
                found &+= weight.bitPattern &- first < last &- first ? 1 : 0
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
