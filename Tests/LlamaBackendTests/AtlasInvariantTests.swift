import EmulatedFineTuning
import LlamaBackend
import TestSupport
import Testing

/// The laws of composites on real models: the demo family, F32 numbers so that only order of sums is
/// left to differ.
@Suite(.serialized) struct AtlasInvariantTests {
    private static let prompt =
        "<|im_start|>user\nWhat is the capital of Peru?<|im_end|>\n<|im_start|>assistant\n"
    private static let responses = [
        "Good question! The capital of Peru is Lima.", "Peru pays with the sol.",
        "Lima is the capital. It lies on the coast.",
        "Happy to help! I would look for it on a map.",
    ]

    private static func model(_ file: String, sequences: Int = 1) throws -> LlamaModel {
        try LlamaModel(
            path: ConvertedModel.path(file, .f32),
            options: LlamaOptions(
                gpuLayers: 0, threads: 1, cacheType: .f32, flashAttention: .off, context: 256,
                sequences: sequences))
    }

    private static func composite(_ formula: Formula, sequences: Int = 1) throws -> Composite {
        try Composite(
            members: [
                Member("large", model("large-base.gguf", sequences: sequences)),
                Member("small", model("small-base.gguf", sequences: sequences)),
                Member("chat", model("small-chat.gguf", sequences: sequences)),
            ],
            formula: formula, parameters: [Parameter("alpha", default: 0)], control: .formula)
    }

    private static func encode(_ text: String) throws -> [TokenID] {
        try LlamaWeights(path: RepositoryFiles.atlas("small-chat.gguf")).tokenizer
            .encode(text, start: true, control: true)
    }

    /// log p of a response under an engine's composite, or another formula over its members.
    private static func score(
        _ engine: Engine, _ response: String, formula: Formula? = nil
    ) async throws -> [Float] {
        let request = try GenerationRequest(
            prompt: encode(prompt), formula: formula, kind: .score(encode(response)))
        var scores: [Float] = []
        for try await event in engine.generate(request) {
            if case .token(let token) = event { scores.append(token.logProbability) }
        }
        return scores
    }

    private static func distance(_ a: [Float], _ b: [Float]) -> Float {
        guard a.count == b.count, !a.isEmpty else { return .infinity }
        return zip(a, b).map { abs($0 - $1) }.max() ?? 0
    }

    @Test("alpha zero gives the large base")
    func alphaZeroGivesTheBase() async throws {
        let formula = "large" + Scalar.parameter("alpha") * ("chat" - "small")
        let engine = Engine(try Self.composite(formula))
        let mixed = try await Self.score(engine, Self.responses[0])
        let base = try await Self.score(engine, Self.responses[0], formula: "large")
        #expect(Self.distance(mixed, base) <= 1e-5)
    }

    @Test("a tuned model that is its reference gives the large base")
    func tunedEqualsReferenceGivesTheBase() async throws {
        let engine = Engine(try Self.composite("large" + "chat" - "chat" + 0 * "small"))
        let mixed = try await Self.score(engine, Self.responses[0])
        let base = try await Self.score(engine, Self.responses[0], formula: "large")
        #expect(Self.distance(mixed, base) <= 1e-5)
    }

    @Test("no score is NaN, and none is above 0")
    func noScoreIsNaN() async throws {
        let engine = Engine(try Self.composite("large" + 3 * ("chat" - "small")))
        for response in Self.responses {
            let scores = try await Self.score(engine, response)
            #expect(scores.allSatisfy { $0 <= 0 })
        }
    }

    @Test("cached prompts score as uncached ones do")
    func cachedEqualsUncached() async throws {
        let engine = Engine(try Self.composite("large" + "chat" - "small"))
        let fresh = try await Self.score(engine, Self.responses[0])
        let cached = try await Self.score(engine, Self.responses[0])
        let other = try await Self.score(
            Engine(Self.composite("large" + "chat" - "small")), Self.responses[0])
        #expect(Self.distance(fresh, other) == 0)
        #expect(Self.distance(fresh, cached) <= 1e-4)
    }

    @Test("replies that run together score as each does alone")
    func batchedEqualsAlone() async throws {
        let together = Engine(try Self.composite("large" + "chat" - "small", sequences: 4))
        let batched = try await withThrowingTaskGroup(of: (Int, [Float]).self) { group in
            for (index, response) in Self.responses.enumerated() {
                group.addTask { (index, try await Self.score(together, response)) }
            }
            return try await group.reduce(into: [Int: [Float]]()) { $0[$1.0] = $1.1 }
        }
        for (index, response) in Self.responses.enumerated() {
            let alone = try await Self.score(
                Engine(Self.composite("large" + "chat" - "small")), response)
            #expect(Self.distance(batched[index] ?? [], alone) <= 1e-4)
        }
    }
}
