import TestSupport
import Testing

@testable import EmulatedFineTuning

@Suite struct EngineFailureTests {
    @Test(
        "a member that fails ends the running replies, and the engine goes on",
        arguments: [0, 1, 4, 9])
    func aMemberThatFailsEndsTheRunningRepliesAndTheEngineGoesOn(
        pass: Int
    ) async throws {
        let test = try TestEngine()
        let failure = ModelError.failed("the device was lost")
        await test.small.fail(atPass: pass, with: failure)
        let request = GenerationRequest.of([1, 2, 3], maxTokens: 20)
        await #expect(throws: failure) { try await test.reply(request) }
        let second = try await test.reply(request)
        #expect(try await TestEngine().reply(request).said == second.said)
        #expect(second.result?.statistics.cachedTokens == 0)
    }

    @Test("replies that wait while others fail are not harmed")
    func repliesThatWaitWhileOthersFailAreNotHarmed() async throws {
        let limits = ModelLimits(context: 100, tokensPerPass: 16, sequences: 1, rewind: .full)
        let test = try TestEngine(limits: limits)
        await test.chat.fail(atPass: 5, with: ModelError.cancelled)
        let request = GenerationRequest.of([1, 2, 3], maxTokens: 10)
        let results = await withTaskGroup(of: Reply?.self) { group in
            for _ in 0..<4 { group.addTask { try? await test.reply(request) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.filter { $0 == nil }.count == 1)
        let expected = try await TestEngine().reply(request).said
        #expect(results.compactMap { $0 }.allSatisfy { $0.said == expected })
    }

    /// A member that breaks after the token 19.
    static func breaking(_ row: [Float]) -> TableModel {
        TableModel(vocabulary: TestEngine.vocabulary) { tokens in
            tokens.last == 19 ? row : [Float](repeating: 0, count: TestEngine.vocabulary.count)
        }
    }

    static let count = TestEngine.vocabulary.count
    static let broken: [([Float], GenerationError)] = [
        ([Float](repeating: .nan, count: count), .brokenScores(member: "chat")),
        ([0, .infinity] + [Float](repeating: 0, count: count - 2), .brokenScores(member: "chat")),
        ([Float](repeating: -.infinity, count: count), .brokenScores(member: "chat")),
        ([Float](repeating: 0, count: count - 1), .wrongScores(member: "chat")),
        ([Float](repeating: 0, count: count + 1), .wrongScores(member: "chat")),
        ([], .wrongScores(member: "chat")),
    ]

    @Test("scores that are no distribution end their reply only", arguments: broken.indices)
    func scoresThatAreNoDistributionEndTheirReplyOnly(index: Int) async throws {
        let (row, error) = Self.broken[index]
        let model = { TableModel.random(seed: $0, vocabulary: TestEngine.vocabulary) }
        let test = try TestEngine(model(1), Self.breaking(row), model(3))
        async let healthy = test.reply(
            GenerationRequest(
                prompt: [1], sampling: SamplingOptions(logitBias: [19: -1000]), maxTokens: 30,
                ignoresEnd: true))
        await #expect(throws: error) { try await test.reply(.of([1, 19])) }
        #expect(try await healthy.ids.count == 30)
        #expect(try await test.reply(.of([19, 1], maxTokens: 1)).ids.count == 1)
    }

    @Test("a member must return as many scores as it was asked for", arguments: [0, 2])
    func aMemberMustReturnAsManyScoresAsItWasAskedFor(scores: Int) async throws {
        let engine = Engine(
            try Composite(members: [Member("a", MiscountingModel(scores: scores))], formula: "a"))
        await #expect(throws: GenerationError.wrongScores(member: "a")) {
            try await engine.collect(.of([1, 2]))
        }
    }

    @Test("a member that answers with log-probabilities unasked is refused")
    func aMemberThatAnswersWithLogProbabilitiesUnaskedIsRefused() async throws {
        let model = MiscountingModel(scores: 1, answer: .tokens([0]))
        let engine = Engine(try Composite(members: [Member("a", model)], formula: "a"))
        await #expect(throws: GenerationError.wrongScores(member: "a")) {
            try await engine.collect(.of([1, 2]))
        }
    }

    @Test("options that forbid everything end the reply with an error")
    func optionsThatForbidEverythingEndTheReplyWithAnError() async throws {
        let row = [0, -Float.infinity] + [Float](repeating: -.infinity, count: Self.count - 2)
        let other = [-Float.infinity, 0] + [Float](repeating: -.infinity, count: Self.count - 2)
        let model = { (row: [Float]) in TableModel(vocabulary: TestEngine.vocabulary) { _ in row } }
        let test = try TestEngine(
            model(row), model(other), model(row), formula: "large" + "chat", fallback: nil)
        await #expect(throws: GenerationError.nothingAllowed) { try await test.reply(.of([1])) }
    }
}

/// A model that returns a fixed number of scores whatever it is asked for.
actor MiscountingModel: LanguageModel {
    nonisolated let vocabulary = TestEngine.vocabulary
    nonisolated let limits = TableModel.roomy
    private let scores: [Scores]

    init(scores: Int, answer: Scores? = nil) {
        let row = Scores.row(LogitRow([Float](repeating: 0, count: TestEngine.vocabulary.count)))
        self.scores = Array(repeating: answer ?? row, count: scores)
    }

    func forward(_ pass: ForwardPass) async throws -> [Scores] {
        pass.extensions.allSatisfy(\.scored.isEmpty) ? [] : scores
    }
    func rewind(_ sequence: SequenceID, to length: Int) async throws {}
    func share(_ source: SequenceID, with target: SequenceID, length: Int) async throws {}
}
