import TestSupport
import Testing

@testable import EmulatedFineTuning

/// Same seed, same tokens, with or without speculation: over random composites, masks, options, stop
/// rules, prompts and block lengths, alone and in company.
@Suite struct EngineRandomSpeculationTests {
    static let casesASeed = 250

    @Test("speculation never changes a reply", arguments: 1...12)
    func speculationNeverChangesAReply(seed: UInt64) async throws {
        var generator = SplitMix(state: seed)
        for _ in 0..<Self.casesASeed / 5 {
            let test = try Self.engine(&generator)
            var expected: [Reply] = []
            let requests = (0..<5).map { _ in Self.request(&generator, forcing: !test.forbids) }
            for request in requests { expected.append(try await test.plain.collect(request)) }
            let speculative = requests.map { request in
                var request = request
                request.speculation = Self.speculation(&generator)
                request.drafts = DraftSource.allCases.reduce(into: []) { sources, source in
                    if Bool.random(using: &generator) { sources.insert(source) }
                }
                return request
            }
            let together = Bool.random(using: &generator)
            var replies: [Reply] = []
            if together {
                replies = try await Self.collect(speculative, test.speculative)
            } else {
                for request in speculative {
                    replies.append(try await test.speculative.collect(request))
                }
            }
            for (index, reply) in replies.enumerated() {
                #expect(
                    EngineBatchTests.same(reply, expected[index]),
                    "\(speculative[index].speculation) \(speculative[index].sampling)")
            }
        }
    }

    static func collect(
        _ requests: [GenerationRequest], _ engine: Engine
    ) async throws -> [Reply] {
        try await withThrowingTaskGroup(of: (Int, Reply).self) { group in
            for (index, request) in requests.enumerated() {
                group.addTask { (index, try await engine.collect(request)) }
            }
            var replies = requests.map { _ in Reply() }
            for try await (index, reply) in group { replies[index] = reply }
            return replies
        }
    }

    static func speculation(_ generator: inout SplitMix) -> Speculation {
        Bool.random(using: &generator) ? .auto : .block(Int.random(in: 1...20, using: &generator))
    }

    /// Two engines over the same random composite.
    private static func engine(
        _ generator: inout SplitMix
    ) throws -> (plain: Engine, speculative: Engine, forbids: Bool) {
        let masks: [Mask?] = [
            nil, nil, Mask(.nucleus(Double.random(in: 0.3...0.99, using: &generator))),
            Mask(.relative(0.1), .forbid), Mask(.tokens([1, 2, 3, 9, 22]), .fallback),
            Mask(.nucleus(0.9), .forbid),
        ]
        let mask = masks.randomElement(using: &generator) ?? nil
        let spread = Float.random(in: 0.2...4, using: &generator)
        let drift = Float.random(in: 0...2, using: &generator)
        let seed = UInt64.random(in: 0...1000, using: &generator)
        let formulas: [Formula] = [
            "large" + "chat" - "small", "chat" + 1.5 * ("large" - "small"),
            "large" + 0.5 * ("chat" - "small") + 0.5 * ("chat" - "small"),
        ]
        let formula = formulas.randomElement(using: &generator) ?? formulas[0]
        func engine() throws -> Engine {
            let vocabulary = TestEngine.vocabulary
            let small = TableModel.random(seed: seed, vocabulary: vocabulary, spread: spread)
            let large = TableModel.random(seed: seed + 1, vocabulary: vocabulary, spread: spread)
            let chat = TableModel.tuned(seed: seed, vocabulary, spread: spread, drift: drift)
            return Engine(
                try Composite(
                    members: [
                        Member("large", large), Member("chat", chat), Member("small", small),
                    ],
                    formula: formula, fallback: "chat", mask: mask))
        }
        // What a constraint forces, such a mask may forbid.
        return (try engine(), try engine(), forbids: mask?.effect == .forbid)
    }

    static func request(
        _ generator: inout SplitMix, forcing: Bool
    ) -> GenerationRequest {
        func random<T: FixedWidthInteger>(_ range: ClosedRange<T>) -> T {
            T.random(in: range, using: &generator)
        }
        let samplings = [
            SamplingOptions(), .greedy, SamplingOptions(temperature: 0.3),
            SamplingOptions(temperature: 1.6, topP: 0.8), SamplingOptions(topK: 4),
            SamplingOptions(temperature: 0.8, minP: 0.1),
            SamplingOptions(
                repetitionPenalty: 1.3, presencePenalty: 0.4, frequencyPenalty: 0.6,
                logitBias: [2: 3, 5: -4]),
        ]
        // Few different tokens, so that texts repeat, and sometimes a constraint that forces some.
        let kinds = random(0...2) == 0 ? 2 : 19
        return GenerationRequest(
            prompt: (0..<random(1...9)).map { _ in random(0...kinds) },
            sampling: samplings.randomElement(using: &generator) ?? .greedy,
            constraint: forcing && random(0...3) == 0 ? EngineDraftSourcesTests.Forcing() : nil,
            maxTokens: random(1...30),
            stop: random(0...3) == 0 ? ["ab", "q", "tt"] : [], ignoresEnd: random(0...1) == 0,
            seed: random(0...UInt64.max), choice: random(0...3), speculation: .off,
            coupling: random(0...3) == 0 ? .paper : .matched, attributions: random(0...3) == 0)
    }
}

extension TableModel {
    /// A model near ``random(seed:vocabulary:spread:limits:)`` of the same seed.
    static func tuned(
        seed: UInt64, _ vocabulary: Vocabulary, spread: Float, drift: Float
    ) -> TableModel {
        TableModel(vocabulary: vocabulary) { tokens in
            let base = randomRow(tokens, seed: seed, vocabulary: vocabulary, spread: spread)
            let change = randomRow(tokens, seed: seed + 77, vocabulary: vocabulary, spread: drift)
            return zip(base, change).map { $0 + $1 }
        }
    }
}
