import Foundation
import Grammars
import JSONValues
import Testing

/// How long masks take over a real vocabulary. Not part of a usual run: GRAMMAR_VOCABULARY names a file with
/// each token's length (32 bits, −1 without text) and bytes.
@Suite struct MaskTimingTests {
    @Test(
        "masks over a large vocabulary",
        .enabled(
            if: ProcessInfo.processInfo.environment["GRAMMAR_VOCABULARY"] != nil,
            "GRAMMAR_VOCABULARY names no file"))
    func masksOverALargeVocabulary() throws {
        let path = try #require(ProcessInfo.processInfo.environment["GRAMMAR_VOCABULARY"])
        let texts = try Self.vocabulary(path)
        let clock = ContinuousClock()
        var built: TokenTrie?
        let made = clock.measure { built = TokenTrie(texts: texts, endTokens: [1]) }
        let trie = try #require(built)
        print("vocabulary of \(texts.count): tree made in \(made)")
        try Self.time("any object", Grammar.jsonObject(), trie, texts)
        try Self.time(
            "a schema", Grammar(schema: JSONParser.parse(Array(Self.schema.utf8))), trie, texts)
        try Self.time(
            "json.gbnf",
            Grammar(
                gbnf: #"""
                    root   ::= object
                    value  ::= object | array | string | number | ("true" | "false" | "null")
                    object ::= "{" ws (string ws ":" ws value ws ("," ws string ws ":" ws value ws)*)? "}"
                    array  ::= "[" ws (value ws ("," ws value ws)*)? "]"
                    string ::= "\"" ([^"\\\x7F\x00-\x1F] | "\\" (["\\/bfnrt] | "u" [0-9a-fA-F]{4}))* "\""
                    number ::= "-"? ([0-9] | [1-9] [0-9]{0,15}) ("." [0-9]{1,16})? ([eE] [-+]? [0-9]{1,3})?
                    ws     ::= | " " | "\n" [ \t]{0,20}
                    """#), trie, texts)
    }

    private static let schema = #"""
        {"type": "object", "properties": {
            "name": {"type": "string", "maxLength": 80},
            "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 20},
            "score": {"type": "number", "minimum": 0, "maximum": 1},
            "kind": {"enum": ["person", "place", "thing"]},
            "parts": {"type": "array", "items": {"$ref": "#"}}},
         "required": ["name", "tags", "score", "kind"], "additionalProperties": false}
        """#

    private static let reply = #"""
        {"name": "Ada Lovelace, an English mathematician", "tags": ["computing", "mathematics é", "19th century"],
          "score": 0.875, "kind": "person", "parts": [
            {"name": "Analytical \"Engine\"", "tags": [], "score": 1, "kind": "thing"},
            {"name": "Notes", "tags": ["text"], "score": 0.5, "kind": "thing", "parts": []}]}
        """#

    private static func time(
        _ name: String, _ grammar: @autoclosure () throws -> Grammar, _ trie: TokenTrie,
        _ texts: [[UInt8]?]
    ) throws {
        let clock = ContinuousClock()
        let start = clock.now
        let grammar = try grammar()
        let compiled = clock.now - start
        let masks = TokenMasks(grammar: grammar, trie: trie)
        let tokens = Self.tokens(of: Array(reply.utf8), texts)
        for round in ["first reply", "second reply"] {
            var (state, times, steps): (GrammarState, [Duration], Duration) = (
                grammar.start, [], .zero
            )
            for text in tokens {
                let before = clock.now
                let mask = try masks.mask(for: state)
                let between = clock.now
                #expect(!mask.isEmpty)
                state = try #require(
                    try state.advanced(byBytes: text), "\(String(decoding: text, as: UTF8.self))")
                times.append(between - before)
                steps += clock.now - between
            }
            #expect(state.canEnd)
            let total = times.reduce(.zero, +)
            print(
                "\(name), \(round): compiled in \(compiled); \(tokens.count) tokens; mask "
                    + "\(total / tokens.count) on average, \(times.sorted()[times.count / 2]) in the middle, "
                    + "\(times.max() ?? .zero) at most; a step \(steps / tokens.count)")
        }
    }

    /// The longest token each time: about how a tokenizer would cut it.
    private static func tokens(of text: [UInt8], _ texts: [[UInt8]?]) -> [[UInt8]] {
        let known = Set(texts.compactMap { $0 })
        var (tokens, rest): ([[UInt8]], ArraySlice<UInt8>) = ([], text[...])
        while !rest.isEmpty {
            let length =
                (1...min(rest.count, 32)).reversed().first {
                    known.contains(Array(rest.prefix($0)))
                } ?? 1
            tokens.append(Array(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        return tokens
    }

    private static func vocabulary(_ path: String) throws -> [[UInt8]?] {
        let data = Array(try Data(contentsOf: URL(filePath: path)))
        var (texts, position): ([[UInt8]?], Int) = ([], 0)
        while position + 4 <= data.count {
            let length = data[position..<position + 4].reversed().reduce(UInt32(0)) {
                $0 << 8 | UInt32($1)
            }
            position += 4
            guard length != .max else {
                texts.append(nil)
                continue
            }
            texts.append(Array(data[position..<position + Int(length)]))
            position += Int(length)
        }
        return texts
    }
}
