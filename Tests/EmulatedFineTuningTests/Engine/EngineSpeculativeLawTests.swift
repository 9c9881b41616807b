import TestSupport
import Testing

@testable import EmulatedFineTuning

/// What speculative decoding samples is the composite's distribution, masks and options included.
@Suite struct EngineSpeculativeLawTests {
    static let logits: [[Float]] = [
        [1.2, 0.3, -0.5, 2, 0, -1.5, 0.7, -3], [0.2, 1.3, 0.5, -1, 0.4, 0.9, -0.7, -2],
        [0.1, 0.6, -0.2, 0.3, 1.1, -0.6, 0.2, -1],
    ]

    static let cases: [(NaiveComposite, Mask?, SamplingOptions)] = {
        func naive(_ rule: NaiveComposite.Rule?, _ effect: Mask.Effect = .fallback)
            -> NaiveComposite
        {
            NaiveComposite(
                formula: [1, 1, -1], fallback: [0, 1, 0], rule: rule, effect: effect,
                fallbackTokens: [])
        }
        let chat = [0.0, 1, 0]
        return [
            (naive(nil), nil, SamplingOptions()),
            (naive(nil), nil, SamplingOptions(temperature: 0.6, topP: 0.9)),
            (naive(.nucleus(0.7, chat)), Mask(.nucleus(0.7)), SamplingOptions()),
            (
                naive(.nucleus(0.7, chat)), Mask(.nucleus(0.7)),
                SamplingOptions(temperature: 1.5, topK: 5)
            ),
            (
                naive(.relative(0.3, chat), .forbid), Mask(.relative(0.3), .forbid),
                SamplingOptions(temperature: 0.8, minP: 0.05)
            ),
            (naive(.tokens([0, 3, 4])), Mask(.tokens([0, 3, 4])), SamplingOptions()),
        ]
    }()

    @Test(
        "the sampled law is the composite's", arguments: cases.indices,
        [Speculation.off, .block(3), .auto])
    func theSampledLawIsTheComposites(index: Int, speculation: Speculation) async throws {
        let (naive, mask, options) = Self.cases[index]
        let vocabulary = Vocabulary.plain(8)
        let members = zip(["large", "chat", "small"], Self.logits).map { name, row in
            Member(name, TableModel(vocabulary: vocabulary) { _ in row })
        }
        let engine = Engine(
            try Composite(
                members: members, formula: "large" + "chat" - "small", fallback: "chat", mask: mask)
        )
        let probabilities = try #require(naive.probabilities(Self.logits))
        let law = NaiveSampling.distribution(probabilities, options)
        let draft = NaiveSampling.distribution(
            try #require(
                NaiveComposite(formula: [0, 1, 0]).probabilities(Self.logits)), options)
        var counts = [Double](repeating: 0, count: 8)
        var (accepted, drafted) = (0.0, 0.0)
        for seed in 0..<8 {
            let reply = try await engine.collect(
                GenerationRequest(
                    prompt: [1], sampling: options, maxTokens: 400, ignoresEnd: true,
                    seed: UInt64(seed), speculation: speculation))
            for token in reply.ids { counts[token] += 1 }
            // Only the first of a block is always tested, whatever was accepted before.
            let statistics = try #require(reply.result?.statistics)
            accepted += Double(statistics.acceptedByPosition.first ?? 0)
            drafted += Double(statistics.draftedByPosition.first ?? 0)
        }
        #expect(ChiSquared.accepts(counts, of: law))
        switch speculation {
        case .off: #expect(drafted == 0)
        case .block: #expect(drafted > 100)
        case .auto: break  // drafts where they pay: here passes cost nothing that is worth saving
        }
        guard drafted > 0 else { return }
        let distance = zip(law, draft).reduce(0) { $0 + abs($1.0 - $1.1) } / 2
        let deviation = (distance * (1 - distance) * drafted).squareRoot()
        #expect(abs(accepted - (1 - distance) * drafted) <= 4 * deviation + 1)
    }
}
