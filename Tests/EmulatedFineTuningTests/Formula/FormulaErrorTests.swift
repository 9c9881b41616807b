import EmulatedFineTuning
import Testing

@Suite struct FormulaErrorTests {
    static func parse(_ text: String) throws(FormulaError) -> Formula {
        try Formula(parsing: text, members: ["large", "chat", "small"], parameters: ["beta"])
    }

    static let known = "members are `large`, `chat`, `small`; parameters are `beta`"
    static let linear = "A formula must be linear in its members: "
    static let added =
        linear + "a number cannot be added to or subtracted from a member. "
        + "Multiply it with a member instead."

    @Test(
        "every error names its rule and points at its column",
        arguments: [
            (
                "", 1,
                "A member, a parameter, a number or `(` was expected, not the end of the text."
            ),
            (
                "large +", 8,
                "A member, a parameter, a number or `(` was expected, not the end of the text."
            ),
            ("* large", 1, "A member, a parameter, a number or `(` was expected, not `*`."),
            ("large + ()", 10, "A member, a parameter, a number or `(` was expected, not `)`."),
            (
                "large + chta", 9,
                "A formula may name only members and parameters: `chta` is neither (\(known)). "
                    + "Did you mean `chat`?"
            ),
            (
                "alpha * large", 1,
                "A formula may name only members and parameters: `alpha` is neither (\(known))."
            ),
            ("large * chat", 7, linear + "members cannot be multiplied with each other."),
            ("large / chat", 7, linear + "nothing can be divided by a member."),
            ("2 / (large)", 3, linear + "nothing can be divided by a member."),
            ("large + 1", 7, added),
            ("beta - large", 6, added),
            ("(large + chat", 14, "A parenthesis that was opened must be closed: expected `)`."),
            ("(large chat)", 8, "A parenthesis that was opened must be closed: expected `)`."),
            ("large)", 6, "An operator was expected before `)`."),
            ("large chat", 7, "An operator was expected before `chat`."),
            ("2 3 * large", 3, "An operator was expected before the number 3."),
            (
                "1 + beta", 1,
                "A formula must name at least one member (`large`, `chat`, `small`); "
                    + "this one is only a number."
            ),
            (
                "1.2.3 * large", 1,
                "A number in a formula must be finite and written like 2, 0.5 or 1e-3: `1.2.3` is not."
            ),
            (
                "large * 1e999", 9,
                "A number in a formula must be finite and written like 2, 0.5 or 1e-3: `1e999` is not."
            ),
            (
                "large * 1e", 9,
                "A number in a formula must be finite and written like 2, 0.5 or 1e-3: `1e` is not."
            ),
            (
                "large ^ 2", 7,
                "A formula consists of names, numbers, `+ - * /` and parentheses: `^` is not one of them."
            ),
        ])
    func everyErrorNamesItsRuleAndPointsAtItsColumn(
        text: String, column: Int, rule: String
    ) {
        #expect(throws: FormulaError.syntax(rule: rule, text: text, column: column)) {
            try Self.parse(text)
        }
    }

    @Test("an error shows the text and a mark under the column")
    func anErrorShowsTheTextAndAMarkUnderTheColumn() {
        let error = #expect(throws: FormulaError.self) { try Self.parse("large\n+ chat * small") }
        #expect(
            error?.description == """
                \(Self.linear)members cannot be multiplied with each other.
                  large + chat * small
                               ^ column 14
                """)
    }

    @Test("a formula may have 4,096 characters and no more")
    func aFormulaMayHave4096CharactersAndNoMore() throws {
        _ = try Self.parse("large" + String(repeating: " ", count: 4091))
        let long = String(repeating: "large + ", count: 512) + "large"
        #expect(
            throws: FormulaError.syntax(
                rule: "A formula may have at most 4096 characters; this one has 4101.",
                text: String(long.prefix(40)) + "…", column: 1)
        ) { try Self.parse(long) }
    }

    @Test("a formula may have 200 operators and no more")
    func aFormulaMayHave200OperatorsAndNoMore() throws {
        _ = try Self.parse(String(repeating: "large - ", count: 200) + "small")
        let long = String(repeating: "large - ", count: 201) + "small"
        #expect(
            throws: FormulaError.syntax(
                rule: "A formula may have at most 200 operators.", text: long, column: 1607)
        ) { try Self.parse(long) }
    }

    @Test("a formula may nest 64 levels deep and no more", arguments: ["(", "-"])
    func aFormulaMayNest64LevelsDeepAndNoMore(opening: String) throws {
        func nested(_ depth: Int) -> String {
            String(repeating: opening, count: depth) + "large"
                + String(repeating: opening == "(" ? ")" : "", count: depth)
        }
        _ = try Self.parse(nested(63))
        #expect(
            throws: FormulaError.syntax(
                rule: "A formula may nest at most 64 levels deep.", text: nested(64), column: 65)
        ) { try Self.parse(nested(64)) }
    }

    @Test("errors of values are sentences with a remedy")
    func errorsOfValuesAreSentencesWithARemedy() {
        #expect(
            FormulaError.missingParameter("beta").description
                == "Every parameter of a formula needs a value: `beta` has none. "
                + "Give it a default in the recipe, or set it with `--set beta=…`.")
        #expect(
            FormulaError.unusableWeight(member: "large", weight: 2e6).description
                == "Weights must be finite and at most 1,000,000 in magnitude: the formula gives "
                + "`large` the weight 2000000. Change the formula or its parameters.")
    }
}
