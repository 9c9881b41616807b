import TestSupport
import Testing

@testable import EmulatedFineTuning

@Suite struct EngineTests {
    @Test("greedy replies take the likeliest token of the composite, step by step")
    func greedyRepliesTakeTheLikeliestTokenOfTheCompositeStepByStep()
        async throws
    {
        let test = try TestEngine()
        var request = GenerationRequest.of([3, 1, 4], maxTokens: 20)
        request.sampling = .greedy
        let reply = try await test.reply(request)
        var tokens = [3, 1, 4]
        let naive = NaiveComposite(formula: [1, 1, -1], fallback: [0, 1, 0], fallbackTokens: [22])
        for token in reply.tokens {
            var rows: [[Float]] = []
            for seed in 1...3 as ClosedRange<UInt64> {
                rows.append(await Self.row(seed: seed, after: tokens))
            }
            let p = try #require(naive.probabilities(rows))
            #expect(token.id == p.firstIndex(of: p.max() ?? 0))
            #expect(abs(Double(token.logProbability) - Reference.log(p[token.id])) < 1e-4)
            tokens.append(token.id)
        }
        #expect(reply.tokens.count == 20)
        #expect(reply.result?.reason == .length)
    }

    /// The row of a random model of the test engine after some tokens.
    static func row(seed: UInt64, after tokens: [TokenID]) async -> [Float] {
        let model = TableModel.random(seed: seed, vocabulary: TestEngine.vocabulary)
        let pass = ForwardPass([
            .init(sequence: 0, start: 0, tokens: tokens, scored: [tokens.count - 1])
        ])
        guard case .row(let row)? = try? await model.forward(pass).first else { return [] }
        return Array(row.buffer)
    }

    @Test("the same seed gives the same reply, another seed or choice another")
    func theSameSeedGivesTheSameReplyAnotherSeedOrChoiceAnother() async throws {
        let test = try TestEngine()
        let request = GenerationRequest.of([1, 2], maxTokens: 30)
        let reply = try await test.reply(request)
        #expect(try await test.reply(request).said == reply.said)
        var other = request
        other.seed = 2
        #expect(try await test.reply(other).ids != reply.ids)
        other = request
        other.choice = 1
        #expect(try await test.reply(other).ids != reply.ids)
    }

    @Test("alpha zero gives the base's own replies") func alphaZeroGivesTheBaseSOwnReplies()
        async throws
    {
        let base = try TestEngine(formula: "large", fallback: nil)
        let composite = try TestEngine(fallback: nil)
        let reply = try await composite.reply(.of([5], alpha: 0, maxTokens: 40))
        #expect(try await base.reply(.of([5], maxTokens: 40)).ids == reply.ids)
        #expect(await composite.chat.passes.isEmpty)
    }

    @Test("a member that equals its reference gives the base's own replies")
    func aMemberThatEqualsItsReferenceGivesTheBaseSOwnReplies() async throws {
        let base = try TestEngine(formula: "large", fallback: nil)
        let model = { TableModel.random(seed: $0, vocabulary: TestEngine.vocabulary) }
        let composite = try TestEngine(model(1), model(7), model(7), fallback: nil)
        var request = GenerationRequest.of([5], maxTokens: 30)
        request.sampling = .greedy
        #expect(try await base.reply(request).ids == composite.reply(request).ids)
    }

    @Test("each member sees its own prompt") func eachMemberSeesItsOwnPrompt() async throws {
        let test = try TestEngine()
        var request = GenerationRequest.of([1, 2, 3], maxTokens: 4)
        request.prompts = ["chat": [9, 8, 7, 6], "small": [4]]
        let reply = try await test.reply(request)
        let kept = Array(reply.ids.dropLast())
        #expect(await test.large.contents[0] == [1, 2, 3] + kept)
        #expect(await test.chat.contents[0] == [9, 8, 7, 6] + kept)
        #expect(await test.small.contents[0] == [4] + kept)
        #expect(reply.result?.statistics.promptTokens == 4)
        let equal = try TestEngine()
        request.prompts = ["chat": [1, 2, 3], "small": [1, 2, 3]]
        let same = try await equal.reply(request)
        #expect(try await TestEngine().reply(.of([1, 2, 3], maxTokens: 4)).ids == same.ids)
    }

