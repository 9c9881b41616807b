import Grammars
import JSONValues
import TestSupport
import Testing

/// Texts and schemas that want to crash, hang or fill the memory: each ends soon, most in an error.
@Suite struct HostileGrammarTests {
    private static func nested(_ count: Int, _ open: String, _ inner: String, _ close: String)
        -> String
    {
        String(repeating: open, count: count) + inner + String(repeating: close, count: count)
    }

    private static func soon<Value>(_ name: String, _ body: () throws -> Value) rethrows -> Value {
        let start = ContinuousClock.now
        defer {
            // Generous: a busy machine is no failure, a hang is.
            #expect(ContinuousClock.now - start < .seconds(30), "\(name)")
        }
        return try body()
    }

    static let refusedGrammars: [(String, String)] = [
        ("groups", "root ::= " + nested(100_000, "(", "\"a\"", ")")),
        ("open groups", "root ::= " + String(repeating: "(", count: 100_000)),
        ("question marks", "root ::= \"a\"" + String(repeating: "?", count: 100_000)),
        ("bounds", "root ::= \"a\"" + String(repeating: "{2}", count: 100_000)),
        ("a large repetition", "root ::= \"a\"{1000000000000000000000}"),
        (
            "empty rounds",
            "root ::= \"\"{65536} (\"\"{65536}){65536} (\"\" \"\"){65536} (\"\" \"\" \"\"){65536} [a-z]{65536}"
        ),
        ("left out in many ways", "root ::= " + String(repeating: "\"a\"? ", count: 20_000)),
        (
            "rules that begin with one another",
            (0..<10_000).map { "r\($0) ::= r\($0 + 1)" }.joined(separator: "\n")
                + "\nr10000 ::= \"a\"\nroot ::= r0"
        ),
        ("many rules", (0..<100_000).map { "r\($0) ::= \"a\"" }.joined(separator: "\n")),
        ("long", String(repeating: " ", count: 2_000_000)),
        ("names", "root ::= " + (0..<100_000).map { "x\($0) " }.joined()),
    ]

