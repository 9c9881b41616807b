import TestSupport
import Testing

@testable import EmulatedFineTuning

@Suite(.timeLimit(.minutes(10))) struct EngineReservationTests {
    static func limits(cells: Int, context: Int = 100, perPass: Int = 16, sequences: Int = 4)
        -> ModelLimits
    {
        ModelLimits(
            context: context, cells: cells, tokensPerPass: perPass, sequences: sequences,
            rewind: .full)
    }

    /// Runs requests together; table models refuse passes that overflow their cells.
    static func run(_ test: TestEngine, _ requests: [GenerationRequest]) async throws {
        try await withThrowingTaskGroup { group in
            for request in requests {
                group.addTask {
                    let reply = try await test.reply(request)
                    #expect(reply.ids.count == request.maxTokens)
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("replies wait until every member can hold the whole of them")
    func repliesWaitUntilEveryMemberCanHoldTheWholeOfThem() async throws {
        let test = try TestEngine(limits: Self.limits(cells: 60))
        let prompt = (0..<10).map { $0 }
        // 25 cells each: two fit.
        try await Self.run(
            test, (0..<8).map { .of(prompt + [$0 + 10], seed: UInt64($0), maxTokens: 14) })
        #expect(await test.chat.passes.map(\.extensions.count).max() ?? 0 <= 2)
    }

    @Test("the member with the least room decides") func theMemberWithTheLeastRoomDecides()
        async throws
    {
        let test = try TestEngine(limits: Self.limits(cells: 400), small: Self.limits(cells: 30))
        try await Self.run(
            test, (0..<5).map { .of([1, 2, $0], seed: UInt64($0), maxTokens: 20) })
        #expect(await test.large.passes.map(\.extensions.count).max() == 1)
    }

    @Test("a reply that fills every cell is admitted") func aReplyThatFillsEveryCellIsAdmitted()
        async throws
    {
        let test = try TestEngine(limits: Self.limits(cells: 20))
        let request = GenerationRequest.of([1, 2, 3, 4], maxTokens: 16)
        try await Self.run(test, [request, request])
        let context = try TestEngine(limits: Self.limits(cells: 40, context: 20))
        try await Self.run(context, [request, request, request])
    }

    @Test("caches of members that a formula leaves out make room, too")
    func cachesOfMembersThatAFormulaLeavesOutMakeRoomToo() async throws {
        let test = try TestEngine(
            fallback: nil, limits: Self.limits(cells: 200, sequences: 2),
            small: Self.limits(cells: 40, sequences: 2))
        let prompt = (0..<19).map { $0 }
        _ = try await test.reply(.of(prompt, maxTokens: 15))
        // The base alone goes on in that slot; beside it, a reply needs 20 cells of `small`.
        async let base = test.reply(.of(prompt, alpha: 0, maxTokens: 60))
        async let other = test.reply(.of([5, 6, 7, 8], maxTokens: 16))
        #expect(try await base.ids.count == 60)
        #expect(try await other.ids.count == 16)
    }

    @Test("idle caches are dropped for new replies") func idleCachesAreDroppedForNewReplies()
        async throws
    {
        let test = try TestEngine(limits: Self.limits(cells: 50))
        for index in 0..<6 {
            _ = try await test.reply(.of([index, index, index], maxTokens: 20))
        }
        #expect(await test.large.contents.map(\.count).reduce(0, +) <= 50)
    }

    @Test("more sequences than tokens in a pass wait for their turn")
    func moreSequencesThanTokensInAPassWaitForTheirTurn() async throws {
        let test = try TestEngine(limits: Self.limits(cells: 400, perPass: 2))
        try await Self.run(
            test, (0..<6).map { .of([1, 2, $0], seed: UInt64($0), maxTokens: 5) })
    }
}
