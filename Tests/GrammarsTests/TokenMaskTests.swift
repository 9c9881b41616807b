import Grammars
import TestSupport
import Testing

/// Which tokens a state allows: found over the tree of tokens and kept, the same as trying each token.
@Suite struct TokenMaskTests {
    /// A token is allowed exactly when its bytes lead to a state.
    private static func check(
        _ masks: TokenMasks, _ texts: [[UInt8]?], _ state: GrammarState, ends: Set<Int>
    ) throws {
        let mask = try masks.mask(for: state)
        for (token, text) in texts.enumerated() {
            let expected: Bool
            if ends.contains(token) {
                expected = state.canEnd
            } else if let text, !text.isEmpty {
                expected = try state.advanced(byBytes: text) != nil
            } else {
                expected = false
            }
            #expect(mask.contains(token) == expected, "token \(token): \(text ?? [])")
        }
        #expect(mask.tokens == texts.indices.filter(mask.contains))
        #expect(mask.count == mask.tokens.count && mask.isEmpty == mask.tokens.isEmpty)
        #expect(mask.only == (mask.count == 1 ? mask.tokens[0] : nil))
    }

    /// Tokens of pieces of JSON and of bytes at random, some of them parts of characters.
    static func vocabulary(_ random: inout SeededRandom, _ count: Int, alphabet: [UInt8])
        -> [[UInt8]?]
    {
        let pieces = [
            "\"", "\":", "{\"", "\"}", "},", "]", "[[", "null", "true", "1.5", "é", "😀", "abc",
        ]
        return (0..<count).map { index in
            switch index % 7 {
            case 0: nil
            case 1: []
            case 2: Array((pieces.randomElement(using: &random) ?? "").utf8)
            case 3:
                Array("é😀ß".utf8[...].dropFirst(Int.random(in: 0..<6, using: &random)).prefix(3))
            default:
                (0..<Int.random(in: 1...5, using: &random)).map { _ in
                    alphabet.randomElement(using: &random) ?? 0
                }
            }
        }
    }

    @Test("a mask is what trying each token gives, over random grammars and walks")
    func aMaskIsWhatTryingEachTokenGives() throws {
        var random = SeededRandom(1)
        var (grammars, states, limits) = (0, 0, 0)
        while grammars < 150 {
            let text = RandomGrammar.text(&random)
            let grammar: Grammar
            do { grammar = try Grammar(gbnf: text) } catch { continue }
            grammars += 1
            let texts = Self.vocabulary(&random, 60, alphabet: Array("abcxé(),".utf8))
            let ends: Set<Int> = [7, 14]
            let masks = TokenMasks(
                grammar: grammar, trie: TokenTrie(texts: texts, endTokens: ends))
            for _ in 0..<4 {
                var state = grammar.start
                for _ in 0..<12 {
                    do {
                        try Self.check(masks, texts, state, ends: ends)
                    } catch GrammarError.limit {
                        // Random grammars may be read in thousands of ways.
                        limits += 1
                        break
                    }
                    states += 1
                    guard let byte = state.nextBytes.randomElement(using: &random),
                        let next = try state.advanced(byBytes: [byte])
                    else { break }
                    state = next
                }
            }
        }
        #expect(states > 1_000 && limits < 50)
    }

    static let schemas = [
        #"{"type": "object"}"#,
        #"{"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 300}"#,
        #"{"type": "string", "maxLength": 100}"#, #"{"type": "string", "minLength": 60}"#,
        ##"{"type": "object", "properties": {"a": {"type": "string"}, "b": {"$ref": "#"}, "ab": {"enum": ["é", 1, null]}}, "additionalProperties": {"type": "number"}}"##,
    ]

    @Test("a mask is what trying each token gives, over schemas", arguments: schemas)
    func aMaskIsWhatTryingEachTokenGivesOverSchemas(_ text: String) throws {
        let grammar = try Grammar(schema: schema(text))
        var random = SeededRandom(2)
        let texts = Self.vocabulary(&random, 200, alphabet: Array("ab1,\":[]{} \\né".utf8))
        let ends: Set<Int> = [0]
        let masks = TokenMasks(grammar: grammar, trie: TokenTrie(texts: texts, endTokens: ends))
        for _ in 0..<6 {
            guard let sample = try grammar.sample(&random, length: 200) else { continue }
            var state = grammar.start
            for byte in sample {
                try Self.check(masks, texts, state, ends: ends)
                state = try #require(try state.advanced(byBytes: [byte]))
            }
            try Self.check(masks, texts, state, ends: ends)
        }
    }

