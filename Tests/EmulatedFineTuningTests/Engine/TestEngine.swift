import EmulatedFineTuning
import TestSupport

/// A composite of three table models, and the engine over it.
struct TestEngine {
    var large: TableModel
    var chat: TableModel
    var small: TableModel
    var engine: Engine

    /// The letters a to t, the two bytes of é, `<turn>` and `<end>`.
    static let vocabulary = Vocabulary(
        type: "letters",
        tokens: (0..<20).map { Vocabulary.Token(bytes: [UInt8(97 + $0)]) }
            + [0xc3, 0xa9].map { Vocabulary.Token(bytes: [$0], kind: .byte) }
            + ["<turn>", "<end>"].map { Vocabulary.Token(bytes: Array($0.utf8), kind: .control) },
        endOfText: 23, endsOfGeneration: [22, 23])

    /// `large + alpha * (chat - small)`, with fallback `chat` while alpha is 1.
    init(
        formula: Formula = "large" + .parameter("alpha") * ("chat" - "small"),
        fallback: Formula? = "chat", mask: Mask? = nil, limits: ModelLimits = TableModel.roomy,
        small smallLimits: ModelLimits? = nil, options: EngineOptions = EngineOptions()
    ) throws {
        let random = { TableModel.random(seed: $0, vocabulary: Self.vocabulary, limits: $1) }
        try self.init(
            random(1, limits), random(2, limits), random(3, smallLimits ?? limits),
            formula: formula,
            fallback: fallback, mask: mask, options: options)
    }

    init(
        _ large: TableModel, _ chat: TableModel, _ small: TableModel,
        formula: Formula = "large" + .parameter("alpha") * ("chat" - "small"),
        fallback: Formula? = "chat", mask: Mask? = nil, options: EngineOptions = EngineOptions()
    ) throws {
        (self.large, self.chat, self.small) = (large, chat, small)
        let composite = try Composite(
            members: [Member("large", large), Member("chat", chat), Member("small", small)],
            formula: formula, parameters: [Parameter("alpha", default: 1)], fallback: fallback,
            mask: mask)
        engine = Engine(composite, options: options)
    }

    /// A model whose rows do not depend on anything.
    static func constant(_ logits: [Float]) -> TableModel {
        let row = logits + [Float](repeating: -.infinity, count: vocabulary.count - logits.count)
        return TableModel(vocabulary: vocabulary) { _ in row }
    }

    func reply(_ request: GenerationRequest) async throws -> Reply {
        try await engine.collect(request)
    }
}

extension Reply {
    /// The tokens without what depends on how they were decoded.
    var said: [GeneratedToken] {
        tokens.map { token in
            var token = token
            token.isDrafted = false
            return token
        }
    }
    var logProbabilities: [Float] { tokens.map(\.logProbability) }
}

extension Engine {
    nonisolated func collect(_ request: GenerationRequest) async throws -> Reply {
        try await generate(request).collect()
    }
}

extension GenerationRequest {
    /// A request that never ends early.
    static func of(
        _ prompt: [TokenID], alpha: Double? = nil, seed: UInt64 = 1, maxTokens: Int = 12
    ) -> GenerationRequest {
        GenerationRequest(
            prompt: prompt, parameters: alpha.map { ["alpha": $0] } ?? [:], maxTokens: maxTokens,
            ignoresEnd: true,
            seed: seed, speculation: .off)
    }
}
