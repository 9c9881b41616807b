import EmulatedFineTuning
import TestSupport
import Testing

@Suite struct VocabularyTests {
    static func vocabulary(_ tokens: [Vocabulary.Token], type: String = "t") -> Vocabulary {
        Vocabulary(type: type, tokens: tokens)
    }

    static let a = Vocabulary.Token(bytes: [0x61]), b = Vocabulary.Token(bytes: [0x62])

    @Test("vocabularies are equal when type, bytes and kinds are")
    func vocabulariesAreEqualWhenTypeBytesAndKindsAre() {
        let one = Self.vocabulary([Self.a, Self.b])
        let same = Vocabulary(
            type: "t", tokens: [Self.a, Self.b], beginning: 0, endOfText: 1, endsOfGeneration: [1])
        #expect(one.firstDifference(from: same) == nil)
        #expect(one.fingerprint == same.fingerprint)
    }

    @Test("the first difference is named with both tokens")
    func theFirstDifferenceIsNamedWithBothTokens() {
        let one = Self.vocabulary([Self.a, Self.b])
        let cases: [(Vocabulary, String)] = [
            (
                Self.vocabulary([Self.a, Self.b], type: "u"),
                "their tokenizers differ in type (t against u)"
            ),
            (
                Self.vocabulary([Self.b, Self.a]),
                "they differ first at id 0 (`a` against `b`); `a` has the id 1 there"
            ),
            (
                Self.vocabulary([Self.a, .init(bytes: [0x62], kind: .control)]),
                "they differ first at id 1 (`b` against `b` control)"
            ),
            (
                Self.vocabulary([Self.a, .init(bytes: [0x0a, 0xff], kind: .control)]),
                "they differ first at id 1 (`b` against `\\n\u{fffd}` control)"
            ),
        ]
        for (other, text) in cases {
            #expect(one.firstDifference(from: other)?.description == text)
            #expect(one.fingerprint != other.fingerprint)
        }
    }

    @Test("padding, added tokens and free places are no difference")
    func paddingAddedTokensAndFreePlacesAreNoDifference() {
        func mark(_ text: String, _ kind: Vocabulary.Kind = .control) -> Vocabulary.Token {
            .init(bytes: Array(text.utf8), kind: kind)
        }
        let cases: [([Vocabulary.Token], [Vocabulary.Token])] = [
            ([Self.a], [Self.a, mark("[PAD1]", .unused)]),
            ([Self.a], [Self.a, mark("<|im_end|>")]),
            ([Self.a, mark("<|reserved_special_token_0|>")], [Self.a, mark("<|im_end|>")]),
            ([Self.a, mark("<unused3>", .normal)], [Self.a, mark("<|im_end|>")]),
            ([Self.a, mark("<tool>", .userDefined)], [Self.a, mark("<tool>")]),
            ([Self.a, mark("<|dummy_4|>")], [Self.a, mark("[PAD1]", .unused)]),
        ]
        for (one, other) in cases {
            #expect(Self.vocabulary(one).firstDifference(from: Self.vocabulary(other)) == nil)
            #expect(Self.vocabulary(other).firstDifference(from: Self.vocabulary(one)) == nil)
        }
        #expect(!mark("<|reserved|>").isPlaceholder)
        #expect(!mark("<0x0A>", .byte).isPlaceholder)
        #expect(!mark("reserved_3", .normal).isPlaceholder)
    }

