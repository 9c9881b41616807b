import TestSupport
import Testing

@testable import EmulatedFineTuning

@Suite(.timeLimit(.minutes(10))) struct EngineSharingTests {
    static let prompt = (0..<40).map { $0 % 19 }

    /// The same prompt for several choices.
    static func choices(_ count: UInt32, _ prompt: [TokenID] = prompt) -> [GenerationRequest] {
        (0..<count).map { choice in
            var request = GenerationRequest.of(prompt, maxTokens: 10)
            request.choice = choice
            return request
        }
    }

    @Test("choices of one prompt compute it once, and are what they are alone")
    func choicesOfOnePromptComputeItOnceAndAreWhatTheyAreAlone() async throws {
        let test = try TestEngine(options: EngineOptions(prefillChunk: 16))
        let requests = Self.choices(4)
        let replies = try await test.engine.submit(requests).collect()
        for (request, reply) in zip(requests, replies) {
            #expect(try await TestEngine().reply(request).tokens == reply.tokens)
        }
        #expect(await test.engine.sharedTokens == 3 * 3 * 39)
        // The prompt once, then the replies.
        let computed = await test.large.passes.map(\.tokenCount).reduce(0, +)
        #expect(computed == 39 + 4 * 10)
    }

    @Test("a prompt shares what a running reply has said, as far as it goes")
    func aPromptSharesWhatARunningReplyHasSaidAsFarAsItGoes() async throws {
        let test = try TestEngine()
        let long = GenerationRequest.of(Self.prompt, maxTokens: 200)
        let first = Task { try await test.reply(long) }
        while await test.chat.passes.count < 20 { await Task.yield() }
        let other = GenerationRequest.of(Array(Self.prompt.prefix(30)) + [5], maxTokens: 5)
        let reply = try await test.reply(other)
        #expect(try await TestEngine().reply(other).tokens == reply.tokens)
        #expect(reply.result?.statistics.cachedTokens == 3 * 30)
        #expect(try await TestEngine().reply(long).tokens == first.value.tokens)
    }

    @Test("members that cannot take tokens back share nothing")
    func membersThatCannotTakeTokensBackShareNothing() async throws {
        let limits = ModelLimits(
            context: 512, cells: 2048, tokensPerPass: 64, sequences: 4, rewind: .none)
        let test = try TestEngine(limits: limits)
        let requests = Self.choices(3)
        let replies = try await test.engine.submit(requests).collect()
        for (request, reply) in zip(requests, replies) {
            #expect(try await TestEngine().reply(request).tokens == reply.tokens)
        }
        #expect(await test.engine.sharedTokens == 0)
    }

    @Test("replies that are cancelled, or given up, leave their slots")
    func repliesThatAreCancelledOrGivenUpLeaveTheirSlots() async throws {
        let test = try TestEngine()
        let requests = Self.choices(6).map { request in
            var request = request
            request.maxTokens = 400
            return request
        }
        let cancelled = try await test.engine.submit(requests)
        cancelled.cancel(ModelError.cancelled)
        await #expect(throws: ModelError.cancelled) { try await cancelled.collect() }
        for try await _ in try await test.engine.submit(requests) { break }
        for _ in 0..<1000 where await test.engine.load.running > 0 { await Task.yield() }
        let load = await test.engine.load
        #expect(load.waiting == 0 && load.running == 0 && load.busySlots == 0)
        #expect(await test.chat.passes.count < 400)
    }

    @Test("a queue holds what it may, refuses whole requests, and is empty afterwards")
    func aQueueHoldsWhatItMayRefusesWholeRequestsAndIsEmptyAfterwards() async throws {
        let test = try TestEngine(options: EngineOptions(waiting: 2))
        let streams = try await test.engine.submit(Self.choices(6))
        let error = await #expect(throws: GenerationError.self) {
            try await test.engine.submit(Self.choices(6))
        }
        guard case .queueFull(_, limit: 2) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        await #expect(throws: GenerationError.self) {
            try await test.engine.submit(Self.choices(7))
        }
        _ = try await streams.collect()
        for _ in 0..<100 where await test.engine.load.running > 0 { await Task.yield() }
        let load = await test.engine.load
        #expect(load.waiting == 0 && load.running == 0 && load.busySlots == 0)
        #expect(load.reservedCells == [0, 0, 0])
        #expect(
            GenerationError.queueFull(waiting: 6, limit: 2).description
                == "At most 2 replies can wait for their turn, and 6 are waiting. Try again later.")
    }

    @Test("the likeliest tokens are those of a sort, ties to the lower id", arguments: [1, 3, 20])
    func theLikeliestTokensAreThoseOfASort(count: Int) async throws {
        let test = try TestEngine()
        var request = GenerationRequest.of([1, 2, 3], maxTokens: 6)
        request.topLogProbabilities = count
        let reply = try await test.reply(request)
        request.topLogProbabilities = TestEngine.vocabulary.count
        let whole = try await test.reply(request)
        for (some, all) in zip(reply.tokens, whole.tokens) {
            #expect(some.top == Array(all.top.prefix(count)))
            #expect(all.top.map(\.logProbability) == all.top.map(\.logProbability).sorted(by: >))
            #expect(all.top.first { $0.id == all.id }?.logProbability == all.logProbability)
        }
        let logits = LogitRow([1, 1, 2, 1])
        let tied = NormalizedRow(logits.buffer, logNormalizer: 0).likeliest(3)
        #expect(tied.map(\.id) == [2, 0, 1])
        withExtendedLifetime(logits) {}
    }
}
