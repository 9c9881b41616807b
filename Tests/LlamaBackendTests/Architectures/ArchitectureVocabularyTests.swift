import EmulatedFineTuning
import LlamaBackend
import Testing

/// The vocabularies of the architectures' fixtures: synthetic, with the traits of the real ones.
@Suite struct ArchitectureVocabularyTests {
    @Test("tokens spell the text", arguments: Architecture.all)
    func tokensSpellTheText(_ architecture: Architecture) throws {
        let weights = try LlamaWeights(path: architecture.path)
        // Gemma's pieces begin where the text does; the other SentencePiece vocabularies put a space there.
        let space = weights.vocabulary.type == "SPM" && !architecture.name.hasPrefix("gemma")
        for text in VocabularyTests.texts where !text.isEmpty {
            let tokens = try weights.tokenizer.encode(text, start: true, control: false)
            let start = weights.vocabulary.beginning.map { [$0] } ?? []
            #expect(Array(tokens.prefix(start.count)) == start)
            let bytes = tokens.dropFirst(start.count).flatMap {
                weights.vocabulary.tokens[$0].bytes
            }
            #expect(bytes == Array((space ? " " + text : text).utf8), "\(text)")
        }
    }

    @Test("control tokens are read only where they are allowed", arguments: Architecture.all)
    func controlTokensAreReadOnlyWhereTheyAreAllowed(_ architecture: Architecture) throws {
        let weights = try LlamaWeights(path: architecture.path)
        #expect(!weights.vocabulary.controlTokens.isEmpty)
        for id in weights.vocabulary.controlTokens {
            let text = String(decoding: weights.vocabulary.tokens[id].bytes, as: UTF8.self)
            #expect(try weights.tokenizer.encode(text, start: false, control: true) == [id])
            #expect(
                try !weights.tokenizer.encode(text, start: false, control: false).contains(id))
        }
    }

    @Test(
        "every token that ends a reply is known",
        arguments: [
            "llama": ["</s>"], "llama-3": ["<|end_of_text|>", "<|eot_id|>"], "mistral": ["</s>"],
            "falcon-7b": ["<|endoftext|>"], "qwen3": ["<|endoftext|>", "<|im_end|>"],
            "gemma": ["<eos>", "<end_of_turn>"], "phi-3": ["</s>", "<|endoftext|>", "<|end|>"],
            "mamba": ["<|endoftext|>"],
        ])
    func everyTokenThatEndsAReplyIsKnown(_ name: String, _ ends: [String]) throws {
        let vocabulary = try LlamaWeights(path: Architecture.named(name).path).vocabulary
        let found = vocabulary.endsOfGeneration.map {
            String(decoding: vocabulary.tokens[$0].bytes, as: UTF8.self)
        }
        #expect(found == ends)
    }
}
