import EmulatedFineTuning
import Foundation
import LlamaBackend
import Testing

@Suite struct ForwardValidationTests {
    /// A pass that breaks a rule, and words that the error must hold.
    struct Case: Sendable, CustomTestStringConvertible {
        var rule: String
        var pass: ForwardPass
        var testDescription: String { rule }

        init(_ rule: String, _ extensions: SequenceExtension...) {
            self.rule = rule
            pass = ForwardPass(extensions)
        }
    }

    static let cases = [
        Case("at least one sequence"),
        Case("but one is 4", SequenceExtension(sequence: 4, start: 0, tokens: [1])),
        Case("but one is -1", SequenceExtension(sequence: -1, start: 0, tokens: [1])),
        Case(
            "but 1 is twice", SequenceExtension(sequence: 1, start: 0, tokens: [1]),
            SequenceExtension(sequence: 1, start: 0, tokens: [2])),
        Case("has none", SequenceExtension(sequence: 1, start: 0, tokens: [])),
        Case("starts at 2", SequenceExtension(sequence: 1, start: 2, tokens: [1])),
        Case("holds 3 tokens", SequenceExtension(sequence: 0, start: 0, tokens: [1])),
        Case("starts at -1", SequenceExtension(sequence: 1, start: -1, tokens: [1])),
        Case("one is 267", SequenceExtension(sequence: 1, start: 0, tokens: [1, 267])),
        Case("one is -1", SequenceExtension(sequence: 1, start: 0, tokens: [-1])),
        Case(
            "one is \(Int.max)", SequenceExtension(sequence: 1, start: 0, tokens: [.max])),
        Case(
            "scored offsets", SequenceExtension(sequence: 1, start: 0, tokens: [1], scored: [1])),
        Case(
            "scored offsets", SequenceExtension(sequence: 1, start: 0, tokens: [1], scored: [-1])),
        Case(
            "scored offsets",
            SequenceExtension(sequence: 1, start: 0, tokens: [1, 2], scored: [1, 0])),
        Case(
            "scored offsets",
            SequenceExtension(sequence: 1, start: 0, tokens: [1, 2], scored: [1, 1])),
        Case(
            "scored tokens go",
            SequenceExtension(
                sequence: 1, start: 0, tokens: [1], scored: [0], request: .tokens([[3, 267]]))),
        Case(
            "its list of tokens",
            SequenceExtension(
                sequence: 1, start: 0, tokens: [1], scored: [0], request: .tokens([[3], [4]]))),
        Case(
            "can carry 32 tokens",
            SequenceExtension(sequence: 1, start: 0, tokens: Tiny.tokens(33))),
        Case(
            "can hold 64 tokens",
            SequenceExtension(sequence: 1, start: 0, tokens: Tiny.tokens(65))),
    ]

    @Test("a pass that breaks a rule is refused before libllama sees it", arguments: cases)
    func aPassThatBreaksARuleIsRefusedBeforeLibllamaSeesIt(_ item: Case) async throws {
        let model = try Tiny.model(options: Tiny.options(context: 64, tokensPerPass: 32))
        try await model.rows([1, 2, 3], start: 0)
        let error = await #expect(throws: ModelError.self) { try await model.forward(item.pass) }
        guard case .invalidPass(let reason) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason.contains(item.rule))
        // Nothing has changed: the next pass is as good as ever.
        let fresh = try Tiny.model(options: Tiny.options(context: 64, tokensPerPass: 32))
        try await fresh.rows([1, 2, 3], start: 0)
        #expect(try await model.rows([4], start: 3) == fresh.rows([4], start: 3))
    }

    @Test("scores come in the order of the pass") func scoresComeInTheOrderOfThePass() async throws
    {
        let model = try Tiny.model()
        let a = try await model.rows([10, 11, 12], sequence: 0, start: 0)
        let b = try await model.rows([20, 21], sequence: 1, start: 0)
        let scores = try await model.forward(
            ForwardPass([
                SequenceExtension(sequence: 3, start: 0, tokens: [20, 21], scored: [0, 1]),
                SequenceExtension(sequence: 2, start: 0, tokens: [10, 11, 12], scored: [2]),
            ]))
        #expect(scores.count == 3)
        #expect(distance(scores.map(\.copy), [b[0], b[1], a[2]]) < 1e-5)
    }

    @Test("a pass may ask for no scores") func aPassMayAskForNoScores() async throws {
        let model = try Tiny.model()
        let scores = try await model.forward(
            ForwardPass([SequenceExtension(sequence: 0, start: 0, tokens: [1])]))
        #expect(scores.isEmpty)
        #expect(await model.length(of: 0) == 1)
    }

    @Test("scores of chosen tokens are their log-softmax")
    func scoresOfChosenTokensAreTheirLogSoftmax() async throws {
        let model = try Tiny.model()
        let row = try await model.rows([7], start: 0)[0]
        try await model.rewind(0, to: 0)
        let chosen = try await model.forward(
            ForwardPass([
                SequenceExtension(
                    sequence: 0, start: 0, tokens: [7], scored: [0],
                    request: .tokens([[5, 266, 5]]))
            ]))
        let sum = row.reduce(0.0) { $0 + exp(Double($1)) }
        let expected = [5, 266, 5].map { Float(Double(row[$0]) - log(sum)) }
        #expect(chosen.count == 1)
        #expect(distance([chosen[0].copy], [expected]) < 1e-5)
    }

    @Test("a full cache is an error, and is left as it was")
    func aFullCacheIsAnErrorAndIsLeftAsItWas() async throws {
        let model = try Tiny.model(
            options: Tiny.options(context: 256, sequences: 2, cells: 256, tokensPerPass: 256))
        #expect(model.limits.cells == 256)
        try await model.rows(Tiny.tokens(200), sequence: 0, start: 0)
        await #expect(throws: ModelError.cacheFull(tokens: 100)) {
            try await model.rows(Tiny.tokens(100), sequence: 1, start: 0)
        }
        #expect(await model.length(of: 0) == 200)
        #expect(await model.length(of: 1) == 0)
        try await model.rows(Tiny.tokens(56), sequence: 1, start: 0)
    }
}
