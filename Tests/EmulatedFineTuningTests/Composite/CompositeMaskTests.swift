import TestSupport
import Testing

@testable import EmulatedFineTuning

/// Composites against the naive implementation: every kind of mask, random rows, −∞ sprinkled in.
@Suite struct CompositeMaskTests {
    struct Case: Sendable {
        var mask: Mask?
        var fallback: String?
        var naive: @Sendable () -> NaiveComposite
    }

    // The formula is large + 1.5 * chat − 1.5 * small everywhere.
    static let formula = [1, 1.5, -1.5]
    static let chat: [Double] = [0, 1, 0]

    static let cases: [Case] = [
        Case(mask: nil, fallback: nil) { NaiveComposite(formula: formula) },
        Case(mask: nil, fallback: "chat") { NaiveComposite(formula: formula, fallback: chat) },
        Case(mask: Mask(.nucleus(0.7)), fallback: "chat") {
            NaiveComposite(formula: formula, fallback: chat, rule: .nucleus(0.7, chat))
        },
        Case(mask: Mask(.nucleus(1)), fallback: "chat") {
            NaiveComposite(formula: formula, fallback: chat, rule: .nucleus(1, chat))
        },
        Case(mask: Mask(.nucleus(0.9), .forbid), fallback: "chat") {
            NaiveComposite(
                formula: formula, fallback: chat, rule: .nucleus(0.9, chat), effect: .forbid)
        },
        Case(mask: Mask(.nucleus(0.6, of: "large"), .forbid), fallback: nil) {
            NaiveComposite(formula: formula, rule: .nucleus(0.6, [1, 0, 0]), effect: .forbid)
        },
        Case(mask: Mask(.nucleus(0.8, of: "large" + "small")), fallback: "chat") {
            NaiveComposite(formula: formula, fallback: chat, rule: .nucleus(0.8, [1, 0, 1]))
        },
        Case(mask: Mask(.relative(0.1)), fallback: "chat") {
            NaiveComposite(formula: formula, fallback: chat, rule: .relative(0.1, chat))
        },
        Case(mask: Mask(.relative(0.3, of: "large"), .forbid), fallback: nil) {
            NaiveComposite(formula: formula, rule: .relative(0.3, [1, 0, 0]), effect: .forbid)
        },
        Case(mask: Mask(.tokens([0, 1, 2, 30])), fallback: "0.5 * chat + 0.5 * large") {
            NaiveComposite(
                formula: formula, fallback: [0.5, 0.5, 0], rule: .tokens([0, 1, 2, 30]))
        },
        Case(mask: Mask(.tokens([0, 1, 2, 30]), .forbid), fallback: nil) {
            NaiveComposite(formula: formula, rule: .tokens([0, 1, 2, 30]), effect: .forbid)
        },
        Case(mask: Mask(.tokens([])), fallback: "chat") {
            NaiveComposite(formula: formula, fallback: chat, rule: .tokens([]))
        },
        Case(mask: Mask(.nucleus(0.5)), fallback: "2 * chat - small") {
            NaiveComposite(
                formula: formula, fallback: [0, 2, -1], rule: .nucleus(0.5, [0, 2, -1]))
        },
    ]

    @Test("composites agree with their definition", arguments: cases.indices, [Float(0), 0.15])
    func compositesAgreeWithTheirDefinition(index: Int, forbidding: Float) throws {
        let test = Self.cases[index]
        let composite = try Composite.of(
            "large + 1.5 * (chat - small)", fallback: test.fallback, mask: test.mask,
            vocabulary: .plain(35))
        for seed in 0..<12 as Range<UInt64> {
            let rows = CompositeKernelTests.random(3, 35, seed: seed, forbidding: forbidding)
            guard let expected = test.naive().probabilities(rows) else {
                #expect(throws: GenerationError.nothingAllowed) {
                    try CompositeKernelTests.evaluate(composite, rows)
                }
                continue
            }
            let actual = try CompositeKernelTests.probabilities(composite, rows)
            #expect(!actual.contains { $0.isNaN })
            #expect(zip(actual, expected).allSatisfy { abs($0 - $1) < 1e-4 })
            #expect(zip(actual, expected).allSatisfy { ($0 == 0) == ($1 == 0) || $1 < 1e-30 })
        }
    }

    @Test("control tokens that the bases never learned follow the fallback")
    func controlTokensThatTheBasesNeverLearnedFollowTheFallback() throws {
        let vocabulary = Vocabulary.plain(6, control: [3, 4, 5], endOfText: 3)
        let rows = CompositeKernelTests.random(3, 6, seed: 1)
        let naive = NaiveComposite(
            formula: [1, 1, -1], fallback: [0, 1, 0], fallbackTokens: [4, 5])
        let composite = try Composite.of(
            "large + chat - small", fallback: "chat", vocabulary: vocabulary)
        #expect(composite.fallbackTokens == [4, 5])
        let actual = try CompositeKernelTests.probabilities(composite, rows)
        let expected = try #require(naive.probabilities(rows))
        #expect(zip(actual, expected).allSatisfy { abs($0 - $1) < 1e-5 })
        // They are exactly as likely as under the fallback, whatever the others' scores sum to.
        let tuned = try NormalizedRow.of(rows[1]).logProbabilities
        #expect([4, 5].allSatisfy { abs(Reference.log(actual[$0]) - Double(tuned[$0])) < 1e-5 })
        // They count as outside a mask, too, even one that forbids the others.
        let masked = try Composite.of(
            "large + chat - small", fallback: "chat", mask: Mask(.tokens([0]), .forbid),
            vocabulary: vocabulary)
        let kept = try CompositeKernelTests.probabilities(masked, rows).map { $0 > 0 }
        #expect(kept == [true, false, false, false, true, true])
    }

    @Test("control tokens keep the probability of a fallback of several members")
    func controlTokensKeepTheProbabilityOfAFallbackOfSeveralMembers() throws {
        let vocabulary = Vocabulary.plain(40, control: [3, 17, 39], endOfText: 3)
        for seed in 0..<50 {
            let rows = CompositeKernelTests.random(3, 40, seed: UInt64(seed), forbidding: 0.2)
            let naive = NaiveComposite(
                formula: [1, 1.3, -1.3], fallback: [0, 0.4, 0.6], fallbackTokens: [17, 39])
            let composite = try Composite.of(
                "large + 1.3 * (chat - small)", fallback: "0.4 * chat + 0.6 * small",
                vocabulary: vocabulary)
            guard let expected = naive.probabilities(rows) else { continue }
            let actual = try CompositeKernelTests.probabilities(composite, rows)
            #expect(zip(actual, expected).allSatisfy { abs($0 - $1) < 1e-5 })
            #expect(abs(actual.reduce(0, +) - 1) < 1e-5)
        }
    }

    @Test("where the fallback is sure of a control token nothing else is left")
    func whereTheFallbackIsSureOfAControlTokenNothingElseIsLeft() throws {
        let vocabulary = Vocabulary.plain(4, control: [3], endOfText: nil)
        let composite = try Composite.of(
            "large + chat - small", fallback: "chat", vocabulary: vocabulary)
        let sure: [Float] = [-.infinity, -.infinity, -.infinity, 2]
        #expect(
            try CompositeKernelTests.probabilities(composite, [[1, 2, 3, 0], sure, [0, 0, 0, 0]])
                == [0, 0, 0, 1])
    }
}
