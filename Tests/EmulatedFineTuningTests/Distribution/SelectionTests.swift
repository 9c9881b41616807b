import TestSupport
import Testing

@testable import EmulatedFineTuning

@Suite struct SelectionTests {
    static func kept(_ weights: [Float], reaching target: SelectionTarget) -> [TokenID] {
        let total = LogSoftmax.sum(.of(weights))
        let selection = Selector().select(.of(weights), total: total, reaching: target)
        let row = MutableRow(mutating: Row.of(weights))
        let left = selection.truncate(row)
        #expect(left == LogSoftmax.sum(Row(row)))
        for token in row.indices { #expect(row[token] == 0 || row[token] == weights[token]) }
        return row.indices.filter { row[$0] > 0 }
    }

    /// By sorting, in Float64: heaviest first, ties to the lower id.
    static func naive(_ weights: [Float], reaching target: SelectionTarget) -> [TokenID] {
        let order = weights.indices.filter { weights[$0] > 0 }
            .sorted { (weights[$1], $0) < (weights[$0], $1) }
        let total = order.reduce(0.0) { $0 + Double(weights[$1]) }
        var chosen: [TokenID] = []
        var mass = 0.0
        for token in order {
            switch target {
            case .count(let count): if chosen.count >= count { return chosen.sorted() }
            case .mass(let share):
                if !chosen.isEmpty, mass >= share * total { return chosen.sorted() }
            }
            chosen.append(token)
            mass += Double(weights[token])
        }
        return chosen.sorted()
    }

    @Test(
        "selections are those made by hand",
        arguments: [
            ([1, 0.5, 0.25, 0.25], SelectionTarget.count(2), [0, 1]),
            ([1, 0.5, 0.25, 0.25], .count(3), [0, 1, 2]),
            ([0.25, 1, 0.25, 0.5], .mass(0.5), [1]),
            ([0.25, 1, 0.25, 0.5], .mass(0.51), [1, 3]),
            ([0.25, 1, 0.25, 0.5], .mass(0.875), [0, 1, 3]),
            ([0.25, 1, 0.25, 0.5], .mass(0.876), [0, 1, 2, 3]),
            ([0, 1, 0], .mass(1), [1]),
            ([0, 1, 0], .count(3), [1]),
            ([1], .mass(0), [0]),
            ([1], .mass(0.1), [0]),
            ([1, 1, 1], .count(2), [0, 1]),
            ([1, 1e-30, 1e-38, 1e-44], .mass(1), [0]),
            ([1, 1e-30, 1e-38, 1e-44], .count(3), [0, 1, 2]),
            ([1, 1e-30, 1e-38, 1e-44], .count(4), [0, 1, 2, 3]),
        ] as [([Float], SelectionTarget, [TokenID])])
    func selectionsAreThoseMadeByHand(
        weights: [Float], target: SelectionTarget, expected: [TokenID]
    ) {
        #expect(Self.kept(weights, reaching: target) == expected)
    }

    @Test(
        "random weights are selected as by sorting",
        arguments: [1, 2, 3, 7, 16, 17, 33, 100, 300, 1_000, 5_003])
    func randomWeightsAreSelectedAsBySorting(count: Int) {
        var generator = SplitMix(state: UInt64(count))
        for round in 0..<12 {
            // Multiples of 1/64 add up exactly, and tie often.
            var weights = (0..<count).map { _ in
                Float(Int.random(in: 0...(round < 6 ? 64 : 3), using: &generator)) / 64
            }
            weights[count / 2] = 1
            for size in [1, 2, count / 2 + 1, count, count + 5] {
                #expect(
                    Self.kept(weights, reaching: .count(size))
                        == Self.naive(weights, reaching: .count(size)))
            }
            for share in [0.0, 0.25, 0.5, 0.75, 0.875, 1] {
                #expect(
                    Self.kept(weights, reaching: .mass(share))
                        == Self.naive(weights, reaching: .mass(share)))
            }
        }
    }

    @Test("rows of every shape are selected as by sorting")
    func rowsOfEveryShapeAreSelectedAsBySorting() {
        let count = 3_001
        let equal = [Float](repeating: 1, count: count)
        let tiny = [1] + [Float](repeating: .leastNonzeroMagnitude, count: count)
        // Powers of two add up exactly.
        let flat = [1] + [Float](repeating: 0x1p-20, count: count)
        let stairs = (0..<count).map { Float(sign: .plus, exponent: -($0 % 12), significand: 1) }
        let some = [1] + (0..<count).map { $0 % 9 == 0 ? Float(0.5) : 0 }
        for weights in [equal, tiny, flat, stairs, some] {
            for size in [1, 2, 129, 1_500, count, count + 1, 2 * count] {
                #expect(
                    Self.kept(weights, reaching: .count(size))
                        == Self.naive(weights, reaching: .count(size)))
            }
            for share in [0, 0x1p-11, 0.25, 0.5, 0.75, 1 - 0x1p-11, 1] {
                #expect(
                    Self.kept(weights, reaching: .mass(share))
                        == Self.naive(weights, reaching: .mass(share)))
            }
        }
    }

    @Test("a nucleus is the smallest set that reaches its mass")
    func aNucleusIsTheSmallestSetThatReachesItsMass() {
        var generator = SplitMix(state: 4)
        for round in 0..<40 {
            let spread: Float = round < 20 ? 8 : 60
            let logits = (0..<200).map { _ in Float.random(in: -spread...0, using: &generator) }
            let weights = logits.map { Float(Reference.exp(Double($0))) }
            let share = Double.random(in: 0.01...0.999, using: &generator)
            let kept = Self.kept(weights, reaching: .mass(share))
            let total = weights.reduce(0.0) { $0 + Double($1) }
            let mass = kept.reduce(0.0) { $0 + Double(weights[$1]) }
            let lightest = kept.map { weights[$0] }.min() ?? 0
            #expect(mass >= share * total * (1 - 1e-12))
            #expect(mass - Double(lightest) < share * total * (1 + 1e-12))
            let heaviestLeft = weights.indices.filter { !kept.contains($0) }.map { weights[$0] }
                .max()
            #expect(heaviestLeft ?? 0 <= lightest)
        }
    }

    @Test("rounding of sums never turns a selection into everything")
    func roundingOfSumsNeverTurnsASelectionIntoEverything() {
        var generator = SplitMix(state: 6)
        for _ in 0..<150 {
            // Beside a weight of 1, the order in which these are added shows in the last bit.
            let weights =
                [1]
                + (0..<60).map { _ in
                    Float(Reference.exp(Double.random(in: -27...(-26), using: &generator)))
                }
            let order = weights.indices.sorted { weights[$0] > weights[$1] }
            let total = weights.reduce(0.0) { $0 + Double($1) }
            let size = Int.random(in: 2...40, using: &generator)
            let share = order.prefix(size).reduce(0.0) { $0 + Double(weights[$1]) } / total
            let kept = Self.kept(weights, reaching: .mass(share))
            let mass = kept.reduce(0.0) { $0 + Double(weights[$1]) }
            #expect(abs(mass / total - share) < 2e-6)
            // Some of the light ones are lost in Float32 sums beside the 1.
            #expect((size - 6...size + 6).contains(kept.count))
        }
    }

    @Test("confining replaces the scores outside a selection")
    func confiningReplacesTheScoresOutsideASelection() {
        var generator = SplitMix(state: 8)
        for count in [1, 3, 16, 40] {
            let weights = (0..<count).map { _ in Float(Int.random(in: 0...4, using: &generator)) / 4
            }
            let scores = MutableRow(mutating: Row.of((0..<count).map { Float($0) }))
            let others = Row.of((0..<count).map { -Float($0) - 1 })
            let selection = Selection(threshold: 0.5, ties: 2)
            selection.confine(scores, by: .of(weights)) { others.lanes(at: $0, padding: 0) }
            var ties = 2
            for token in 0..<count {
                var inside = weights[token] > 0.5
                if weights[token] == 0.5, ties > 0 { (inside, ties) = (true, ties - 1) }
                #expect(scores[token] == (inside ? Float(token) : others[token]))
            }
        }
    }
}
