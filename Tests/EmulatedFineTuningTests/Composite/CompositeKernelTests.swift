import TestSupport
import Testing

@testable import EmulatedFineTuning

@Suite struct CompositeKernelTests {
    static func probabilities(
        _ composite: Composite, _ logits: [[Float]], _ parameters: [String: Double] = [:]
    ) throws -> [Double] {
        try evaluate(composite, logits, parameters).map { Reference.exp(Double($0)) }
    }

    static func evaluate(
        _ composite: Composite, _ logits: [[Float]], _ parameters: [String: Double] = [:]
    ) throws -> [Float] {
        let kernel = CompositeKernel(vocabulary: composite.vocabulary.count)
        let rows = PositionRows(try logits.map { try NormalizedRow.of($0) })
        return try kernel.evaluate(composite.resolve(parameters), rows).logProbabilities
    }

    static func random(_ rows: Int, _ count: Int, seed: UInt64, forbidding share: Float = 0)
        -> [[Float]]
    {
        var generator = SplitMix(state: seed)
        return (0..<rows).map { _ in
            var row = (0..<count).map { _ in
                Float.random(in: 0..<1, using: &generator) < share
                    ? -Float.infinity : Float.random(in: -5...5, using: &generator)
            }
            row[Int.random(in: 0..<count, using: &generator)] = 1
            return row
        }
    }

