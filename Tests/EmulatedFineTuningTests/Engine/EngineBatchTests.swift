import TestSupport
import Testing

@testable import EmulatedFineTuning

@Suite struct EngineBatchTests {
    /// Requests of every kind: prompts, seeds, parameters, options, ends, blocks, scoring.
    static let requests: [GenerationRequest] = (0..<12).map { index in
        var generator = SplitMix(state: UInt64(index))
        let random = { (range: ClosedRange<Int>, g: inout SplitMix) in
            Int.random(in: range, using: &g)
        }
        let length = random(1...30, &generator)
        var request = GenerationRequest.of(
            (0..<length).map { _ in random(0...19, &generator) }, seed: UInt64(index),
            maxTokens: random(1...25, &generator))
        if index % 3 == 0 { request.sampling = SamplingOptions(temperature: 0.7, topK: 5) }
        if index % 4 == 1 { request.sampling = SamplingOptions(repetitionPenalty: 1.3) }
        if index % 5 == 2 { request.prompts = ["small": [2, 3]] }
        if index % 2 == 0 { request.ignoresEnd = false }
        if index % 3 == 1 { request.attributions = true }
        if index == 7 { request.kind = .score([1, 2, 3, 4, 5, 6, 7]) }
        if index == 8 { request.stop = ["a", "bc"] }
        request.choice = UInt32(index % 3)
        request.speculation = .block(index % 5 * 2)
        return request
    }

    static func alone(_ request: GenerationRequest) async throws -> Reply {
        var plain = request
        plain.speculation = .off
        return try await TestEngine().reply(plain)
    }

    static func same(_ a: Reply?, _ b: Reply?) -> Bool {
        a?.said == b?.said && a?.result?.reason == b?.result?.reason && a?.text == b?.text
    }

    @Test(
        "replies do not depend on what runs beside them", arguments: [1, 2, 4],
        [1, 2, 3] as [UInt64])
    func repliesDoNotDependOnWhatRunsBesideThem(sequences: Int, order: UInt64)
        async throws
    {
        let limits = ModelLimits(
            context: 100, cells: 130, tokensPerPass: 16, sequences: sequences, rewind: .full)
        let test = try TestEngine(
            limits: limits, options: EngineOptions(prefillChunk: 6, scoringBlock: 3))
        var generator = SplitMix(state: order)
        let arrivals = Self.requests.indices.shuffled(using: &generator)
        var together: [Int: Reply] = [:]
        try await withThrowingTaskGroup(of: (Int, Reply).self) { group in
            for (place, index) in arrivals.enumerated() {
                group.addTask {
                    for _ in 0..<place * Int(order) { await Task.yield() }
                    return (index, try await test.reply(Self.requests[index]))
                }
            }
            for try await (index, reply) in group { together[index] = reply }
        }
        for (index, request) in Self.requests.enumerated() {
            #expect(Self.same(together[index], try await Self.alone(request)), "request \(index)")
        }
        let widest = await test.large.passes.map(\.extensions.count).max() ?? 0
        #expect(sequences == 1 ? widest == 1 : widest > 1)
    }

    @Test("parameters differ between requests of one batch")
    func parametersDifferBetweenRequestsOfOneBatch() async throws {
        let test = try TestEngine(fallback: nil)
        try await withThrowingTaskGroup { group in
            for alpha in [0, 0.5, 1, 2] {
                group.addTask {
                    let request = GenerationRequest.of([1, 2, 3], alpha: alpha, maxTokens: 20)
                    let reply = try await test.reply(request)
                    #expect(
                        try await TestEngine(fallback: nil).reply(request).said == reply.said)
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("members on the engine's own thread let new requests in between rounds")
    func membersOnTheEngineSOwnThreadLetNewRequestsInBetweenRounds()
        async throws
    {
        let executor = QueueExecutor()
        let model = PinnedModel(executor: executor, vocabulary: TestEngine.vocabulary)
        let engine = Engine(try Composite(members: [Member("a", model)], formula: "a"))
        var iterator = engine.generate(.of([1], maxTokens: 5000)).makeAsyncIterator()
        _ = try await iterator.next()
        // Without a pause between rounds this would wait for all 5,000 tokens.
        let second = try await engine.collect(.of([2], maxTokens: 2))
        #expect(second.ids.count == 2)
        #expect(await model.widest == 2)
    }
}
