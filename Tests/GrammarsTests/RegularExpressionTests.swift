import Grammars
import Testing

/// Regular expressions that a whole text must match.
@Suite struct RegularExpressionTests {
    static let matching: [(String, yes: [String], no: [String])] = [
        ("a|b", ["a", "b"], ["ab", ""]),
        ("^a|b$", ["a", "b"], ["ab"]),
        (#"\d{3}-\d{4}"#, ["555-1234"], ["5555-123", "٣٣٣-1234"]),
        (#"[\w.+-]+@\w+\.\w{2,}"#, ["a.b@c.de"], ["a@b", "@b.cd"]),
        ("(?:ab)+c?", ["ab", "ababc"], ["c", "aba"]),
        ("(?<year>[0-9]{4})", ["2024"], ["24"]),
        ("(?P<year>[0-9]{4})", ["2024"], ["24"]),
        ("a.c", ["abc", "aéc", "a😀c"], ["a\nc", "ac"]),
        (#"[^\s\d]"#, ["a", "é"], [" ", "5", "\u{a0}"]),
        (#"\x41\u00e9\u{1F600}\t\."#, ["Aé😀\t."], ["Aé😀\tx"]),
        ("a{2}b{0,1}c{1,}", ["aac", "aabcc"], ["abc", "aab"]),
        ("a{,2}", ["a{,2}"], ["aa"]),
        ("{x}", ["{x}"], ["x"]),
        ("[a-c-]", ["-", "b"], ["d"]),
        (#"[\]\\^]+"#, ["]\\^"], ["["]),
        ("a*?b+?", ["b", "aabb"], ["a"]),
        ("", [""], ["a"]),
        ("(a|)b", ["ab", "b"], ["a"]),
        (#"\S\W\D"#, ["a-x"], ["ab5"]),
    ]

    @Test("a text matches or does not", arguments: matching)
    func aTextMatchesOrDoesNot(_ text: String, _ yes: [String], _ no: [String]) throws {
        let grammar = try Grammar(regularExpression: text)
        for text in yes { #expect(try grammar.matches(text), "\(text)") }
        for text in no { #expect(try !grammar.matches(text), "\(text)") }
    }

    static let errors: [(String, String)] = [
        ("(a", "character 2: expected `)`, and the text ends"),
        ("a)", "character 1: `)` closes nothing"),
        ("*a", "character 0: expected something to repeat before `*`"),
        ("{2}", "character 0: expected something to repeat before `{`"),
        ("a**", "character 2: a repetition cannot be repeated without a group"),
        ("a++", "character 2: a repetition cannot be repeated without a group"),
        ("a{3,2}", "character 6: `{3,2}` ends before it begins"),
        ("[a", "character 2: a character class does not end"),
        ("[]", "character 1: write `\\]` where a character class begins"),
        ("[z-a]", "character 4: a range of characters ends before it begins"),
        (#"[\d-z]"#, "character 5: a range of characters ends before it begins"),
        (#"[^\s\S]"#, "character 7: a character class has no characters"),
        (#"(a)\1"#, "character 4: `\\1` is not supported"),
        (#"\bx"#, "character 1: `\\b` is not supported"),
        (#"\p{L}"#, "character 1: `\\p` is not supported"),
        ("(?=a)", "character 1: looking around and flags (`(?…)`) are not supported"),
        ("(?<=a)", "character 1: looking around and flags (`(?…)`) are not supported"),
        ("(?i)a", "character 1: looking around and flags (`(?…)`) are not supported"),
        (
            "a^b",
            "character 1: `^` and `$` may stand only where the whole, or an alternative of it, begins and ends"
        ),
        (
            "x(^a)",
            "character 2: `^` and `$` may stand only where the whole, or an alternative of it, begins and ends"
        ),
        ("^*", "character 1: `^` and `$` cannot be repeated"),
        (#"\"#, "character 1: `\\` ends the text"),
        (#"\x4"#, "character 3: expected hexadecimal digits, and the text ends"),
        (#"\u{}"#, "character 3: expected hexadecimal digits, and found `}`"),
        (
            #"\ud800"#,
            "character 6: half of a surrogate pair, or too large a number, is no character"
        ),
    ]

    @Test("an error says where and why", arguments: errors)
    func anErrorSaysWhereAndWhy(_ text: String, _ expected: String) throws {
        let error = try #require(throws: GrammarError.self) {
            try Grammar(regularExpression: text)
        }
        #expect(error.description == "The regular expression cannot be followed, \(expected).")
    }
}
