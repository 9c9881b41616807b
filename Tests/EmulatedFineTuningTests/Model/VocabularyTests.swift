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
            (Self.vocabulary([Self.b, Self.a]), "they differ first at id 0 (`a` against `b`)"),
            (Self.vocabulary([Self.a]), "they differ first at id 1 (`b` against nothing)"),
            (
                Self.vocabulary([Self.a, .init(bytes: [0x62], kind: .control)]),
                "they differ first at id 1 (`b` against `b` control)"
            ),
            (
                Self.vocabulary([Self.a, Self.b, .init(bytes: [0x0a, 0xff], kind: .unused)]),
                "they differ first at id 2 (nothing against `\\n\u{fffd}` unused)"
            ),
        ]
        for (other, text) in cases {
            #expect(one.firstDifference(from: other)?.description == text)
            #expect(one.fingerprint != other.fingerprint)
        }
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
