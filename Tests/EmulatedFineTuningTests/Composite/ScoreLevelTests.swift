import TestSupport
import Testing

@testable import EmulatedFineTuning

/// The level at which a composite's log-probabilities stand as logits: what the repetition penalty needs.
@Suite struct ScoreLevelTests {
    static func term(_ member: Int, _ weight: Float) -> WeightedSum.Term {
        .init(member: member, weight: weight)
    }

    static func level(
        _ formula: [WeightedSum.Term], fallback: [WeightedSum.Term]? = nil,
        _ normalizers: [Float] = [3, 10, -4]
    ) -> Float {
        ResolvedComposite(
            formula: WeightedSum(formula), fallback: fallback.map(WeightedSum.init), mask: nil,
            fallbackTokens: []
        ).level(
            PositionRows(
                normalizers.map { NormalizedRow(Row(start: nil, count: 0), logNormalizer: $0) }))
    }

    @Test("one member's level is its own, so that its scores are its logits")
    func oneMembersLevelIsItsOwn() {
        #expect(Self.level([Self.term(1, 1)]) == 10)
    }

    @Test("the fallback sets the level, without one the positively weighted members do")
    func theFallbackSetsTheLevel() {
        let up = [Self.term(0, 1), Self.term(1, 1), Self.term(2, -1)]
        #expect(Self.level(up, fallback: [Self.term(1, 1)]) == 10)
        #expect(Self.level(up) == 6.5)
        // Mixed behaviours: the mean, by their weights.
        let mixed = [Self.term(0, 0.25), Self.term(1, 0.75)]
        #expect(Self.level(up, fallback: mixed) == 0.25 * 3 + 0.75 * 10)
        #expect(Self.level([Self.term(0, 2), Self.term(2, -2)]) == 3)
        // A fallback that weights nothing positively says nothing.
        #expect(Self.level(up, fallback: [Self.term(2, -1)]) == 6.5)
    }

    @Test("a constant added to the row of a member that is not tuned changes no reply")
    func aConstantAddedToOtherRowsChangesNoReply() async throws {
        func moved(_ seed: UInt64, by constant: Float) -> TableModel {
            TableModel(vocabulary: TestEngine.vocabulary) { tokens in
                TableModel.randomRow(
                    tokens, seed: seed, vocabulary: TestEngine.vocabulary, spread: 4
                ).map { $0 + constant }
            }
        }
        var replies: [[TokenID]] = []
        for constant in [Float(0), 64] {
            let test = try TestEngine(
                moved(1, by: constant), moved(2, by: 0), moved(3, by: -constant))
            var request = GenerationRequest.of([1, 2], seed: 3, maxTokens: 60)
            request.sampling = SamplingOptions(repetitionPenalty: 1.5)
            request.ignoresEnd = true
            replies.append(try await test.reply(request).ids)
        }
        #expect(replies[0] == replies[1])
    }
}