    @Test("long prompts are computed in chunks") func longPromptsAreComputedInChunks() async throws
    {
        let prompt = (0..<100).map { $0 % 20 }
        let whole = try await TestEngine().reply(.of(prompt))
        for chunk in [1, 7, 64] {
            let test = try TestEngine(options: EngineOptions(prefillChunk: chunk))
            #expect(try await test.reply(.of(prompt)).said == whole.said)
            #expect(await test.large.passes.map(\.tokenCount).max() ?? 0 <= chunk)
        }
        let narrow = ModelLimits(context: 512, tokensPerPass: 5, sequences: 8, rewind: .full)
        #expect(try await TestEngine(limits: narrow).reply(.of(prompt)).said == whole.said)
    }

    @Test("a round costs every member one pass") func aRoundCostsEveryMemberOnePass() async throws {
        let test = try TestEngine()
        let reply = try await test.reply(.of([1, 2, 3], maxTokens: 10))
        for model in [test.large, test.chat, test.small] {
            let passes = await model.passes
            // The prompt but for its last token, then one token at a time.
            #expect(passes.map(\.tokenCount) == [2] + [Int](repeating: 1, count: 10))
            #expect(
                passes.map { $0.extensions[0].scored } == [[]] + Array(repeating: [0], count: 10))
        }
        #expect(reply.result?.statistics.rounds == 10)
        #expect(reply.result?.statistics.generatedTokens == 10)
    }

    @Test("penalties see the reply so far, and the prompt of the draft member", arguments: [0, 3])
    func penaltiesSeeTheReplySoFarAndThePromptOfTheDraftMember(block: Int)
        async throws
    {
        let row = (0..<8).map { 8 - Float($0) }
        let test = try TestEngine(
            TestEngine.constant(row), TestEngine.constant(row), TestEngine.constant(row))
        var request = GenerationRequest.of([0, 7], maxTokens: 5)
        request.prompts = ["chat": [2, 3]]
        request.speculation = .block(block)
        request.sampling = SamplingOptions(temperature: 0, presencePenalty: 50)
        #expect(try await test.reply(request).ids == [0, 1, 2, 3, 4])
        request.sampling = SamplingOptions(temperature: 0, repetitionPenalty: 100)
        // Token 0 has the logit 8; a hundredth of it comes after all but the penalised.
        #expect(try await test.reply(request).ids == [0, 1, 4, 5, 6])
    }

    @Test("replies follow the law of the composite") func repliesFollowTheLawOfTheComposite()
        async throws
    {
        // Large 4:2:1:1, chat 1:2:1:1 and small 1:1:1:2, of which chat's nucleus keeps 0, 1 and 2.
        let log = { (weights: [Double]) in weights.map { Float(Reference.log($0)) } }
        let test = try TestEngine(
            TestEngine.constant(log([4, 2, 1, 1])), TestEngine.constant(log([1, 2, 1, 1])),
            TestEngine.constant(log([1, 1, 1, 2])), mask: Mask(.nucleus(0.75)))
        let rows = [[4.0 / 8, 2.0 / 8, 1.0 / 8], [0.2, 0.4, 0.2], [0.2, 0.2, 0.2]]
        let weights = (0..<3).map { rows[0][$0] * rows[1][$0] / rows[2][$0] } + [0.2]
        let total = weights.reduce(0, +)
        var counts = [0.0, 0, 0, 0]
        for seed in 0..<4 as Range<UInt64> {
            for id in try await test.reply(.of([0], seed: seed, maxTokens: 500)).ids {
                counts[id] += 1
            }
        }
        #expect(ChiSquared.accepts(counts, of: weights.map { $0 / total }))
    }
}