    @Test("a grammar is refused soon", arguments: refusedGrammars)
    func aGrammarIsRefusedSoon(_ name: String, _ text: String) throws {
        let error = try #require(throws: GrammarError.self) {
            try Self.soon(name) { try Grammar(gbnf: text) }
        }
        #expect(error.description.count < 400)
    }

    static let refusedExpressions: [(String, String)] = [
        ("groups", nested(100_000, "(", "a", ")")),
        ("open groups", String(repeating: "(?:", count: 100_000)),
        ("a large repetition", "a{1000000000000000000000}"),
        ("long", String(repeating: "a", count: 2_000_000)),
        ("many places", String(repeating: "[à-𐍈]{60000}", count: 100)),
    ]

    @Test("a regular expression is refused soon", arguments: refusedExpressions)
    func aRegularExpressionIsRefusedSoon(_ name: String, _ text: String) throws {
        let error = try #require(throws: GrammarError.self) {
            try Self.soon(name) { try Grammar(regularExpression: text) }
        }
        #expect(error.description.count < 400)
    }

    static let heavy = [
        "(a{1,1000}){1,1000}", "(a*)*", "(a*)*b", "((a+)+)+b", "(a|a)*b", "(a|aa)+$", "(.*a){20}",
        "(a|b)*a(a|b){3000}", "(((a{0,50}){0,50}){0,50}){0,50}", "(a?){1000}a{1000}",
        "(x+x+)+y", "(.*)(.*)(.*)(.*)(.*)(.*)x",
    ]

    @Test("heavy expressions match or end in a limit, soon", arguments: heavy)
    func heavyExpressionsMatchOrEndInALimitSoon(_ text: String) throws {
        Self.soon(text) {
            do {
                let grammar = try Grammar(regularExpression: text)
                let tokens: [[UInt8]] = ["a", "aa", "ab", "aaaaaaaa", "b", "x"].map {
                    Array($0.utf8)
                }
                let masks = TokenMasks(grammar: grammar, trie: TokenTrie(texts: tokens))
                var state = grammar.start
                for step in 0..<300 {
                    _ = try masks.mask(for: state)
                    _ = try state.forcedBytes(limit: 10)
                    let byte: UInt8 = step % 7 == 6 ? 0x62 : 0x61
                    guard
                        let next = try state.advanced(byBytes: [byte])
                            ?? state.advanced(byBytes: [0x61])
                    else { break }
                    state = next
                }
            } catch {
                // As good.
                #expect("\(error)".hasPrefix("The grammar asks for too much"))
            }
        }
    }

    @Test("rules open in one another end in a limit") func rulesOpenInOneAnotherEndInALimit() throws
    {
        let grammar = try Grammar(gbnf: #"root ::= "(" root ")" | "x""#)
        let error = try #require(throws: GrammarError.self) {
            try grammar.start.advanced(byBytes: [UInt8](repeating: 0x28, count: 100_000))
        }
        #expect(error == .limit("more than 1000 rules are open in one another"))
        // Up to there it works, and what was open is let go without a deep stack.
        let text = Self.nested(900, "(", "x", ")")
        #expect(try grammar.matches(text))
    }

    @Test("a text that can be read in many ways ends in a limit")
    func aTextThatCanBeReadInManyWaysEndsInALimit() throws {
        let grammar = try Grammar(gbnf: #"root ::= "a" root "b" | "a" "a" root "c" | "x""#)
        _ = Self.soon("many ways") {
            #expect(throws: GrammarError.self) {
                try grammar.start.advanced(byBytes: [UInt8](repeating: 0x61, count: 100_000))
            }
        }
    }

    @Test("large and deep schemas end soon") func largeAndDeepSchemasEndSoon() throws {
        func object(_ key: String, _ value: JSON) -> JSON {
            .object([JSON.Entry(key: key, value: value)])
        }
        var deep = JSON.flag(true)
        for level in 0..<3_000 {
            deep = level % 2 == 0 ? object("items", deep) : object("allOf", .array([deep]))
        }
        var nestedAll = JSON.flag(true)
        for _ in 0..<3_000 { nestedAll = object("allOf", .array([nestedAll])) }
        var value = JSON.integer(1)
        for _ in 0..<3_000 { value = .array([value]) }
        let many = JSON.object(
            (0..<30_000).map {
                JSON.Entry(key: "property\($0)", value: object("type", .text("string")))
            })
        let alternatives = JSON.array(
            (0..<2_000).map { object("required", .array([.text("a\($0)")])) })
        let references = JSON.object([
            JSON.Entry(
                key: "$defs",
                value: .object(
                    (0..<8_000).map {
                        JSON.Entry(
                            key: "d\($0)",
                            value: object(
                                "items", object("$ref", .text("#/$defs/d\(($0 * 7919) % 8000)"))))
                    })),
            JSON.Entry(key: "$ref", value: .text("#/$defs/d1")),
        ])
        let cases: [(String, JSON)] = [
            ("deep", deep), ("nested allOf", nestedAll),
            ("a deep constant", object("const", value)),
            ("many properties", object("properties", many)),
            (
                "many optional others",
                .object([
                    JSON.Entry(key: "properties", value: many),
                    JSON.Entry(key: "additionalProperties", value: .flag(true)),
                ])
            ),
            ("many alternatives", object("oneOf", alternatives)),
            (
                "products",
                object(
                    "allOf",
                    .array(
                        (0..<10).map { _ in
                            object(
                                "anyOf", .array((0..<10).map { object("minLength", .integer($0)) }))
                        }))
            ),
            ("many references", references),
            ("a large enum", object("enum", .array((0..<100_000).map { .text("value \($0)") }))),
            (
                "a large maxLength",
                .object([
                    JSON.Entry(key: "type", value: .text("string")),
                    JSON.Entry(key: "maxLength", value: .integer(60_000)),
                ])
            ),
            (
                "a huge maxItems",
                .object([
                    JSON.Entry(key: "type", value: .text("array")),
                    JSON.Entry(key: "maxItems", value: .integer(.max)),
                ])
            ),
            (
                "a huge minItems",
                .object([
                    JSON.Entry(key: "type", value: .text("array")),
                    JSON.Entry(key: "minItems", value: .integer(.max)),
                ])
            ),
        ]
        for (name, json) in cases {
            Self.soon(name) {
                do {
                    _ = try Grammar(schema: json)
                } catch {
                    #expect("\(error)".count < 400, "\(name)")
                }
            }
        }
        // The nests themselves are let go a layer at a time: a deep one would overflow the stack.
        for nest in [deep, nestedAll, value] {
            var nest = nest
            while true {
                switch nest {
                case .array(let values): nest = values[0]
                case .object(let entries): nest = entries[0].value
                default: return
                }
            }
        }
    }

    @Test("no bytes crash a parser, and none hang it") func noBytesCrashAParserAndNoneHangIt() {
        var random = SeededRandom(5)
        let pieces = [
            "root", "::=", "a", "\"", "\"a\"", "[", "]", "^", "-", "(", ")", "|", "*", "+", "?",
            "{", "}",
            "{2,3}", "{0,}", "\\", "\\x41", "\\u00e9", "\n", "\r", " ", "#", ".", "é", "😀", "\0",
            "<", "!",
            ",", "1", "99999999999", "\\d", "(?:", "(?<n>", "$", "\u{301}",
        ]
        var (grammars, expressions) = (0, 0)
        for _ in 0..<10_000 {
            let text = (0..<Int.random(in: 1...20, using: &random)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }.joined()
            do {
                _ = try Grammar(gbnf: "root ::= " + text)
                grammars += 1
            } catch { #expect("\(error)".count < 400) }
            do {
                _ = try Grammar(regularExpression: text)
                expressions += 1
            } catch { #expect("\(error)".count < 400) }
        }
        #expect(grammars > 100 && expressions > 100)
    }

    @Test("a long error is cut, and shows no control characters")
    func aLongErrorIsCutAndShowsNoControlCharacters() throws {
        let name = String(repeating: "x", count: 5_000)
        for text in ["root ::= \(name)", "root ::= \u{1b}[31m", "\u{7}"] {
            let error = try #require(throws: GrammarError.self) { try Grammar(gbnf: text) }
            #expect(error.description.count < 400)
            #expect(
                !error.description.unicodeScalars.contains {
                    $0.properties.generalCategory == .control
                })
        }
        let json = JSON.object([
            JSON.Entry(
                key: "properties",
                value: .object([
                    JSON.Entry(
                        key: name, value: .object([JSON.Entry(key: "not", value: .object([]))]))
                ]))
        ])
        let error = try #require(throws: GrammarError.self) { try Grammar(schema: json) }
        #expect(error.description.count < 400)
    }
}
