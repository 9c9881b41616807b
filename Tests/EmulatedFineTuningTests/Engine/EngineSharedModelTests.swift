import TestSupport
import Testing

@testable import EmulatedFineTuning

/// Members that are shares of one model: what they say is what models of their own would say, in one pass.
@Suite struct EngineSharedModelTests {
    static let vocabulary = TestEngine.vocabulary

    static func table(_ seed: UInt64, _ limits: ModelLimits = TableModel.roomy) -> TableModel {
        .random(seed: seed, vocabulary: vocabulary, limits: limits)
    }

    static func doubled() -> ModelLimits {
        var limits = TableModel.roomy
        limits.cells *= 2
        limits.sequences *= 2
        limits.tokensPerPass *= 2
        return limits
    }

    /// `with`, `without` and `small`, the first two of one model or of two.
    static func engine(seed: UInt64, mask: Mask? = nil, shared: Bool) throws -> (Engine, TableModel)
    {
        let model = table(seed, shared ? doubled() : TableModel.roomy)
        let members: [any LanguageModel] =
            shared ? ModelShare.dividing(model, by: 2) : [model, table(seed)]
        let composite = try Composite(
            members: [
                Member("with", members[0]), Member("without", members[1]),
                Member("small", table(seed + 1)),
            ],
            formula: 1.5 * "with" - 0.7 * "without" + 0.2 * "small", fallback: "with", mask: mask)
        return (Engine(composite), model)
    }

    @Test("replies are those of separate models, under speculation too", arguments: 1...8)
    func repliesAreThoseOfSeparateModels(seed: UInt64) async throws {
        var generator = SplitMix(state: seed)
        for _ in 0..<20 {
            let mask = Bool.random(using: &generator) ? Mask(.nucleus(0.8)) : nil
            let (plain, _) = try Self.engine(seed: seed, mask: mask, shared: false)
            let (shared, _) = try Self.engine(seed: seed, mask: mask, shared: true)
            var requests: [GenerationRequest] = []
            for _ in 0..<4 {
                var request = EngineRandomSpeculationTests.request(&generator, forcing: true)
                request.prompts = [
                    "without": (0..<Int.random(in: 1...9, using: &generator)).map { _ in
                        Int.random(in: 0...19, using: &generator)
                    }
                ]
                requests.append(request)
            }
            var expected: [Reply] = []
            for request in requests { expected.append(try await plain.collect(request)) }
            for index in requests.indices {
                requests[index].speculation =
                    Bool.random(using: &generator)
                    ? .off : EngineRandomSpeculationTests.speculation(&generator)
            }
            let replies = try await EngineRandomSpeculationTests.collect(requests, shared)
            for (reply, expected) in zip(replies, expected) {
                #expect(EngineBatchTests.same(reply, expected))
            }
        }
    }

    @Test("members of one model are asked in one pass, those of two in two")
    func membersOfOneModelAreAskedInOnePass() async throws {
        var passes: [Int] = []
        for isShared in [true, false] {
            let (engine, model) = try Self.engine(seed: 5, shared: isShared)
            _ = try await engine.collect(.of([1, 2, 3], maxTokens: 6))
            let ran = await model.passes
            passes.append(ran.count)
            let widths = ran.suffix(4).map { $0.extensions.map(\.tokens.count) }
            #expect(widths.allSatisfy { $0 == (isShared ? [1, 1] : [1]) })
        }
        #expect(passes[0] == passes[1])
    }

    @Test("what a pass of shares costs is noted once, under the width of all")
    func whatAPassOfSharesCostsIsNotedOnce() async throws {
        let (engine, _) = try Self.engine(seed: 5, shared: true)
        #expect(engine.models == [0, 0, 2])
        _ = try await engine.collect(.of([1, 2, 3], maxTokens: 6))
        let costs = await engine.controller.costs
        #expect(costs[0].widths.contains(2) && costs[1].widths.isEmpty)
        #expect(costs[2].widths.contains(1))
        let profile = await engine.profile
        #expect(profile.members[0] == profile.members[1] && profile.members[0] > .zero)
    }

    @Test("the plan adds up the tokens of a model's members")
    func thePlanAddsUpTheTokensOfAModelsMembers() {
        // One more token costs nothing, a second pass as much as the first.
        var apart = BlockController(members: 2, threads: [0, 0])
        var joined = BlockController(members: 2, threads: [0, 0], models: [0, 0])
        for width in 1...8 {
            apart.costs[0].record(width: width, seconds: 1)
            apart.costs[1].record(width: width, seconds: 1)
            joined.costs[0].record(width: width, seconds: 1)
        }
        let reply = BlockController.Candidate(yields: [1], members: [0, 1])
        #expect(abs(apart.plan([reply], draft: nil).speed - 0.5) < 0.01)
        #expect(abs(joined.plan([reply], draft: nil).speed - 1) < 0.01)
        // A draft member's own passes are passes of the model too.
        var drafted = reply
        drafted.yields = [1, 1.9]
        #expect(joined.plan([drafted], draft: 0).blocks == [0])
        #expect(apart.plan([drafted], draft: 0).blocks == [1])
    }

    @Test("a model whose pass fails ends the replies of its members, and goes on with others")
    func aModelWhosePassFailsEndsTheRepliesOfItsMembers() async throws {
        let (engine, model) = try Self.engine(seed: 5, shared: true)
        await model.fail(atPass: 2, with: ModelError.failed("broken"))
        await #expect(throws: ModelError.failed("broken")) {
            try await engine.collect(.of([1, 2, 3], maxTokens: 6))
        }
        let (fresh, _) = try Self.engine(seed: 5, shared: false)
        let reply = try await engine.collect(.of([4, 2], maxTokens: 6))
        #expect(EngineBatchTests.same(reply, try await fresh.collect(.of([4, 2], maxTokens: 6))))
    }

    @Test("a share cuts and shares the caches of its own sequences only")
    func aShareCutsAndSharesTheCachesOfItsOwnSequencesOnly() async throws {
        let model = Self.table(1, Self.doubled())
        let shares = ModelShare.dividing(model, by: 2)
        #expect(shares.map(\.first) == [0, 4] && shares[1].limits == TableModel.roomy)
        for (share, token) in zip(shares, [7, 8]) {
            _ = try await share.forward(
                ForwardPass([SequenceExtension(sequence: 1, start: 0, tokens: [token, token])]))
        }
        try await shares[1].share(1, with: 3, length: 2)
        try await shares[0].rewind(1, to: 0)
        let contents = await model.contents
        #expect(contents == [[], [], [], [], [], [8, 8], [], [8, 8]])
    }
}
