import EmulatedFineTuning
import TestSupport
import Testing

@Suite struct FormulaParserTests {
    static func parse(_ text: String) throws -> Formula {
        try Formula(parsing: text, members: ["a", "b", "c"], parameters: ["x", "y"])
    }

    @Test("printing and parsing give the same formula back")
    func printingAndParsingGiveTheSameFormulaBack() throws {
        for seed in 0..<400 as Range<UInt64> {
            var random = RandomFormula(seed: seed)
            let formula = random.formula(depth: Int(seed % 7))
            let parsed = try Formula(
                parsing: formula.description, members: RandomFormula.members,
                parameters: RandomFormula.parameters)
            #expect(parsed == formula)
            #expect(parsed.description == formula.description)
        }
    }

    @Test(
        "operators bind as in arithmetic",
        arguments: [
            ("a", Formula.member("a")),
            ("a + b - c", .difference(.sum("a", "b"), "c")),
            ("a - (b - c)", .difference("a", .difference("b", "c"))),
            ("a + x * b", .sum("a", .scaled(.parameter("x"), "b"))),
            ("x * a + b", .sum(.scaled(.parameter("x"), "a"), "b")),
            ("x * y * a", .scaled(.product(.parameter("x"), .parameter("y")), "a")),
            ("a * x * y", .scaled(.parameter("y"), .scaled(.parameter("x"), "a"))),
            ("x / y * a", .scaled(.quotient(.parameter("x"), .parameter("y")), "a")),
            ("x * (a / y)", .scaled(.parameter("x"), .divided("a", .parameter("y")))),
            ("-a + b", .sum(.negated("a"), "b")),
            ("-x * a", .scaled(.negated(.parameter("x")), "a")),
            ("a - -b", .difference("a", .negated("b"))),
            ("(1 - x) * a", .scaled(.difference(1, .parameter("x")), "a")),
            ("2*(a-b)/4", .divided(.scaled(2, .difference("a", "b")), 4)),
            ("1e-3*a", .scaled(0.001, "a")),
            ("2.5E+1 * a", .scaled(25, "a")),
            (".5*a", .scaled(0.5, "a")),
            ("  a\n +\tb ", .sum("a", "b")),
        ])
    func operatorsBindAsInArithmetic(text: String, expected: Formula) throws {
        #expect(try Self.parse(text) == expected)
    }

    @Test("operators in Swift build what their text says")
    func operatorsInSwiftBuildWhatTheirTextSays() throws {
        let x = Scalar.parameter("x")
        let y = Scalar.parameter("y")
        let cases: [(Formula, String)] = [
            ("a" + 1.2 * ("b" - "c"), "a + 1.2 * (b - c)"),
            ("a" + x * ("b" - "c") + (1 - x) * ("a" - "c"), "a + x * (b - c) + (1 - x) * (a - c)"),
            (-("a" as Formula) / 2, "-a / 2"),
            (("a" - "b") * (x * y / 3 + -y), "(x * y / 3 + -y) * (a - b)"),
            (Scalar(-1.5) * "a", "-1.5 * a"),
        ]
        for (formula, text) in cases {
            #expect(formula.description == text)
            #expect(try Self.parse(text) == formula)
        }
    }

    @Test("the minus sign of the papers is a minus") func theMinusSignOfThePapersIsAMinus() throws {
        #expect(try Self.parse("a − b") == .difference("a", "b"))
        #expect(try Self.parse("−a") == .negated("a"))
    }

    @Test("members and parameters come in order of first appearance")
    func membersAndParametersComeInOrderOfFirstAppearance() throws {
        let formula = try Self.parse("y * c + x * (a - c) / (y + 1)")
        #expect(formula.members == ["c", "a"])
        #expect(formula.parameters == ["y", "x"])
    }

    @Test("a hyphen is a difference, never part of a name")
    func aHyphenIsADifferenceNeverPartOfAName() throws {
        #expect(try Self.parse("a-b") == .difference("a", "b"))
    }

    @Test("literals that no text can write still print") func literalsThatNoTextCanWriteStillPrint()
    {
        #expect(Scalar.number(-1e300).description == "-1e+300")
        #expect(Scalar.number(.infinity).description == "inf")
        #expect(Scalar.number(.nan).description == "nan")
    }
}
