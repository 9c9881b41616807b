import TestSupport
import Testing

@testable import EmulatedFineTuning

@Suite struct CompositeTests {
    static let vocabulary = Vocabulary.plain(8, control: [6, 7], endOfText: 6)

    @Test("parameter values reach the formula exactly") func parameterValuesReachTheFormulaExactly()
        throws
    {
        let composite = try Composite.of(
            "large + beta * chat - beta * small",
            parameters: [Parameter("beta", default: 1.25, in: 0...3)], vocabulary: Self.vocabulary)
        for value in [0.1, 1.2, 1.0 / 3, 3] {
            let weights = try composite.resolve(["beta": value]).formula.terms.map(\.weight)
            #expect(weights == [1, Float(value), -Float(value)])
        }
        #expect(try composite.resolve().formula.terms.map(\.weight) == [1, 1.25, -1.25])
        #expect(try composite.resolve(["beta": 0]).formula.terms.map(\.member) == [0])
    }

    @Test("the draft member is the tuned one unless another is named")
    func theDraftMemberIsTheTunedOneUnlessAnotherIsNamed() throws {
        func draft(_ formula: String, _ fallback: String?, _ name: String? = nil) throws -> String?
        {
            try Composite.of(
                formula, fallback: fallback, draft: name, vocabulary: Self.vocabulary
            ).draft
        }
        #expect(try draft("large + chat - small", "chat") == "chat")
        #expect(try draft("large + chat - small", "chat", "small") == "small")
        #expect(try draft("large + chat - small", nil) == nil)
        #expect(try draft("large + chat - small", "0.5 * chat + 0.5 * large") == nil)
        #expect(try draft("large", nil) == "large")
        #expect(try draft("large", "chat") == nil)
    }

    @Test("the fallback rules the control tokens its rivals never learned")
    func theFallbackRulesTheControlTokensItsRivalsNeverLearned() throws {
        func tokens(_ fallback: String?, _ control: ControlTokens = .fallback) throws -> [TokenID] {
            try Composite.of(
                "large + chat - small", fallback: fallback, control: control,
                vocabulary: Self.vocabulary
            ).fallbackTokens
        }
        #expect(try tokens("chat") == [7])
        #expect(try tokens("chat", .formula) == [])
        #expect(try tokens(nil) == [])
        #expect(try tokens("chat + large - small") == [])
    }

    @Test("a reply ends with a token that ends it for any member")
    func aReplyEndsWithATokenThatEndsItForAnyMember() throws {
        let members = [
            Member("base", TableModel(vocabulary: ByteTokenizer.vocabulary()) { _ in [] }),
            Member(
                "chat", TableModel(vocabulary: ByteTokenizer.vocabulary(tuned: true)) { _ in [] }),
        ]
        let composite = try Composite(
            members: members, formula: "base" + "chat" - "base", fallback: "chat")
        #expect(composite.endsOfGeneration == [256, 257])
        #expect(composite.fallbackTokens == [257])
    }

    @Test("weights of formula and fallback have the same sum for every request")
    func weightsOfFormulaAndFallbackHaveTheSameSumForEveryRequest() throws {
        let composite = try Composite.of(
            "large + beta * (chat - small)", parameters: [Parameter("beta", default: 1)],
            fallback: "chat", vocabulary: Self.vocabulary)
        _ = try composite.resolve(["beta": 0.1 + 0.2])
        let scaled = try Composite.of(
            "beta * large + chat - small", parameters: [Parameter("beta", default: 1)],
            fallback: "chat", vocabulary: Self.vocabulary)
        #expect(throws: CompositeError.unequalSums(formula: 2, fallback: 1)) {
            try scaled.resolve(["beta": 2])
        }
    }

    @Test("weights too small for scores do not make a formula")
    func weightsTooSmallForScoresDoNotMakeAFormula() {
        #expect(throws: CompositeError.zeroFormula) {
            try Composite.of("1e-60 * large", vocabulary: Self.vocabulary)
        }
    }

    @Test("deltas are named in the words of the paper") func deltasAreNamedInTheWordsOfThePaper()
        throws
    {
        func roles(_ formula: String, _ fallback: String?) throws -> DeltaRoles? {
            try DeltaRoles(
                Composite.of(formula, fallback: fallback, vocabulary: Self.vocabulary).resolve())
        }
        let upscaled = try #require(try roles("large + 1.5 * (chat - small)", "chat"))
        #expect(upscaled.tuned == WeightedSum([.init(member: 1, weight: 1)]))
        #expect(upscaled.base == WeightedSum([.init(member: 0, weight: 1)]))
        #expect(upscaled.reference == WeightedSum([.init(member: 2, weight: 1)]))
        #expect(try roles("large + chat - small", nil) == nil)
        #expect(try roles("large", "chat") == nil)
    }
}
