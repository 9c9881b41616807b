/// The heaviest tokens of a row of weights: all above a threshold, and the first few at it.
struct Selection: Equatable {
    /// Tokens with a greater weight are selected.
    var threshold: Float
    /// As many tokens with exactly this weight are selected, those with the lowest ids.
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
/// over 12 + 10 + 10 bits. Mass is accumulated in Float64, ties go to the lower id.
final class Selector {
    private var mass = [Double](repeating: 0, count: 1024)
    private var count = [Int](repeating: 0, count: 1024)

    /// Selects among weights in [0, 1], heaviest first.
    ///
    /// - Returns: at least one token; every token of positive weight when the target is out of reach.
    /// - Complexity: O(vocabulary), no allocation.
    func select(_ weights: Row, reaching target: SelectionTarget) -> Selection {
        var goal = 0.0
        var reached = 0.0
        var prefix: UInt32 = 0
        for (shift, width) in [(20, 12), (10, 10), (0, 10)] as [(UInt32, UInt32)] {
            histogram(weights, prefix: prefix, shift: shift, width: width)
            if shift == 20 { goal = self.goal(target) }
            guard let bucket = descend(to: goal, target, &reached, canMiss: shift == 20) else {
                return .everything
            }
            prefix = prefix << width | UInt32(bucket)
        }
        let threshold = Float(bitPattern: prefix)
        let ties: Double =
            switch target {
            case .count: goal - reached
            case .mass: ((goal - reached) / Double(threshold)).rounded(.up)
            }
        return Selection(threshold: threshold, ties: max(1, Int(min(ties, 1e9))))
    }

    /// The bucket in which the goal is reached, from the heaviest down; adds those above it to
    /// `reached`.
    ///
    /// - Parameter canMiss: whether the goal may be out of reach. Within a bucket that reaches it, only
    ///   the rounding of sums can miss it: then the last of its parts is the one.
    private func descend(
        to goal: Double, _ target: SelectionTarget, _ reached: inout Double, canMiss: Bool
    ) -> Int? {
        var sum = reached
        var last: Int?
        for bucket in stride(from: 1023, through: 0, by: -1) where count[bucket] > 0 {
            (last, reached) = (bucket, sum)
            sum += size(of: bucket, target)
            if sum >= goal { return bucket }
        }
        return canMiss ? nil : last
    }

    private func goal(_ target: SelectionTarget) -> Double {
        switch target {
        case .count(let count): Double(count)
        case .mass(let share): share * mass.reduce(0, +)
        }
    }

    private func size(of bucket: Int, _ target: SelectionTarget) -> Double {
        switch target {
        case .count: Double(count[bucket])
        case .mass: mass[bucket]
        }
    }

    /// Counts and sums the weights whose higher bits equal `prefix`, by their next `width` bits.
    private func histogram(_ weights: Row, prefix: UInt32, shift: UInt32, width: UInt32) {
        let mask = (1 as UInt32) << width - 1
        mass.withUnsafeMutableBufferPointer { mass in
            count.withUnsafeMutableBufferPointer { count in
                mass.update(repeating: 0)
                count.update(repeating: 0)
                for weight in weights where weight > 0 {
                    let bits = weight.bitPattern
                    guard (bits >> shift) >> width == prefix else { continue }
                    let bucket = Int((bits >> shift) & mask) & 1023
                    mass[bucket] += Double(weight)
                    count[bucket] += 1
                }
            }
        }
    }
}

extension Selection {
    /// Sets the weights outside the selection to 0.
    func truncate(_ weights: MutableRow) {
        let row = Row(weights)
        row.forEachLanes(padding: 0) { index, x in
            weights.store(x.replacing(with: Lanes.zero, where: x .< threshold), at: index)
        }
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
        var tiesLeft = ties
        for token in weights.indices where weights[token] == threshold {
            if tiesLeft > 0 { tiesLeft -= 1 } else { scores[token] = other(token)[0] }
        }
    }
}
