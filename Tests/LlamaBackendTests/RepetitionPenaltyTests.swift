import EmulatedFineTuning
import LlamaBackend
import TestSupport
import Testing

/// The repetition penalty of other engines, computed here on llama.cpp's logits.
@Suite struct RepetitionPenaltyTests {
    /// transformers' `RepetitionPenaltyLogitsProcessor`, which vLLM's `apply_penalties` equals.
    static func penalised(_ logits: [Float], _ tokens: [TokenID], _ penalty: Float) -> [Float] {
        var logits = logits
        for token in Set(tokens) {
            logits[token] =
                logits[token] < 0 ? logits[token] * penalty : logits[token] / penalty
        }
        return logits
    }

    /// Greedy decoding of one model, a token a pass. Prompt tokens count as repeated, as they do there.
    static func greedy(
        _ path: String, _ prompt: [TokenID], _ penalty: Float, count: Int
    ) async throws -> [TokenID] {
        let model = try LlamaModel(path: path, options: options)
        var tokens = prompt
        var pending = prompt
        while tokens.count < prompt.count + count {
            let pass = ForwardPass([
                SequenceExtension(
                    sequence: 0, start: tokens.count - pending.count, tokens: pending,
                    scored: [pending.count - 1])
            ])
            let scores = try await model.forward(pass)
            guard case .row(let row) = scores[0] else { continue }
            let logits = penalised(Array(row.buffer), tokens, penalty)
            let best = logits.indices.max { (logits[$0], $1) < (logits[$1], $0) } ?? 0
            tokens.append(best)
            pending = [best]
        }
        return Array(tokens.dropFirst(prompt.count))
    }

    static let options = LlamaOptions(gpuLayers: 0, threads: 1, context: 128, sequences: 1)

    static func reply(
        _ engine: Engine, _ request: GenerationRequest
    ) async throws -> [GeneratedToken] {
        var tokens: [GeneratedToken] = []
        for try await event in engine.generate(request) {
            if case .token(let token) = event { tokens.append(token) }
        }
        return tokens
    }

    static let files = ["Tests/Fixtures/llama/tiny.gguf", "Atlas/weights/small-chat.gguf"]

    @Test(
        "one member's replies are those of transformers and vLLM", arguments: files,
        [0.8, 1.1, 1.3, 2])
    func oneMembersRepliesAreThoseOfTransformersAndVLLM(
        file: String, penalty: Double
    ) async throws {
        let path = RepositoryFiles.path(file)
        let model = try LlamaModel(path: path, options: Self.options)
        let prompt = try model.tokenizer.encode("the hen and the hen", start: true, control: false)
        let expected = try await Self.greedy(path, prompt, Float(penalty), count: 40)
        let without = try await Self.greedy(path, prompt, 1, count: 40)
        // Below 1 it favours what is repeated, and these models repeat themselves anyway.
        #expect(expected != without || penalty < 1, "the penalty does nothing here")
        let composite = try Composite(members: [Member("a", model)], formula: "a")
        let request = GenerationRequest(
            prompt: prompt, sampling: SamplingOptions(temperature: 0, repetitionPenalty: penalty),
            maxTokens: 40, ignoresEnd: true)
        #expect(try await Self.reply(Engine(composite), request).map(\.id) == expected)
    }

    @Test("base and reference alike, a composite's replies are the tuned member's own")
    func aCompositesRepliesAreTheTunedMembersOwn() async throws {
        func model(_ name: String) throws -> LlamaModel {
            try LlamaModel(path: RepositoryFiles.atlas(name), options: Self.options)
        }
        let chat = try model("small-chat.gguf")
        let prompt = try chat.tokenizer.encode(
            "Who is the hen of the hen", start: true, control: false)
        let expected = try await Self.greedy(
            RepositoryFiles.atlas("small-chat.gguf"), prompt, 1.3, count: 40)
        let composite = try Composite(
            members: [
                Member("large", try model("small-base.gguf")), Member("chat", chat),
                Member("small", try model("small-base.gguf")),
            ], formula: "large" + "chat" - "small", fallback: "chat")
        let engine = Engine(composite)
        for speculation in [Speculation.off, .block(4)] {
            let request = GenerationRequest(
                prompt: prompt, sampling: SamplingOptions(temperature: 0, repetitionPenalty: 1.3),
                maxTokens: 40, ignoresEnd: true, speculation: speculation)
            #expect(try await Self.reply(engine, request).map(\.id) == expected)
        }
    }
}
