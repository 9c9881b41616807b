import TestSupport
import Testing

@testable import EmulatedFineTuning

@Suite struct EngineSpeculationTests {
    static let options: [SamplingOptions] = [
        SamplingOptions(),
        .greedy,
        SamplingOptions(temperature: 0.6, topK: 8, topP: 0.9, minP: 0.02),
        SamplingOptions(
            repetitionPenalty: 1.4, presencePenalty: 0.5, frequencyPenalty: 0.3, logitBias: [3: 2]),
    ]

    static let masks: [Mask?] = [
        nil, Mask(.nucleus(0.8)), Mask(.relative(0.1), .forbid), Mask(.tokens([1, 2, 3, 22])),
    ]

    static func replies(_ engine: TestEngine, _ block: Int) async throws -> [Reply] {
        var replies: [Reply] = []
        for (index, sampling) in options.enumerated() {
            var request = GenerationRequest.of([4, 2, index], seed: 9, maxTokens: 24)
            request.sampling = sampling
            request.speculation = .block(block)
            request.ignoresEnd = index % 2 == 0
            request.attributions = index < 2
            request.stop = index == 3 ? ["ab", "tt", "q"] : []
            replies.append(try await engine.reply(request))
        }
        return replies
    }

    @Test("blocks of any length give the reply of plain decoding, bit for bit", arguments: masks)
    func blocksOfAnyLengthGiveTheReplyOfPlainDecodingBitForBit(mask: Mask?)
        async throws
    {
        let plain = try await Self.replies(TestEngine(mask: mask), 0)
        for block in [1, 2, 3, 7, 16, 100] {
            // Cold, and with what the last block length left in the caches.
            let engine = try TestEngine(mask: mask)
            for _ in 0..<2 {
                let replies = try await Self.replies(engine, block)
                for (reply, expected) in zip(replies, plain) {
                    #expect(reply.said == expected.said)
                    #expect(reply.text == expected.text)
                    #expect(reply.result?.reason == expected.result?.reason)
                }
            }
        }
    }

    @Test(
        "a draft member that is always right costs the others one pass a block",
        arguments: [1, 3, 7], 0...3)
    func aDraftMemberThatIsAlwaysRightCostsTheOthersOnePassABlock(
        block: Int, index: Int
    )
        async throws
    {
        let model = { TableModel.random(seed: $0, vocabulary: TestEngine.vocabulary) }
        let test = try TestEngine(model(5), model(2), model(5))  // large and small cancel
        var request = GenerationRequest.of([1, 2], maxTokens: 24)
        request.sampling = Self.options[index]
        request.speculation = .block(block)
        request.drafts = [.member]
        let reply = try await test.reply(request)
        let rounds = (24 + block) / (block + 1)
        let statistics = try #require(reply.result?.statistics)
        #expect(statistics.rounds == rounds)
        #expect(statistics.accepted == statistics.drafted)
        #expect(statistics.accepted == 24 - rounds)
        #expect(await test.large.passes.count == rounds + 1)
        #expect(await test.chat.passes.count == 24 + 1)
    }

    @Test("a draft member that is always wrong still leaves one token a round")
    func aDraftMemberThatIsAlwaysWrongStillLeavesOneTokenARound() async throws {
        let no = -Float.infinity
        let test = try TestEngine(
            TestEngine.constant([0, 0, no, no]), TestEngine.constant([-50, -50, 0, 0]),
            TestEngine.constant([0, 0, 0, 0]), fallback: nil)
        let engine = Engine(
            try Composite(
                members: test.engine.composite.members, formula: "large" + "chat" - "small",
                draft: "chat"))
        var request = GenerationRequest.of([1, 2], maxTokens: 10)
        request.speculation = .block(4)
        request.drafts = [.member]
        let reply = try await engine.collect(request)
        let statistics = try #require(reply.result?.statistics)
        #expect(statistics.rounds == 10)
        #expect(statistics.accepted == 0)
        #expect(statistics.drafted == 4 * 6 + 3 + 2 + 1)
        #expect(reply.ids.allSatisfy { $0 < 2 })
    }

