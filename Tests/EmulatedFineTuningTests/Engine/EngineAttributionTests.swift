import TestSupport
import Testing

@testable import EmulatedFineTuning

@Suite struct EngineAttributionTests {
    static func log(_ p: Double) -> Float { Float(Reference.log(p)) }

    /// large ½ ¼ ¼, chat ¼ ½ ¼, small ¼ ¼ ½: together ½ : ½ : ⅛.
    static func engine(fallback: Formula? = "chat") throws -> TestEngine {
        try TestEngine(
            TestEngine.constant([log(0.5), log(0.25), log(0.25)]),
            TestEngine.constant([log(0.25), log(0.5), log(0.25)]),
            TestEngine.constant([log(0.25), log(0.25), log(0.5)]), fallback: fallback)
    }

    static func near(_ a: Float?, _ b: Double) -> Bool {
        a.map { abs(Double($0) - b) < 1e-5 } ?? false
    }

    @Test("attributions are those computed by hand") func attributionsAreThoseComputedByHand()
        async throws
    {
        var request = GenerationRequest.of([0])
        request.kind = .score([0, 1, 2])
        request.attributions = true
        let scored = try await Self.engine().reply(request)
        let ln2 = Reference.log(2)
        let byHand: [(members: [Double], behaviour: Double, upscaling: Double, composite: Double)] =
            [
                ([0.5, 0.25, 0.25], 0, ln2, 4.0 / 9),
                ([0.25, 0.5, 0.25], ln2, 0, 4.0 / 9),
                ([0.25, 0.25, 0.5], -ln2, -ln2, 1.0 / 9),
            ]
        // ½(|¼ − 4/9| + |½ − 4/9| + |¼ − 1/9|)
        let variation = (7.0 / 36 + 2.0 / 36 + 5.0 / 36) / 2
        for (token, expected) in zip(scored.tokens, byHand) {
            let attribution = try #require(token.attribution)
            #expect(Self.near(token.logProbability, Reference.log(expected.composite)))
            for (actual, p) in zip(attribution.members, expected.members) {
                #expect(Self.near(actual, Reference.log(p)))
            }
            #expect(Self.near(attribution.tuned, Reference.log(expected.members[1])))
            #expect(Self.near(attribution.behaviourDelta, expected.behaviour))
            #expect(Self.near(attribution.upscalingDelta, expected.upscaling))
            #expect(abs(try #require(attribution.totalVariation) - variation) < 1e-5)
            #expect(attribution.alone == nil)
        }
    }

    @Test("a mixed fallback is normalised") func aMixedFallbackIsNormalised() async throws {
        var request = GenerationRequest.of([0])
        request.kind = .score([0])
        request.attributions = true
        let test = try Self.engine(fallback: 0.5 * ("chat" as Formula) + 0.5 * ("large" as Formula))
        let attribution = try #require(try await test.reply(request).tokens[0].attribution)
        // √(½·¼) twice and ¼.
        let root = Reference.exp(Reference.log(0.125) / 2)
        let weights = [root, root, 0.25]
        #expect(Self.near(attribution.tuned, Reference.log(weights[0] / weights.reduce(0, +))))
        // All members but the reference are tuned here: there is no base.
        #expect(attribution.behaviourDelta == nil && attribution.upscalingDelta == nil)
    }

    @Test("the likeliest tokens are explained like the one that was drawn, and parts sum to scores")
    func theLikeliestTokensAreExplainedLikeTheOneThatWasDrawn() async throws {
        var request = GenerationRequest.of([0], alpha: 1)
        request.kind = .score([1])
        request.attributions = true
        request.topLogProbabilities = 3
        let token = try #require(try await Self.engine().reply(request).tokens.first)
        #expect(token.top.count == 3)
        let drawn = try #require(token.top.first { $0.id == 1 })
        #expect(drawn.attribution == token.attribution?.token)
        for candidate in token.top {
            let attribution = try #require(candidate.attribution)
            let score = attribution.contributions.reduce(0) { $0 + ($1 ?? .nan) }
            // log Z of ½ : ½ : ⅛ is log 9/8.
            #expect(abs(score - candidate.logProbability - Self.log(9.0 / 8)) < 1e-5)
            for (part, (weight, member)) in zip(
                attribution.contributions, zip([1, 1, -1] as [Float], attribution.members))
            {
                #expect(part == weight * (member ?? .nan))
            }
            #expect(!attribution.isFallback)
        }
    }

