import TestSupport
import Testing

@testable import EmulatedFineTuning

@Suite struct EngineScoringTests {
    @Test("scoring a reply gives the log-probabilities of generating it", arguments: [1, 3, 64])
    func scoringAReplyGivesTheLogProbabilitiesOfGeneratingIt(block: Int) async throws {
        let test = try TestEngine(options: EngineOptions(scoringBlock: block))
        var request = GenerationRequest.of([1, 2, 3], maxTokens: 25)
        request.attributions = true
        let reply = try await test.reply(request)
        request.kind = .score(reply.ids)
        let fresh = try TestEngine(options: EngineOptions(scoringBlock: block))
        for engine in [test, fresh] {
            let scored = try await engine.reply(request)
            #expect(scored.ids == reply.ids)
            #expect(scored.logProbabilities == reply.logProbabilities)
            #expect(
                scored.tokens.map(\.attribution?.behaviourDelta)
                    == reply.tokens.map(\.attribution?.behaviourDelta))
            #expect(scored.text == reply.text)
            #expect(scored.result?.reason == .scored)
            #expect(scored.result?.statistics.rounds == (25 + block - 1) / block)
        }
    }

    @Test("a block is as narrow as the narrowest member")
    func aBlockIsAsNarrowAsTheNarrowestMember() async throws {
        let narrow = ModelLimits(context: 100, tokensPerPass: 4, sequences: 2, rewind: .full)
        let test = try TestEngine(small: narrow)
        var request = GenerationRequest.of([1, 2, 3])
        request.kind = .score((0..<19).map { $0 })
        let scored = try await test.reply(request)
        #expect(scored.ids == request.response)
        #expect(await test.large.passes.dropFirst().map(\.tokenCount) == [4, 4, 4, 4, 3])
    }

    @Test("a response is scored to its end, past stop strings and ends of turn")
    func aResponseIsScoredToItsEndPastStopStringsAndEndsOfTurn() async throws {
        let test = try TestEngine()
        var request = GenerationRequest(prompt: [1], stop: ["bc"])
        request.kind = .score([0, 1, 2, 22, 3])
        let scored = try await test.reply(request)
        #expect(scored.ids == request.response)
        #expect(scored.text == "abcd")
        #expect(scored.result?.reason == .scored)
    }

    @Test("a token that the composite forbids scores −∞") func aTokenThatTheCompositeForbidsScores()
        async throws
    {
        let test = try TestEngine(
            TestEngine.constant([0, 0]), TestEngine.constant([0, 0]), TestEngine.constant([0, 0]))
        var request = GenerationRequest.of([1])
        request.kind = .score([0, 7, 1])
        request.attributions = true
        let scored = try await test.reply(request)
        let half = -Float(Reference.log(2))
        #expect(scored.logProbabilities == [half, -.infinity, half])
        // −∞ − −∞ says nothing.
        #expect(scored.tokens[1].attribution?.behaviourDelta == nil)
        #expect(scored.tokens[1].attribution?.members == [-.infinity, -.infinity, -.infinity])
    }

    @Test("scored caches serve the next reply") func scoredCachesServeTheNextReply() async throws {
        let test = try TestEngine()
        var request = GenerationRequest.of([1, 2, 3])
        request.kind = .score([4, 5, 6, 7])
        _ = try await test.reply(request)
        let next = GenerationRequest.of([1, 2, 3, 4, 5, 6, 7, 8], maxTokens: 3)
        let reply = try await test.reply(next)
        #expect(reply.result?.statistics.cachedTokens == 3 * 6)
        #expect(try await TestEngine().reply(next).said == reply.said)
    }
}
