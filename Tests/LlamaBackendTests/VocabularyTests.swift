import EmulatedFineTuning
import LlamaBackend
import Testing

@Suite struct VocabularyTests {
    static let texts = [
        "", " ", "\n", "the and then", "  two  spaces ", "naïve café", "漢字と仮名", "👩‍👩‍👧 🏴‍☠️", "a\0b\0",
        "\u{feff}mark", "tab\tand\r\nline", "<|im_end|> <tool> </s> <s>", "\u{10ffff}\u{1}",
    ]

    @Test("byte-level tokens spell the text", arguments: texts)
    func byteLevelTokensSpellTheText(_ text: String) throws {
        let weights = try LlamaWeights(path: Tiny.path("tiny"))
        let tokens = try weights.tokenizer.encode(text, start: true, control: false)
        #expect(tokens.flatMap { weights.vocabulary.tokens[$0].bytes } == Array(text.utf8))
    }

    @Test("SentencePiece tokens spell the text after a start token and a space", arguments: texts)
    func sentencepieceTokensSpellTheTextAfterAStartTokenAndASpace(
        _ text: String
    ) throws {
        let weights = try LlamaWeights(path: Tiny.path("tiny-spm"))
        let tokens = try weights.tokenizer.encode(text, start: true, control: false)
        #expect(tokens.first == 1)
        let bytes = tokens.dropFirst().flatMap { weights.vocabulary.tokens[$0].bytes }
        #expect(bytes == Array((text.isEmpty ? "" : " " + text).utf8))
    }

    @Test("every token's bytes and kind are read") func everyTokenSBytesAndKindAreRead() throws {
        let vocabulary = try LlamaWeights(path: Tiny.path("tiny")).vocabulary
        #expect(vocabulary.type == "BPE")
        #expect(vocabulary.count == 267)
        for byte in 0..<256 {
            #expect(vocabulary.tokens[byte] == .init(bytes: [UInt8(byte)]))
        }
        #expect(vocabulary.tokens[262] == .init(bytes: Array(" the".utf8)))
        #expect(
            vocabulary.tokens[263] == .init(bytes: Array("<tool>".utf8), kind: .userDefined))
        #expect(
            vocabulary.tokens[266] == .init(bytes: Array("<|im_end|>".utf8), kind: .control))
        #expect(vocabulary.controlTokens == [264, 265, 266])
        #expect(vocabulary.beginning == nil)
        #expect(vocabulary.endOfText == 264)
        #expect(vocabulary.endsOfGeneration == [264, 266])
    }

    @Test("byte tokens are bytes") func byteTokensAreBytes() throws {
        let vocabulary = try LlamaWeights(path: Tiny.path("tiny-spm")).vocabulary
        #expect(vocabulary.type == "SPM")
        #expect(vocabulary.tokens[0].kind == .unknown)
        #expect(vocabulary.tokens[3 + 0xe9] == .init(bytes: [0xe9], kind: .byte))
        #expect(vocabulary.tokens[265] == .init(bytes: Array(" the".utf8)))
        #expect(vocabulary.beginning == 1)
        #expect(vocabulary.endOfText == 2)
    }

    @Test("control tokens are read only where they are allowed")
    func controlTokensAreReadOnlyWhereTheyAreAllowed() throws {
        let tokenizer = try LlamaWeights(path: Tiny.path("tiny")).tokenizer
        #expect(try tokenizer.encode("<|im_end|>", start: false, control: true) == [266])
        #expect(try tokenizer.encode("<|im_end|>", start: false, control: false).count == 10)
        // What users add to a vocabulary is text: it is always read.
        #expect(try tokenizer.encode("<tool>", start: false, control: false) == [263])
        let pieces = try LlamaWeights(path: Tiny.path("tiny-spm")).tokenizer
        #expect(try pieces.encode("</s>", start: false, control: true) == [2])
        #expect(try !pieces.encode("</s>", start: false, control: false).contains(2))
    }

    @Test("a start is added where the model wants one, an end never")
    func aStartIsAddedWhereTheModelWantsOneAnEndNever() throws {
        let pieces = try LlamaWeights(path: Tiny.path("tiny-spm")).tokenizer
        #expect(try pieces.encode("", start: true, control: true) == [1])
        #expect(try pieces.encode("", start: false, control: true) == [])
        #expect(try pieces.encode(" the", start: true, control: true).last != 2)
        let bytes = try LlamaWeights(path: Tiny.path("tiny")).tokenizer
        #expect(try bytes.encode("t", start: true, control: true) == [116])
    }

    @Test("long texts are read whole") func longTextsAreReadWhole() throws {
        let weights = try LlamaWeights(path: Tiny.path("tiny"))
        let text = String(repeating: "the 漢\n", count: 50_000)
        let tokens = try weights.tokenizer.encode(text, start: false, control: true)
        #expect(tokens.flatMap { weights.vocabulary.tokens[$0].bytes } == Array(text.utf8))
    }

    @Test("texts can be read on many threads") func textsCanBeReadOnManyThreads() async throws {
        let weights = try LlamaWeights(path: Tiny.path("tiny"))
        let expected = try weights.tokenizer.encode("the and then", start: false, control: true)
        await withTaskGroup(of: [TokenID]?.self) { group in
            for _ in 0..<32 {
                group.addTask {
                    try? weights.tokenizer.encode("the and then", start: false, control: true)
                }
            }
            for await tokens in group { #expect(tokens == expected) }
        }
    }
}