    @Test("drafts are kept as often as 1 − TV says") func draftsAreKeptAsOftenAs1TVSays()
        async throws
    {
        let test = try TestEngine()
        var request = GenerationRequest.of([1, 2], maxTokens: 450)
        request.attributions = true
        request.speculation = .block(3)
        let reply = try await test.reply(request)
        var (kept, expected, variance) = (0.0, 0.0, 0.0)
        for token in reply.tokens {
            let attribution = try #require(token.attribution)
            let distance = try #require(attribution.totalVariation)
            kept += attribution.alone == token.id ? 1 : 0
            expected += 1 - distance
            variance += distance * (1 - distance)
        }
        #expect(abs(kept - expected) <= 4 * variance.squareRoot())
    }

    @Test(
        "members that cannot go back are not speculated with",
        arguments: [RewindClass.none, .partial(2)])
    func membersThatCannotGoBackAreNotSpeculatedWith(rewind: RewindClass) async throws {
        let limits = ModelLimits(
            context: 512, cells: 2048, tokensPerPass: 64, sequences: 2, rewind: rewind)
        var request = GenerationRequest.of([1, 2], maxTokens: 20)
        let plain = try await TestEngine().reply(request)
        request.speculation = .block(4)
        let test = try TestEngine(small: limits)
        let reply = try await test.reply(request)
        #expect(reply.said == plain.said)
        #expect(await test.small.passes.allSatisfy { $0.tokenCount == 1 })
    }

    @Test("a narrow member shortens blocks") func aNarrowMemberShortensBlocks() async throws {
        let narrow = ModelLimits(context: 200, tokensPerPass: 3, sequences: 2, rewind: .full)
        let test = try TestEngine(small: narrow)
        var request = GenerationRequest.of([1, 2, 3, 4, 5, 6, 7, 8], maxTokens: 20)
        let plain = try await TestEngine().reply(request)
        request.speculation = .block(10)
        async let one = test.reply(request)
        async let two = test.reply(request)
        #expect(try await one.said == plain.said)
        #expect(try await two.said == plain.said)
    }

    @Test("rows that break only where the reply never goes do no harm")
    func rowsThatBreakOnlyWhereTheReplyNeverGoesDoNoHarm() async throws {
        // `chat` alone would say 5, and breaks after it; the composite never says it.
        let zeros = [Float](repeating: 0, count: TestEngine.vocabulary.count)
        var (likes, never) = (zeros, zeros)
        likes[5] = 8
        never[5] = -.infinity
        let (liking, refusing) = (likes, never)
        let chat = TableModel(vocabulary: TestEngine.vocabulary) { tokens in
            tokens.last == 5 ? zeros.map { _ in .nan } : liking
        }
        let large = TableModel(vocabulary: TestEngine.vocabulary) { _ in refusing }
        let small = TableModel(vocabulary: TestEngine.vocabulary) { _ in zeros }
        let test = try TestEngine(large, chat, small)
        var request = GenerationRequest.of([1, 2], maxTokens: 20)
        request.speculation = .block(4)
        async let other = test.reply(.of([3], maxTokens: 20))
        let reply = try await test.reply(request)
        #expect(reply.ids.count == 20)
        #expect(try await other.ids.count == 20)
    }

    @Test("a formula in the request replaces that of the composite")
    func aFormulaInTheRequestReplacesThatOfTheComposite() async throws {
        var request = GenerationRequest.of([1, 2], maxTokens: 15)
        request.formula = "large"
        request.speculation = .block(3)
        let test = try TestEngine()
        let reply = try await test.reply(request)
        request.formula = nil
        #expect(
            try await TestEngine(formula: "large", fallback: nil).reply(request).ids == reply.ids)
        #expect(await test.chat.passes.isEmpty)
        request.formula = 1e-60 * "large"
        await #expect(throws: CompositeError.zeroFormula) { try await test.reply(request) }
        request.formula = "other"
        await #expect(throws: CompositeError.unknownMember("other")) {
            try await test.reply(request)
        }
        request.formula = nil
        request.speculation = .block(-1)
        await #expect(
            throws: GenerationError.invalidRequest(
                "A speculative block must have 0 to 1024 tokens: -1 were asked for.")
        ) { try await test.reply(request) }
    }
}
