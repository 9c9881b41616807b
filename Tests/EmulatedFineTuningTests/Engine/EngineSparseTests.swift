import TestSupport
import Testing

@testable import EmulatedFineTuning

/// Members that score chosen tokens only: what a formula needs of them is asked for, and nothing else.
@Suite struct EngineSparseTests {
    static let masks: [Mask] = [
        Mask(.nucleus(0.9)), Mask(.nucleus(0.4)), Mask(.nucleus(1)), Mask(.relative(0.3)),
        Mask(.nucleus(0.7, of: "small")), Mask(.tokens([1, 2, 3, 5, 8, 13])),
    ]

    static let formula: Formula = "large" + .parameter("alpha") * ("chat" - "small")

    /// The same composite, with `large` giving rows or chosen tokens.
    static func engine(
        _ mask: Mask?, sparse: Bool, limits: ModelLimits = TableModel.roomy
    ) throws -> (engine: Engine, large: SparseModel, base: TableModel) {
        let random = {
            TableModel.random(seed: $0, vocabulary: TestEngine.vocabulary, limits: limits)
        }
        let base = random(1)
        let large = SparseModel(base) { row, tokens in
            let normalizer = LogSoftmax.logNormalizer(row.buffer) ?? .nan
            return tokens.map { row.buffer[$0] - normalizer }
        }
        let composite = try Composite(
            members: [
                Member("large", sparse ? large : base), Member("chat", random(2)),
                Member("small", random(3)),
            ], formula: formula, parameters: [Parameter("alpha", default: 1)], fallback: "chat",
            mask: mask)
        return (Engine(composite), large, base)
    }

    @Test(
        "a reply is the same, bit for bit, whether a member gives rows or chosen tokens",
        arguments: masks.indices, [Speculation.off, .block(3), .auto])
    func aReplyIsTheSameWhetherAMemberGivesRowsOrChosenTokens(
        mask: Int, speculation: Speculation
    ) async throws {
        for seed in 0..<6 {
            var request = GenerationRequest.of([1, seed], seed: UInt64(seed), maxTokens: 30)
            request.speculation = speculation
            request.sampling = SamplingOptions(
                temperature: seed % 2 == 0 ? 1 : 0, topP: 0.95, repetitionPenalty: 1.1)
            request.topLogProbabilities = 3
            let rows = try await Self.engine(Self.masks[mask], sparse: false)
                .engine.collect(request)
            let tokens = try await Self.engine(Self.masks[mask], sparse: true)
                .engine.collect(request)
            #expect(rows.said == tokens.said)
            #expect(rows.text == tokens.text)
        }
    }

    @Test("only what the mask keeps is asked for, without what the fallback rules")
    func onlyWhatTheMaskKeepsIsAskedFor() async throws {
        let (engine, large, _) = try Self.engine(Mask(.tokens([3, 4, 22])), sparse: true)
        _ = try await engine.collect(.of([1, 2], maxTokens: 5))
        #expect(engine.composite.fallbackTokens == [22])
        #expect(large.asked == Array(repeating: [[3, 4]], count: 5))
    }