    @Test("outside the mask, and on control tokens, the fallback's members contribute")
    func outsideTheMaskTheFallbacksMembersContribute() async throws {
        var request = GenerationRequest.of([1, 2], maxTokens: 12)
        request.attributions = true
        request.topLogProbabilities = 24
        let test = try TestEngine(mask: Mask(.nucleus(0.5)))
        for token in try await test.reply(request).tokens {
            for candidate in token.top {
                let attribution = try #require(candidate.attribution)
                let tuned = try #require(attribution.tuned)
                if attribution.isFallback {
                    #expect(attribution.contributions == [nil, tuned, nil])
                } else {
                    #expect(attribution.contributions.allSatisfy { $0 != nil })
                }
            }
            // <turn> is chat's; <end> the bases know as well.
            let turn = try #require(token.top.first { $0.id == 22 })
            #expect(turn.attribution?.isFallback == true)
            // The nucleus of ½ holds chat's likeliest token, and not its unlikeliest.
            let letters = token.top.filter { $0.id < 22 }.sorted {
                ($0.attribution?.tuned ?? 0) > ($1.attribution?.tuned ?? 0)
            }
            #expect(letters.first?.attribution?.isFallback == false)
            #expect(letters.last?.attribution?.isFallback == true)
        }
    }

    @Test("without a fallback there is nothing to compare with")
    func withoutAFallbackThereIsNothingToCompareWith() async throws {
        var request = GenerationRequest.of([0], maxTokens: 1)
        request.attributions = true
        let attribution = try #require(
            try await Self.engine(fallback: nil).reply(request).tokens[0].attribution)
        #expect(attribution.members.count == 3)
        #expect(attribution.tuned == nil && attribution.totalVariation == nil)
        #expect(attribution.behaviourDelta == nil && attribution.alone == nil)
    }

    @Test("asking for attributions changes no token") func askingForAttributionsChangesNoToken()
        async throws
    {
        for (alpha, sampling) in [
            (1.0, SamplingOptions.greedy), (1, SamplingOptions()), (0, SamplingOptions()),
        ] {
            var request = GenerationRequest.of([1, 2], alpha: alpha, maxTokens: 25)
            request.sampling = sampling
            let fallback: Formula? = alpha == 0 ? nil : "chat"
            let plain = try await TestEngine(fallback: fallback).reply(request)
            request.attributions = true
            let attributed = try await TestEngine(fallback: fallback).reply(request)
            #expect(plain.ids == attributed.ids)
            #expect(plain.logProbabilities == attributed.logProbabilities)
            #expect(attributed.tokens.allSatisfy { $0.attribution?.members.count == 3 })
        }
    }

    @Test("the draft is what the tuned member alone would have said here")
    func theDraftIsWhatTheTunedMemberAloneWouldHaveSaidHere() async throws {
        var request = GenerationRequest.of([1, 2], maxTokens: 30)
        request.attributions = true
        let reply = try await TestEngine().reply(request)
        let alone = try TestEngine(formula: "chat", fallback: nil)
        var prompt = [1, 2]
        for (position, token) in reply.tokens.enumerated() {
            // One token of `chat` alone, with the noise of this position.
            var one = GenerationRequest.of(prompt, seed: 1, maxTokens: 1)
            one.attributions = true
            let row = await EngineTests.row(seed: 2, after: prompt)
            let q = FinalDistribution(vocabulary: row.count)
            try q.fill(.of(row), SamplingOptions(), TokenHistory())
            let noise = Noise(seed: 1, position: UInt32(position))
            #expect(token.attribution?.alone == MatchedSampler.draft(q, noise))
            if position == 0 {
                #expect(try await alone.reply(one).ids == [token.attribution?.alone])
            }
            prompt.append(token.id)
        }
    }
}
