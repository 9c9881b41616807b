import EmulatedFineTuning
import Foundation
import Testing

@testable import StringScores

/// Odd vocabularies and odd texts: a clear error or right answers, in bounded time.
@Suite struct BadInputTests {
    private static func canonical(_ alphabet: String, merges: [ToyTokenizer.Pair] = []) -> Canonical
    {
        let tokenizer = ToyTokenizer(alphabet: Array(alphabet.utf8), merges: merges)
        return Canonical(texts: tokenizer.texts, encode: tokenizer.encode)
    }

    @Test("a vocabulary without merges has everything in its trunk at once")
    func aVocabularyWithoutMerges() throws {
        var trunk = Trunk(Self.canonical("abc "))
        try trunk.extend("ab ca".utf8)
        #expect(trunk.tokens == [0, 1, 3, 2, 0] && trunk.held.isEmpty)
    }

    @Test("a byte that no token spells is an error that names it, and changes nothing")
    func aByteThatNoTokenSpells() throws {
        var trunk = Trunk(Self.canonical("abc "))
        try trunk.extend("ab a".utf8)
        let before = (trunk.tokens, trunk.held)
        #expect(throws: StringScoreError.unspellable(bytes: [0x7a], offset: 5)) {
            try trunk.extend("bz c a".utf8)
        }
        #expect(trunk.text == Array("ab a".utf8) && before == (trunk.tokens, trunk.held))
        try trunk.extend("b".utf8)
        #expect(trunk.tokens == [0, 1, 3, 0, 1])
        #expect(
            StringScoreError.unspellable(bytes: [0xe4, 0xb8, 0xad], offset: 5).description == """
                The text must be spelled with the member's own tokens, and it has none for byte 5 of \
                it (hexadecimal e4 b8 ad). Use a member whose vocabulary has a token for every byte.
                """)
    }

    @Test("a string that cannot be spelled has probability 0, the others keep theirs")
    func aStringThatCannotBeSpelled() throws {
        let canonical = Self.canonical("ab")
        var scorer = StringScorer(canonical, limits: .unlimited)
        let plan = scorer.plan(held: [], strings: [Array("az".utf8), Array("ab".utf8), [0xff], []])
        let result = scorer.scores(plan, RandomTable(vocabularyCount: 2, seed: 3), trunk: [])
        let scores = try #require(result)
        #expect(scores.values[0] == -.infinity && scores.values[2] == -.infinity)
        #expect(scores.values[1].isFinite && scores.values[3] == 0)
    }

    @Test("tokens that spell a control token's name are text")
    func tokensThatSpellAControlTokensName() throws {
        // The control token has no text here; its name is spelled by other tokens.
        var texts: [[UInt8]?] = Array("<|end>".utf8).map { [$0] }
        texts.append(nil)
        let bytes = texts.compactMap { $0?.first }
        let canonical = Canonical(texts: texts) { text in
            text.compactMap { byte in bytes.firstIndex(of: byte) }
        }
        var trunk = Trunk(canonical)
        try trunk.extend("<|end|>e".utf8)
        #expect(!trunk.tokens.contains(6) && trunk.tokens.count + trunk.held.count == 8)
    }

    @Test("a tokenizer whose tokens do not spell the text gives an error, not other text")
    func aTokenizerThatChangesText() {
        let canonical = Canonical(texts: Array("ab".utf8).map { [$0] }) { text in
            text.map { _ in 0 }
        }
        var trunk = Trunk(canonical)
        #expect(throws: StringScoreError.self) { try trunk.extend("ab".utf8) }
        let outside = Canonical(texts: [[0x61]]) { _ in [7, -1] }
        #expect(outside.tokens(of: [0x61]) == nil)
    }

    @Test("bytes that are no characters are spelled one by one, parts of characters are held back")
    func bytesThatAreNoCharacters() throws {
        let texts: [[UInt8]?] = (0..<256).map { [UInt8($0)] } + [Array("é".utf8)]
        let canonical = Canonical(texts: texts) { text in
            String(decoding: text, as: UTF8.self).flatMap { character in
                character == "é" ? [256] : character.utf8.map(Int.init)
            }
        }
        #expect(canonical.tokens(of: [0x61, 0xff, 0xc3, 0xa9, 0xc3]) == [0x61, 0xff, 256, 0xc3])
        var trunk = Trunk(canonical)
        try trunk.extend([0x61, 0xc3])
        #expect(trunk.held == [0xc3])
        try trunk.extend([0xa9, 0x61])
        #expect(trunk.tokens == [0x61, 256, 0x61])
        try trunk.extend([0x80, 0xff, 0x61, 0x20, 0x61, 0x61])
        #expect(trunk.tokens.flatMap { texts[$0] ?? [] } + trunk.held == trunk.text)
        // "é" has two ways: its own token is the canonical one, so that half of it leads nowhere.
        #expect(canonical.branches(of: [0xc3, 0xa9], followers: .max) == [])
        #expect(canonical.branches(of: [0x61, 0xc3], followers: .max).map(\.end) == [1])
    }

    @Test("empty texts and strings, and vocabularies without tokens")
    func emptyTexts() throws {
        let canonical = Self.canonical("ab")
        #expect(canonical.tokens(of: []) == [] && canonical.branches(of: [], followers: 9).isEmpty)
        var trunk = Trunk(canonical)
        try trunk.extend([])
        trunk.rewind(to: 0)
        #expect(trunk.tokens.isEmpty && trunk.point(at: 0) == .init(tokenCount: 0, held: []))
        let none = Canonical(texts: [nil, nil]) { _ in [] }
        var empty = Trunk(none)
        #expect(throws: StringScoreError.unspellable(bytes: [0x61], offset: 0)) {
            try empty.extend([0x61])
        }
        var scorer = StringScorer(none)
        let plan = scorer.plan(held: [], strings: [[0x61]])
        [Float(0), 0].withUnsafeBufferPointer {
            let scores = scorer.scores(
                plan, trunk: NormalizedRow($0, logNormalizer: 0), branches: [])
            #expect(scores?.values.allSatisfy { $0 == -.infinity } == true)
        }
    }

    @Test("32,000 bytes without a seam: bounded, and forced cuts are counted")
    func textWithoutASeam() throws {
        // aa, aaaa, …: tokens of up to 64 bytes cross every place.
        var merges = [ToyTokenizer.Pair(left: 0, right: 0)]
        for token in 2..<7 { merges.append(.init(left: token, right: token)) }
        let canonical = Self.canonical("a ", merges: merges)
        var trunk = Trunk(canonical)
        let clock = ContinuousClock()
        let took = try clock.measure {
            try trunk.extend(repeatElement(0x61, count: 32_000))
        }
        print("trunk: 32,000 bytes without a seam in \(took), \(trunk.forcedCuts) forced cuts")
        #expect(took < .seconds(20) && trunk.forcedCuts > 100 && trunk.held.count <= 256)
        let spelled = trunk.tokens.flatMap { canonical.texts[$0] ?? [] }
        #expect(spelled + trunk.held == trunk.text)
        // The same after a rewind, forced cuts included.
        let (tokens, cuts) = (trunk.tokens, trunk.forcedCuts)
        trunk.rewind(to: 12_345)
        #expect(trunk.forcedCuts < cuts)
        try trunk.extend(repeatElement(0x61, count: 32_000 - 12_345))
        #expect(trunk.tokens == tokens && trunk.forcedCuts == cuts)
    }

    @Test("a long string is bounded, and memory is")
    func aLongString() {
        var merges = [ToyTokenizer.Pair(left: 0, right: 0)]
        for token in 2..<7 { merges.append(.init(left: token, right: token)) }
        let canonical = Self.canonical("a ", merges: merges)
        let scorer = StringScorer(canonical)
        let took = ContinuousClock().measure {
            let string = [UInt8](repeating: 0x61, count: 300)
            let plan = scorer.plan(held: string, strings: [string, Array(string.prefix(5))])
            #expect(plan.branches.count <= scorer.limits.branches)
        }
        #expect(took < .seconds(20))
        var memory = RecentlyUsed<Int, Int>(capacity: 10)
        for key in 0..<1_000 { memory[key] = key }
        #expect(memory.count <= 10 && memory[999] == 999 && memory[3] == nil)
    }
}