    @Test("places far inside a counted repetition share their masks")
    func placesFarInsideACountedRepetitionShareTheirMasks() throws {
        let texts: [[UInt8]?] = ["a", "aaaa", "aaaaaaaa", "\"", "a\"", "aa\"b"].map {
            Array($0.utf8)
        }
        for text in [
            #"root ::= "\x22" [ab]{3,40} "\x22""#,
            #"root ::= "\x22" ("ab" | "a"){30} "\x22" "b"?"#,
        ] {
            let grammar = try Grammar(gbnf: text)
            let masks = TokenMasks(grammar: grammar, trie: TokenTrie(texts: texts))
            var state = try #require(try grammar.start.advanced(byBytes: [0x22]))
            for _ in 0..<42 {
                try Self.check(masks, texts, state, ends: [])
                guard let next = try state.advanced(byBytes: [0x61]) else { break }
                state = next
            }
        }
    }

    @Test("a small cache changes no mask") func aSmallCacheChangesNoMask() throws {
        let grammar = try Grammar.jsonObject()
        var random = SeededRandom(3)
        let texts = Self.vocabulary(&random, 100, alphabet: Array("ab1,\":[]{}".utf8))
        let trie = TokenTrie(texts: texts)
        let small = TokenMasks(grammar: grammar, trie: trie, cacheBytes: 0)
        let large = TokenMasks(grammar: grammar, trie: trie)
        for _ in 0..<4 {
            guard let sample = try grammar.sample(&random) else { continue }
            for end in 0...sample.count {
                let state = try #require(try grammar.start.advanced(byBytes: sample[..<end]))
                #expect(try small.mask(for: state) == large.mask(for: state))
            }
        }
    }

    @Test("masks are the same on many threads") func masksAreTheSameOnManyThreads() async throws {
        let grammar = try Grammar.jsonObject()
        var random = SeededRandom(4)
        let texts = Self.vocabulary(&random, 300, alphabet: Array("ab1,\":[]{}".utf8))
        let masks = TokenMasks(grammar: grammar, trie: TokenTrie(texts: texts))
        let text = Array(#"{"a": [1, {"b": "ab\"c"}], "é": null}"#.utf8)
        let found = try await withThrowingTaskGroup(of: [TokenMask].self) { group in
            for _ in 0..<8 {
                group.addTask {
                    try (0...text.count).map { end in
                        let state = try #require(
                            try grammar.start.advanced(byBytes: text[..<end]))
                        return try masks.mask(for: state)
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(found).count == 1)
    }

    @Test("tokens without text and an empty vocabulary are no trouble")
    func tokensWithoutTextAndAnEmptyVocabularyAreNoTrouble() throws {
        let grammar = try Grammar(gbnf: #"root ::= "a"?"#)
        let empty = TokenMasks(grammar: grammar, trie: TokenTrie(texts: []))
        #expect(try empty.mask(for: grammar.start).isEmpty)
        // The end's own text does not count, and one outside the vocabulary is passed over.
        let texts: [[UInt8]?] = [nil, [], [0x61], [0x61], [0x62]]
        let masks = TokenMasks(
            grammar: grammar, trie: TokenTrie(texts: texts, endTokens: [3, 9]))
        #expect(try masks.mask(for: grammar.start).tokens == [2, 3])
        let end = try #require(try grammar.start.advanced(byBytes: [0x61]))
        #expect(try masks.mask(for: end).tokens == [3])
        for token in [-1, 99] { #expect(try !masks.mask(for: end).contains(token)) }
    }
}

/// Grammars at random, some of which make no sense.
enum RandomGrammar {
    static func text(_ random: inout SeededRandom) -> String {
        let names = ["root", "p", "q", "r"].prefix(Int.random(in: 1...4, using: &random))
        return names.map { name in
            "\(name) ::= " + alternates(&random, Array(names), depth: 3)
        }.joined(separator: "\n")
    }

    private static func alternates(
        _ random: inout SeededRandom, _ names: [String], depth: Int
    ) -> String {
        (0..<Int.random(in: 1...3, using: &random)).map { _ in
            (0..<Int.random(in: 1...3, using: &random)).map { _ in
                item(&random, names, depth: depth)
            }.joined(separator: " ")
        }.joined(separator: " | ")
    }

    private static func item(
        _ random: inout SeededRandom, _ names: [String], depth: Int
    ) -> String {
        let atom: String
        switch Int.random(in: 0..<(depth > 0 ? 9 : 6), using: &random) {
        case 0: atom = "\"a\""
        case 1: atom = "\"ab\""
        case 2: atom = "[a-c]"
        case 3: atom = "[^a-z]"
        case 4: atom = "[é-ü😀]"
        case 5: atom = "\"(\""
        case 6, 7: atom = names.randomElement(using: &random) ?? "root"
        default: atom = "(" + alternates(&random, names, depth: depth - 1) + ")"
        }
        let repeats = ["", "", "", "", "?", "*", "+", "{2}", "{0,3}", "{1,}", "{3,9}"]
        return atom + (repeats.randomElement(using: &random) ?? "")
    }
}