    @Test("control tokens of other names are no difference, other tokens are")
    func controlTokensOfOtherNamesAreNoDifference() {
        func token(_ text: String, _ kind: Vocabulary.Kind = .control) -> Vocabulary.Token {
            .init(bytes: Array(text.utf8), kind: kind)
        }
        let renamed: [(Vocabulary.Token, Vocabulary.Token)] = [
            (token("<|im_end|>"), token("<|eot_id|>")),
            (token("<|im_start|>"), token("<｜User｜>")),
            // What one file calls a control token can be an added text in the other, or have no kind.
            (token("<|box_start|>"), token("<think>", .userDefined)),
            (token("<|box_start|>"), token("<think>", .normal)),
            (token("<|box_end|>"), token("USER:", .userDefined)),
            (token("<unk>", .unknown), token("<|pad|>")),
        ]
        for (one, other) in renamed {
            let pair = (Self.vocabulary([Self.a, one]), Self.vocabulary([Self.a, other]))
            #expect(pair.0.firstDifference(from: pair.1) == nil)
            #expect(pair.1.firstDifference(from: pair.0) == nil)
            #expect(pair.0.renamedMarks(in: pair.1) == [1])
        }
        let others: [(Vocabulary.Token, Vocabulary.Token)] = [
            (token("hen", .normal), token("cow", .normal)),
            (token("<hen>", .normal), token("<cow>", .normal)),
            (token("<tool>", .userDefined), token("<think>", .userDefined)),
            (token("<|im_end|>"), token("hen", .normal)),
            (token("<|im_end|>"), token("h", .byte)),
            (token("im_end"), token("im_end", .normal)),
        ]
        for (one, other) in others {
            let pair = (Self.vocabulary([Self.a, one]), Self.vocabulary([Self.a, other]))
            #expect(pair.0.firstDifference(from: pair.1) != nil, "\(one) \(other)")
            #expect(pair.1.firstDifference(from: pair.0) != nil, "\(one) \(other)")
        }
        // One token, of a kind that the files give differently.
        let marks: [(Vocabulary.Kind, Vocabulary.Kind)] = [
            (.control, .normal), (.userDefined, .normal), (.control, .userDefined),
            (.unknown, .control),
        ]
        for (one, other) in marks {
            let pair = (
                Self.vocabulary([token("<|im_end|>", one)]),
                Self.vocabulary([token("<|im_end|>", other)])
            )
            #expect(pair.0.firstDifference(from: pair.1) == nil)
            #expect(pair.0.renamedMarks(in: pair.1).isEmpty)
        }
    }

    @Test("a mark that was moved is not renamed, whichever of the two has it twice")
    func aMarkThatWasMovedIsNotRenamed() {
        func marks(_ names: String...) -> Vocabulary {
            Self.vocabulary(names.map { .init(bytes: Array($0.utf8), kind: .control) })
        }
        let (one, other) = (marks("<a>", "<b>"), marks("<b>", "<c>"))
        #expect(
            one.firstDifference(from: other)?.description
                == "they differ first at id 0 (`<a>` control against `<b>` control); `<b>` has the "
                + "id 1 here")
        #expect(
            other.firstDifference(from: one)?.description
                == "they differ first at id 0 (`<b>` control against `<a>` control); `<b>` has the "
                + "id 1 there")
        #expect(marks("<a>", "<b>").firstDifference(from: marks("<b>", "<a>")) != nil)
    }

    @Test("a common vocabulary is recognised by type, size and pre-tokenizer")
    func aCommonVocabularyIsRecognisedByTypeSizeAndPreTokenizer() {
        func family(_ type: String, _ size: Int, _ pre: String? = nil) -> String? {
            Vocabulary(
                type: type, tokens: .init(repeating: Self.a, count: size), preTokenizer: pre
            ).family
        }
        #expect(family("SPM", 32000) == "Llama 1, Llama 2 or Mistral (SPM, 32000 tokens)")
        #expect(family("BPE", 128256, "llama-bpe") == "Llama 3 (BPE, 128256 tokens)")
        #expect(family("BPE", 151936, "qwen2") == "Qwen 2, 2.5 or 3 (BPE, 151936 tokens)")
        #expect(family("BPE", 151936, "other") == nil)
        #expect(family("BPE", 32000) == nil)
    }

    @Test("where one token ends and the next begins is part of the fingerprint")
    func whereOneTokenEndsAndTheNextBeginsIsPartOfTheFingerprint() {
        let whole = Self.vocabulary([.init(bytes: [0x61, 0x62]), .init(bytes: [])])
        let split = Self.vocabulary([.init(bytes: [0x61]), .init(bytes: [0x62])])
        #expect(whole.fingerprint != split.fingerprint)
    }

    @Test("tokens are shown to people") func tokensAreShownToPeople() {
        let vocabulary = ByteTokenizer.vocabulary()
        #expect(vocabulary.display(0x41) == "A")
        #expect(vocabulary.display(0x0a) == "\\n")
        #expect(vocabulary.display(0x09) == "\\t")
        #expect(vocabulary.display(0xff) == "\u{fffd}")
        #expect(vocabulary.display(257) == "<turn>")
        #expect(vocabulary.display(258) == "<no token 258>")
        #expect(vocabulary.controlTokens == [256, 257])
    }
}
