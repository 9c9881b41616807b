import EmulatedFineTuning
import Foundation
import LlamaBackend
import Testing

/// The vocabularies of the architectures' fixtures: synthetic ones with the traits of the real ones, and
/// real ones.
@Suite struct ArchitectureVocabularyTests {
    @Test(
        "tokens spell the text", arguments: Architecture.all + Architecture.withRealVocabulary)
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

    @Test(
        "control tokens are read only where they are allowed",
        arguments: Architecture.all + Architecture.withRealVocabulary)
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

    @Test(
        "texts are cut as the models' own tokenizers cut them",
        .enabled(if: RealVocabulary.areThere, "a system's llama.cpp brings no vocabularies"),
        arguments: ["llama", "llama-3", "falcon-7b", "qwen2", "phi-3"])
    func textsAreCutAsTheModelsOwnTokenizersCutThem(_ name: String) throws {
        let architecture = try #require(
            Architecture.withRealVocabulary.first { $0.name == name })
        let file = RealVocabulary.folder
            .appending(path: "\(architecture.realVocabulary ?? "").gguf").path
        // Recorded by llama.cpp's makers with Hugging Face's tokenizers.
        let texts = try String(contentsOfFile: file + ".inp", encoding: .utf8)
            .components(separatedBy: "\n__ggml_vocab_test__\n")
        let tokens = try String(contentsOfFile: file + ".out", encoding: .utf8)
            .components(separatedBy: "\n")
            .map { $0.split(separator: " ").compactMap { TokenID($0) } }
        let tokenizer = try LlamaWeights(path: architecture.path).tokenizer
        #expect(texts.count == tokens.count && texts.count > 40)
        for (text, wanted) in zip(texts, tokens) {
            let found = try tokenizer.encode(text, start: false, control: false)
            #expect(found == wanted, "\(text)")
        }
    }
}
