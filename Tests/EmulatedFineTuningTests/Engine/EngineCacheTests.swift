import TestSupport
import Testing

@testable import EmulatedFineTuning

@Suite struct EngineCacheTests {
    @Test("a prompt that was seen before gives the same reply and costs one pass a token")
    func aPromptThatWasSeenBeforeGivesTheSameReplyAndCostsOnePassAToken()
        async throws
    {
        let test = try TestEngine()
        let request = GenerationRequest.of([1, 2, 3, 4, 5], maxTokens: 8)
        let first = try await test.reply(request)
        let before = await test.chat.passes.count
        let second = try await test.reply(request)
        #expect(second.said == first.said)
        #expect(first.result?.statistics.cachedTokens == 0)
        #expect(second.result?.statistics.cachedTokens == 3 * 4)
        let passes = await test.chat.passes[before...]
        #expect(passes.map(\.tokenCount) == [Int](repeating: 1, count: 8))
        #expect(
            passes.first?.extensions == [.init(sequence: 0, start: 4, tokens: [5], scored: [0])])
    }

    @Test("the next turn of a chat computes only what is new")
    func theNextTurnOfAChatComputesOnlyWhatIsNew() async throws {
        let test = try TestEngine()
        let prompt = [1, 2, 3]
        let first = try await test.reply(.of(prompt, maxTokens: 6))
        let next = prompt + first.ids + [7, 8, 9]
        let before = await test.large.passes.count
        let reply = try await test.reply(.of(next, maxTokens: 4))
        // The last token of the reply was never fed, and the last of the prompt is scored.
        let computed = Array(next[(3 + 5)..<(next.count - 1)])
        let passes = await test.large.passes[before...]
        #expect(passes.first?.extensions == [.init(sequence: 0, start: 8, tokens: computed)])
        #expect(reply.result?.statistics.cachedTokens == 3 * 8)
        #expect(try await TestEngine().reply(.of(next, maxTokens: 4)).said == reply.said)
    }

    @Test(
        "cached and uncached replies are equal, however far members can rewind",
        arguments: [RewindClass.full, .partial(3), .none])
    func cachedAndUncachedRepliesAreEqualHoweverFarMembersCanRewind(
        rewind: RewindClass
    ) async throws {
        let limits = ModelLimits(
            context: 512, cells: 2048, tokensPerPass: 64, sequences: 2, rewind: rewind)
        let test = try TestEngine(limits: limits)
        let prompts = [[1, 2, 3], [1, 2, 3], [1, 2, 4, 4], [1, 2, 3, 4], [9], [1, 2, 4]]
        for (index, prompt) in prompts.enumerated() {
            let request = GenerationRequest.of(prompt, seed: UInt64(index), maxTokens: 5)
            let reply = try await test.reply(request)
            #expect(try await TestEngine().reply(request).said == reply.said)
            // A continuation keeps the cache even where nothing can be cut off it.
            let longer = GenerationRequest.of(prompt + reply.ids + [0, 1], maxTokens: 3)
            let continued = try await test.reply(longer)
            #expect(try await TestEngine().reply(longer).said == continued.said)
            #expect(continued.result?.statistics.cachedTokens == 3 * (prompt.count + 4))
        }
    }

    @Test("the slot with the longest common prefix is taken, else the least recently used")
    func theSlotWithTheLongestCommonPrefixIsTakenElseTheLeastRecentlyUsed()
        async throws
    {
        let limits = ModelLimits(
            context: 512, cells: 2048, tokensPerPass: 64, sequences: 3, rewind: .full)
        let test = try TestEngine(limits: limits)
        // Three at once fill three slots.
        let prompts = [[1, 1, 1, 1], [2, 2, 2, 2], [3, 3, 3, 3]]
        try await withThrowingTaskGroup { group in
            for prompt in prompts {
                group.addTask { _ = try await test.reply(.of(prompt, maxTokens: 20)) }
            }
            try await group.waitForAll()
        }
        for prompt in prompts.reversed() {
            let reply = try await test.reply(.of(prompt, maxTokens: 2))
            #expect(reply.result?.statistics.cachedTokens == 3 * 3)
        }
        // Now [3, …] was used longest ago.
        _ = try await test.reply(.of([4, 4], maxTokens: 2))
        let contents = await test.large.contents.map(\.first)
        #expect(Set(contents) == [1, 2, 4])
    }

    @Test("a reply that ends early leaves a cache that the next can use")
    func aReplyThatEndsEarlyLeavesACacheThatTheNextCanUse() async throws {
        let test = try TestEngine()
        var request = GenerationRequest.of([1, 2], maxTokens: 200)
        request.ignoresEnd = false
        let reply = try await test.reply(request)
        #expect(reply.ids.count < 200)
        let next = GenerationRequest.of([1, 2] + reply.ids + [3], maxTokens: 3)
        let continued = try await test.reply(next)
        #expect(continued.result?.statistics.cachedTokens == 3 * (2 + reply.ids.count - 1))
        #expect(try await TestEngine().reply(next).said == continued.said)
    }
}