    @Test(
        "a ruling member that fails ends its reply, and no other", arguments: [0, 2, 5], [0, 3])
    func aRulingMemberThatFailsEndsItsReply(pass: Int, block: Int) async throws {
        for seed in [2, 3] as [UInt64] {  // chat rules and drafts, small is a term alone
            let members = [1, 2, 3].map {
                TableModel.random(seed: $0, vocabulary: TestEngine.vocabulary)
            }
            let large = SparseModel(members[0]) { row, tokens in
                let normalizer = LogSoftmax.logNormalizer(row.buffer) ?? .nan
                return tokens.map { row.buffer[$0] - normalizer }
            }
            let composite = try Composite(
                members: [
                    Member("large", large), Member("chat", members[1]), Member("small", members[2]),
                ], formula: "large" + "chat" - "small", fallback: "chat", mask: Mask(.nucleus(0.9)))
            let engine = Engine(composite)
            await members[Int(seed) - 1].fail(atPass: pass, with: ModelError.failed("it died"))
            var request = GenerationRequest.of([1, 2], maxTokens: 30)
            request.speculation = .block(block)
            await #expect(throws: ModelError.failed("it died")) {
                try await engine.collect(request)
            }
            // The engine goes on as if nothing had been.
            #expect(try await engine.collect(request).tokens.count == 30)
            #expect(await engine.load.running == 0)
        }
    }

    @Test("a round asks once, whatever the block", arguments: [0, 4])
    func aRoundAsksOnce(block: Int) async throws {
        let (engine, large, _) = try Self.engine(Mask(.nucleus(0.8)), sparse: true)
        var request = GenerationRequest.of([1, 2], maxTokens: 20)
        request.speculation = .block(block)
        let reply = try await engine.collect(request)
        #expect(large.asked.count == reply.result?.statistics.rounds)
    }

    @Test("responses are scored with every member's say, bit for bit")
    func responsesAreScoredWithEveryMembersSay() async throws {
        var request = GenerationRequest.of([1, 2])
        request.kind = .score((0..<40).map { ($0 * 7) % 24 })
        request.attributions = true
        let rows = try await Self.engine(Mask(.nucleus(0.5)), sparse: false).engine
            .collect(request)
        let tokens = try await Self.engine(Mask(.nucleus(0.5)), sparse: true).engine
            .collect(request)
        #expect(rows.tokens == tokens.tokens)
        #expect(tokens.tokens.allSatisfy { $0.attribution?.members[0] != nil })
    }

    @Test("members are told which token is given, and none in replies that are drawn")
    func membersAreToldWhichTokenIsGiven() async throws {
        let (engine, large, _) = try Self.engine(Mask(.nucleus(0.5)), sparse: true)
        let response = (0..<40).map { ($0 * 7) % 24 }
        var request = GenerationRequest.of([1, 2])
        request.kind = .score(response)
        request.attributions = true
        _ = try await engine.collect(request)
        #expect(large.given == response)
        var drawn = GenerationRequest.of([1, 2], maxTokens: 20)
        drawn.attributions = true
        drawn.speculation = .block(4)
        _ = try await engine.collect(drawn)
        #expect(large.given[response.count...].allSatisfy { $0 == nil })
        #expect(large.given.count > response.count)
    }

    @Test("where a member was not asked for the token, its say is nil, and nothing is made up")
    func whereAMemberWasNotAskedItsSayIsNil() async throws {
        let mask = Mask(.tokens([0]))
        var request = GenerationRequest.of([1, 2], maxTokens: 30)
        request.attributions = true
        let rows = try await Self.engine(mask, sparse: false).engine.collect(request)
        let tokens = try await Self.engine(mask, sparse: true).engine.collect(request)
        for (row, token) in zip(rows.tokens, tokens.tokens) {
            let attribution = try #require(token.attribution)
            #expect(token.id == row.id)
            #expect(attribution.totalVariation == row.attribution?.totalVariation)
            #expect(attribution.members[1...] == row.attribution?.members[1...])
            if token.id == 0 {
                #expect(attribution.members == row.attribution?.members)
            } else {
                #expect(attribution.members[0] == nil)
                #expect(attribution.upscalingDelta == nil)
                #expect(attribution.behaviourDelta == row.attribution?.behaviourDelta)
            }
        }
        #expect(tokens.tokens.contains { $0.id != 0 })
    }

    @Test("replies together are what they are alone") func repliesTogetherAreWhatTheyAreAlone()
        async throws
    {
        let limits = ModelLimits(
            context: 200, cells: 900, tokensPerPass: 60, sequences: 4, rewind: .full)
        let (engine, _, _) = try Self.engine(Mask(.nucleus(0.8)), sparse: true, limits: limits)
        let requests = (0..<9).map { index in
            var request = GenerationRequest.of(
                [1, index % 3] + Array(repeating: 4, count: 20 * (index % 2)),
                seed: UInt64(index), maxTokens: 10 + index)
            request.speculation = [.off, .block(3), .auto][index % 3]
            return request
        }
        let together = try await withThrowingTaskGroup(of: (Int, Reply).self) { group in
            for (index, request) in requests.enumerated() {
                group.addTask { (index, try await engine.collect(request)) }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        for (index, request) in requests.enumerated() {
            let alone = try await Self.engine(Mask(.nucleus(0.8)), sparse: false, limits: limits)
                .engine.collect(request)
            #expect(together[index]?.said == alone.said)
        }
    }

    @Test("replies that do not need a member that fails go on")
    func repliesThatDoNotNeedAMemberThatFailsGoOn() async throws {
        let (engine, _, base) = try Self.engine(Mask(.nucleus(0.8)), sparse: true)
        await base.fail(atPass: 3, with: ModelError.failed("it died"))
        var without = GenerationRequest.of([1, 2], maxTokens: 25)
        without.formula = "chat"
        async let other = engine.collect(without)
        await #expect(throws: ModelError.failed("it died")) {
            try await engine.collect(.of([1, 2], maxTokens: 25))
        }
        #expect(try await other.ids.count == 25)
        #expect(try await engine.collect(.of([1, 2], maxTokens: 5)).ids.count == 5)
        let load = await engine.load
        #expect(load.running == 0 && load.busySlots == 0)
    }

    static let broken: [(@Sendable ([TokenID]) -> [Float], GenerationError)] = [
        ({ $0.map { _ in .nan } }, .brokenScores(member: "large")),
        ({ $0.map { _ in .infinity } }, .brokenScores(member: "large")),
        ({ $0.map { _ in 3 } }, .brokenScores(member: "large")),
        ({ $0.dropLast().map { _ in -1 } }, .wrongScores(member: "large")),
        ({ ($0 + [0]).map { _ in -1 } }, .wrongScores(member: "large")),
    ]

    @Test("log-probabilities that are none are refused", arguments: broken.indices)
    func logProbabilitiesThatAreNoneAreRefused(index: Int) async throws {
        let (values, error) = Self.broken[index]
        let random = { TableModel.random(seed: $0, vocabulary: TestEngine.vocabulary) }
        let composite = try Composite(
            members: [
                Member("large", SparseModel(random(1)) { _, tokens in values(tokens) }),
                Member("chat", random(2)), Member("small", random(3)),
            ], formula: "large" + "chat" - "small", fallback: "chat", mask: Mask(.nucleus(0.8)))
        await #expect(throws: error) { try await Engine(composite).collect(.of([1])) }
    }

    /// What needs whole rows of a member that has none.
    static let refused:
        [(formula: Formula, fallback: Formula?, mask: Mask?, draft: String?, RowUse)] =
            [
                ("large" + "chat" - "small", "chat", nil, nil, .formula),
                ("large" + "chat" - "small", "chat", Mask(.nucleus(0.9), .forbid), nil, .formula),
                (0.5 * "large" + 0.5 * "chat", "large", Mask(.nucleus(0.9)), nil, .ruling),
                (
                    "large" + "chat" - "small", "chat", Mask(.nucleus(0.9, of: "large")), nil,
                    .ruling
                ),
                ("large" + "chat" - "small", "chat", Mask(.nucleus(0.9)), "large", .draft),
            ]

    @Test("what needs whole rows is refused", arguments: refused.indices)
    func whatNeedsWholeRowsIsRefused(index: Int) throws {
        let (formula, fallback, mask, draft, use) = Self.refused[index]
        let random = { TableModel.random(seed: $0, vocabulary: TestEngine.vocabulary) }
        #expect(throws: CompositeError.rowsNeeded(member: "large", use)) {
            try Composite(
                members: [
                    Member("large", SparseModel(random(1)) { _, _ in [] }),
                    Member("chat", random(2)), Member("small", random(3)),
                ], formula: formula, fallback: fallback, mask: mask, draft: draft)
        }
    }

    @Test("requests that need whole rows are refused")
    func requestsThatNeedWholeRowsAreRefused() async throws {
        let (engine, _, _) = try Self.engine(Mask(.nucleus(0.9)), sparse: true)
        var unmasked = GenerationRequest.of([1])
        unmasked.mask = MaskOverride.none
        var alone = GenerationRequest.of([1])
        alone.formula = "large"
        for request in [unmasked, alone] {
            await #expect(throws: CompositeError.rowsNeeded(member: "large", .formula)) {
                try await engine.collect(request)
            }
        }
        let text = "\(CompositeError.rowsNeeded(member: "large", .formula))"
        #expect(text.contains("`large`") && text.contains("mask: { nucleus: 0.95 }"))
    }

    @Test("passes of every member can be timed") func passesOfEveryMemberCanBeTimed() async throws {
        let (engine, _, _) = try Self.engine(Mask(.nucleus(0.9)), sparse: true)
        let costs = try await engine.measurePasses(widths: [1, 4], context: 8, repeats: 2)
        #expect(costs.count == 6 && costs.allSatisfy { $0.seconds.count == 2 })
    }
}
