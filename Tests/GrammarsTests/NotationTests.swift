import Grammars
import Testing

/// Grammars in llama.cpp's notation: what they match, and what is said of those that cannot be read.
@Suite struct NotationTests {
    static let matching: [(String, yes: [String], no: [String])] = [
        (#"root ::= "a""#, ["a"], ["", "b", "aa"]),
        (#"root ::= "a" | "b" "c""#, ["a", "bc"], ["b", "ac", "abc"]),
        (#"root ::= ("a" | "b")* "c""#, ["c", "abac"], ["ab", "cc"]),
        (#"root ::= "a"? "b"+"#, ["b", "abb"], ["a", "aab"]),
        (#"root ::= "ab"{2}"#, ["abab"], ["ab", "ababab"]),
        (#"root ::= [ab]{2,}"#, ["ab", "bbbb"], ["a", "abc"]),
        (#"root ::= [a-c]{1,3}"#, ["a", "cab"], ["", "abca", "d"]),
        (#"root ::= [a-c]{ 0 , 2 }"#, ["", "ab"], ["abc"]),
        (#"root ::= [^a-c\n]"#, ["d", "é", "😀"], ["a", "\n", "dd"]),
        (#"root ::= ."#, ["a", "\n", "é", "😀"], ["", "ab"]),
        (#"root ::= "\x41\u00e9\U0001F600\n\t\r\\\"""#, ["Aé😀\n\t\r\\\""], ["Aé😀"]),
        (#"root ::= [\x41\u00e9\U0001F600\]\[\-]+"#, ["A", "é😀][-"], ["\\", "B"]),
        (#"root ::= [a-]+"#, ["a-a"], ["b"]),
        (#"root ::= """#, [""], ["a"]),
        (
            "root ::= a b # a comment\na ::= \"x\" |\n  \"y\"\nb ::= (\n \"1\"\n | \"2\"\n)\n",
            ["x1", "y2"], ["x"]
        ),
        ("\r\n# first\r\nroot ::= \"a\"\r\n", ["a"], ["b"]),
        ("root ::= a_b-C1\na_b-C1 ::= \"a\"", ["a"], []),
        // Nested, right-recursive, and ambiguous ones.
        (#"root ::= "(" root ")" | """#, ["", "(())"], ["(", "(()"]),
        (#"root ::= "a" root | "a""#, ["a", "aaaa"], ["", "ab"]),
        (#"root ::= "a" root "b" | "a" root "c" | "x""#, ["x", "aaxbc"], ["aaxb", "axd"]),
        (#"root ::= ("a"*)* "b""#, ["b", "aab"], ["a"]),
        (#"root ::= (("a"?)?){3}"#, ["", "aaa"], ["aaaa"]),
        (
            "root ::= p q\np ::= \"a\" p | \"a\"\nq ::= \"a\" q | \"b\"", ["ab", "aaab"],
            ["b", "aa"]
        ),
        (
            "root ::= e\ne ::= t ([-+*/] t)*\nt ::= [0-9]+ | \"(\" e \")\"", ["1+(2*3)", "1"],
            ["1+", "(1"]
        ),
        // What cannot end is no way to go on.
        ("root ::= \"a\" | \"b\" never\nnever ::= \"c\" never", ["a"], ["b", "bc"]),
    ]

    @Test("a text matches or does not", arguments: matching)
    func aTextMatchesOrDoesNot(_ text: String, _ yes: [String], _ no: [String]) throws {
        let grammar = try Grammar(gbnf: text)
        for text in yes { #expect(try grammar.matches(text), "\(text)") }
        for text in no { #expect(try !grammar.matches(text), "\(text)") }
    }

    static let errors: [(String, String)] = [
        ("", "line 1: expected a rule named `root`"),
        ("a ::= \"b\"", "line 1: expected a rule named `root`"),
        ("root ::= a", "line 1: the rule `a` is not defined"),
        ("root ::= \"x\"\nb ::= \"y\" | c\n", "line 2: the rule `c` is not defined"),
        ("root ::= \"x\"\nroot ::= \"y\"", "line 2: the rule `root` is defined twice"),
        ("root = \"x\"", "line 1: expected `::=` after the rule's name, and found `=`"),
        ("::= \"x\"", "line 1: expected the name of a rule, and found `:`"),
        ("root ::= \"x", "line 1: a literal does not end"),
        ("root ::= [a", "line 1: a character class does not end"),
        ("root ::= [a-", "line 1: a character class does not end"),
        ("root ::= []", "line 1: a character class has no characters"),
        (#"root ::= [^\x00-\U0010FFFF]"#, "line 1: a character class has no characters"),
        ("root ::= [z-a]", "line 1: a range of characters ends before it begins"),
        ("root ::= (\"a\"", "line 1: expected `)`, and the text ends"),
        (
            "root ::= \"a\")",
            "line 1: expected `|`, another part of the rule, or the end of the line, and found `)`"
        ),
        ("root ::= *", "line 1: expected something to repeat before `*`"),
        ("root ::= \"a\"{", "line 1: expected a number after `{`, and the text ends"),
        ("root ::= \"a\"{2", "line 1: expected `}`, and the text ends"),
        ("root ::= \"a\"{3,2}", "line 1: `{3,2}` ends before it begins"),
        (#"root ::= "\q""#, "line 1: expected a known escape after `\\`, and found `q`"),
        (#"root ::= "\x4""#, "line 1: expected 2 hexadecimal digits, and found `\"`"),
        (#"root ::= "\U00110000""#, "line 1: code points end at 10FFFF"),
        (#"root ::= "\ud800""#, "line 1: half of a surrogate pair is no character"),
        ("root ::= <think>", "line 1: references to tokens, such as `<think>`, are not supported"),
    ]

    @Test("an error says where and what was expected", arguments: errors)
    func anErrorSaysWhereAndWhatWasExpected(_ text: String, _ expected: String) throws {
        let error = try #require(throws: GrammarError.self) { try Grammar(gbnf: text) }
        #expect(error.description == "The grammar cannot be read, \(expected).")
    }

    static let meaningless: [(String, GrammarError)] = [
        ("root ::= root \"a\" | \"b\"", .leftRecursion(rule: "root")),
        ("root ::= a\na ::= b\nb ::= \"x\"? a", .leftRecursion(rule: "a")),
        ("root ::= \"a\" root", .matchesNothing(rule: "root")),
        ("root ::= a\na ::= \"x\" b\nb ::= \"y\" a", .matchesNothing(rule: "root")),
    ]

    @Test("rules that begin with themselves or never end are refused", arguments: meaningless)
    func rulesThatBeginWithThemselvesOrNeverEndAreRefused(_ text: String, _ error: GrammarError) {
        #expect(throws: error) { try Grammar(gbnf: text) }
    }

    @Test("what these errors say") func whatTheseErrorsSay() {
        #expect(
            GrammarError.leftRecursion(rule: "a").description
                == "The rule `a` begins with itself. Write it so that each round begins with some text."
        )
        #expect(
            GrammarError.matchesNothing(rule: "a").description
                == "The rule `a` matches no text that ends: each of its alternatives needs another "
                + "round of it, or something that matches nothing.")
        #expect(
            GrammarError.choices("there are none").description
                == "The choices cannot be followed: there are none.")
        #expect(
            GrammarError.limit("it has more than 1 rules").description
                == "The grammar asks for too much: it has more than 1 rules.")
    }

    @Test("choices are matched as they are") func choicesAreMatchedAsTheyAre() throws {
        let grammar = try Grammar(choices: ["yes", "no", "nope", "yes", "é"])
        for text in ["yes", "no", "nope", "é"] { #expect(try grammar.matches(text)) }
        for text in ["", "y", "nop", "yesno"] { #expect(try !grammar.matches(text)) }
        #expect(throws: GrammarError.choices("there are none")) { try Grammar(choices: []) }
        #expect(throws: GrammarError.choices("one is empty")) { try Grammar(choices: ["a", ""]) }
    }
}
