import EmulatedFineTuning
import LlamaBackend
import Testing

/// A tuned model that calls control tokens of its base by other names: DeepSeek-R1-Distill-Qwen beside
/// Qwen2.5, on Qwen's real vocabulary.
@Suite struct RenamedMarksTests {
    private static let control: Int32 = 3
    private static let added: Int32 = 4

    /// What Qwen2.5 has from id 151646 on; the vocabulary file of llama.cpp has padding there.
    static let qwen = names(
        151646,
        [
            "<|object_ref_start|>", "<|object_ref_end|>", "<|box_start|>", "<|box_end|>",
        ])

    /// What the tuned model has from id 151643 on. Its converter types the last two as added texts.
    static let distilled = names(
        151643,
        [
            "<｜end▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>", "<｜begin▁of▁sentence｜>", "<|EOT|>",
        ]
    ).merging(names(151648, ["<think>", "</think>"], added)) { $1 }

    static func names(
        _ first: Int, _ texts: [String], _ type: Int32 = control
    ) -> [Int: (name: String, type: Int32)] {
        Dictionary(
            uniqueKeysWithValues: texts.enumerated().map { (first + $0, (name: $1, type: type)) })
    }

    static func model(
        _ variant: String, _ renaming: [Int: (name: String, type: Int32)]
    ) throws -> LlamaModel {
        try LlamaModel(
            path: RealVocabulary.path(
                of: "qwen2", with: "qwen2", variant: variant, renaming: renaming),
            options: LlamaOptions(gpuLayers: 0, threads: 1, context: 128, sequences: 1))
    }

    @Test(
        "a distillation of DeepSeek's decodes with Qwen's bases",
        .enabled(if: RealVocabulary.areThere, "a system's llama.cpp brings no vocabularies"))
    func aDistillationDecodesWithQwensBases() async throws {
        let base = try Self.model("-2.5", Self.qwen)
        let chat = try Self.model("-distilled", Self.distilled)
        let composite = try Composite(
            members: [
                Member("large", base), Member("chat", chat),
                Member("small", try Self.model("-2.5", Self.qwen)),
            ], formula: "large" + "chat" - "small", fallback: "chat")
        let renamed = Array(151643...151649)
        #expect(base.vocabulary.renamedMarks(in: chat.vocabulary) == renamed)
        #expect(composite.alignments.map(\.missing) == [renamed, [], renamed])
        #expect(renamed.allSatisfy(composite.fallbackTokens.contains))
        #expect(composite.vocabulary.display(151644) == "<｜User｜>")
        #expect(composite.vocabulary.tokens[151648].kind == .userDefined)
        // The bases end where the tuned member has a token of its own: it is that one's end now.
        #expect(composite.endsOfGeneration.contains(151643))
        #expect(!composite.endsOfGeneration.contains(151645))
        let text = "<｜User｜>Why?<｜Assistant｜><think>"
        let prompt = try chat.tokenizer.encode(text, start: false, control: true)
        #expect(prompt.first == 151644 && prompt.last == 151648)
        // The bases read the same text, in their own tokens.
        let read = composite.alignments[0].reading(prompt)
        #expect(read.allSatisfy { $0 < 151643 })
        #expect(
            String(decoding: read.flatMap { base.vocabulary.tokens[$0].bytes }, as: UTF8.self)
                == text)
        let engine = Engine(composite)
        var replies: [[TokenID]] = []
        for speculation in [Speculation.off, .block(3)] {
            var tokens: [TokenID] = []
            let request = GenerationRequest(
                prompt: prompt, sampling: .greedy, maxTokens: 12, ignoresEnd: true,
                speculation: speculation, reportedTokens: renamed)
            for try await case .token(let token) in engine.generate(request) {
                tokens.append(token.id)
            }
            replies.append(tokens)
        }
        #expect(replies[0].count == 12)
        #expect(replies[0] == replies[1])
    }
}