    static func agree(_ a: [Float], _ b: [Float], within tolerance: Float = 1e-4) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { $0 == $1 || abs($0 - $1) <= tolerance }
    }

    @Test("up-scaling is the base times the change of fine-tuning")
    func upScalingIsTheBaseTimesTheChangeOfFineTuning() throws {
        // ½·½/¼ : ¼·¼/¼ : ¼·¼/½ = 8 : 2 : 1
        let composite = try Composite.of("large + chat - small", vocabulary: .plain(3))
        let log = { (p: [Double]) in p.map { Float(Reference.log($0)) } }
        let rows = [log([0.5, 0.25, 0.25]), log([0.5, 0.25, 0.25]), log([0.25, 0.25, 0.5])]
        let p = try Self.probabilities(composite, rows)
        #expect(zip(p, [8.0 / 11, 2.0 / 11, 1.0 / 11]).allSatisfy { abs($0 - $1) < 1e-6 })
    }

    @Test("truncated up-scaling weights are 1 outside the nucleus")
    func truncatedUpScalingWeightsAre1OutsideTheNucleus() throws {
        // Inside {0}: ½·½/¼ = 1. Outside chat alone: 3/8, 1/8.
        let composite = try Composite.of(
            "large + chat - small", fallback: "chat", mask: Mask(.nucleus(0.5)),
            vocabulary: .plain(3))
        let log = { (p: [Double]) in p.map { Float(Reference.log($0)) } }
        let rows = [log([0.5, 0.25, 0.25]), log([0.5, 0.375, 0.125]), log([0.25, 0.25, 0.5])]
        let p = try Self.probabilities(composite, rows)
        #expect(zip(p, [8.0 / 12, 3.0 / 12, 1.0 / 12]).allSatisfy { abs($0 - $1) < 1e-6 })
    }

    @Test("alpha zero gives the base", arguments: [1, 2, 3, 16, 17, 50])
    func alphaZeroGivesTheBase(count: Int) throws {
        let composite = try Composite.of(
            "large + alpha * (chat - small)", parameters: [Parameter("alpha", default: 1)],
            vocabulary: .plain(count))
        let rows = Self.random(3, count, seed: 1)
        let base = try NormalizedRow.of(rows[0]).logProbabilities
        #expect(Self.agree(try Self.evaluate(composite, rows, ["alpha": 0]), base, within: 1e-6))
    }

    @Test("a tuned member equal to its reference gives the base", arguments: [1, 2, 3, 16, 17, 50])
    func aTunedMemberEqualToItsReferenceGivesTheBase(count: Int) throws {
        let composite = try Composite.of("large + 1.5 * (chat - small)", vocabulary: .plain(count))
        var rows = Self.random(3, count, seed: 2)
        rows[2] = rows[1].map { $0 + 3 }
        let base = try NormalizedRow.of(rows[0]).logProbabilities
        #expect(Self.agree(try Self.evaluate(composite, rows), base, within: 2e-5))
    }

    @Test("adding a constant to any row changes nothing")
    func addingAConstantToAnyRowChangesNothing() throws {
        for mask in [nil, Mask(.nucleus(0.8)), Mask(.relative(0.05), .forbid)] {
            let composite = try Composite.of(
                "large + chat - small", fallback: "chat", mask: mask, vocabulary: .plain(40))
            let rows = Self.random(3, 40, seed: 3, forbidding: 0.1)
            let expected = try Self.evaluate(composite, rows)
            for member in 0..<3 {
                for constant in [-50, 0.3, 200] as [Float] {
                    var shifted = rows
                    shifted[member] = rows[member].map { $0 + constant }
                    #expect(
                        Self.agree(try Self.evaluate(composite, shifted), expected, within: 1e-3))
                }
            }
        }
    }

    @Test("a −∞ forbids in a positive member, and drops to the fallback in another")
    func aForbidsInAPositiveMemberAndDropsToTheFallbackInAnother() throws {
        let infinite = -Float.infinity
        let rows: [[Float]] = [
            [0, infinite, 0, infinite, 0], [0, 0, 0, 0, infinite], [0, 0, infinite, infinite, 0],
        ]
        // Fallback chat: ¼ each but for token 4. Formula on 0: ⅓·¼/⅓ = ¼.
        let composite = try Composite.of(
            "large + chat - small", fallback: "chat", vocabulary: .plain(5))
        let p = try Self.probabilities(composite, rows)
        #expect(zip(p, [0.5, 0, 0.5, 0, 0]).allSatisfy { abs($0 - $1) < 1e-6 })
        // Without a fallback, token 2 is forbidden too.
        let bare = try Composite.of("large + chat - small", vocabulary: .plain(5))
        #expect(try Self.probabilities(bare, rows) == [1, 0, 0, 0, 0])
        // A member of weight 0 forbids nothing.
        let base = try Composite.of(
            "large + a * (chat - small)", parameters: [Parameter("a", default: 0)],
            vocabulary: .plain(5))
        let alone = try Self.probabilities(base, rows)
        #expect(zip(alone, [1, 0, 1, 0, 1]).allSatisfy { abs($0 - $1 / 3) < 1e-6 })
    }

    @Test("an error says when nothing is allowed") func anErrorSaysWhenNothingIsAllowed() throws {
        let infinite = -Float.infinity
        let composite = try Composite.of("large + chat", vocabulary: .plain(2))
        #expect(throws: GenerationError.nothingAllowed) {
            try Self.evaluate(composite, [[0, infinite], [infinite, 0], [0, 0]])
        }
        let masked = try Composite.of(
            "large", mask: Mask(.tokens([1]), .forbid), vocabulary: .plain(2))
        #expect(throws: GenerationError.nothingAllowed) {
            try Self.evaluate(masked, [[0, infinite], [0, 0], [0, 0]])
        }
    }

    @Test("weights of any size make no NaN") func weightsOfAnySizeMakeNoNaN() throws {
        let composite = try Composite.of(
            "x * large + y * chat - 1e6 * small",
            parameters: [Parameter("x", default: 1), Parameter("y", default: 1)],
            vocabulary: .plain(20))
        let huge = Self.random(3, 20, seed: 9, forbidding: 0.2).map { $0.map { $0 * 1e37 } }
        for (rows, isModerate) in [(huge, false), (Self.random(3, 20, seed: 10), true)] {
            for (x, y) in [(1e6, 1e6), (1e-300, 1), (1, -1e6)] {
                do {
                    let row = try Self.evaluate(composite, rows, ["x": x, "y": y])
                    #expect(!row.contains { $0.isNaN })
                    let sum = row.reduce(0) { $0 + Reference.exp(Double($1)) }
                    #expect(abs(sum - 1) < 1e-3)
                } catch GenerationError.nothingAllowed where !isModerate {
                    // Every score overflows.
                }
            }
        }
    }
}
