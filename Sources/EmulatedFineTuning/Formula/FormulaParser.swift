extension Formula {
    /// Parses a formula such as `large + lambda * (help - small) + (1 - lambda) * (safe - small)`.
    ///
    /// Grammar: numbers, names, `+ - * /`, parentheses, unary minus, with the usual precedence. A name
    /// is a letter or `_` followed by letters, digits and `_`; `chat-small` is a difference.
    ///
    /// - Parameters:
    ///   - text: at most 4,096 characters and 200 operators.
    ///   - members: the names that stand for members.
    ///   - parameters: the names that stand for numbers.
    /// - Throws: ``FormulaError/syntax(rule:text:column:)``, pointing at the column, when the text is
    ///   no formula, names something unknown, or is not linear in its members.
    ///
    /// What is taken can be written and read again: ``description``, which may be longer than `text` and
    /// nest deeper, keeps the same limits.
    public init(
        parsing text: String, members: [String], parameters: [String] = []
    ) throws(FormulaError) {
        self = try FormulaParser.parse(text, members: members, parameters: parameters)
        _ = try FormulaParser.parse(description, members: members, parameters: parameters)
    }
}

/// Recursive descent over the text; linearity is a matter of types: every part is a scalar or a
/// formula, and each operator knows which pairs it accepts.
struct FormulaParser {
    private static let lengthLimit = 4096
    // Both keep recursion within the 512 KiB of stack that a second thread has on macOS, in a debug
    // build too: a sum of n terms is a tree n levels deep.
    private static let depthLimit = 64
    private static let operatorLimit = 200

    private enum Value {
        case scalar(Scalar)
        case formula(Formula)
    }

    private let text: String
    private let members: [String]
    private let parameters: [String]
    private var lexer: FormulaLexer
    private var depth = 0
    private var operators = 0

    private init(
        _ text: String, members: [String], parameters: [String]
    ) throws(FormulaError) {
        guard text.count <= Self.lengthLimit else {
            throw .syntax(
                rule: "A formula may have at most \(Self.lengthLimit) characters; "
                    + "this one has \(text.count).",
                text: String(text.prefix(40)) + "…", column: 1)
        }
        self.text = text
        self.members = members
        self.parameters = parameters
        self.lexer = try FormulaLexer(text)
    }

    static func parse(
        _ text: String, members: [String], parameters: [String]
    ) throws(FormulaError) -> Formula {
        var parser = try FormulaParser(text, members: members, parameters: parameters)
        return try parser.formula()
    }

    private mutating func formula() throws(FormulaError) -> Formula {
        let value = try sum()
        if lexer.kind != .end {
            throw error("An operator was expected before \(lexer.described).")
        }
        guard case .formula(let formula) = value else {
            throw error(
                "A formula must name at least one member (\(listed(members))); "
                    + "this one is only a number.", at: 1)
        }
        return formula
    }

    private mutating func sum() throws(FormulaError) -> Value {
        var left = try product()
        while let symbol = lexer.symbol(in: "+-") {
            let column = lexer.column
            try operation()
            let right = try product()
            switch (left, right) {
            case (.scalar(let a), .scalar(let b)):
                left = .scalar(symbol == "+" ? .sum(a, b) : .difference(a, b))
            case (.formula(let a), .formula(let b)):
                left = .formula(symbol == "+" ? .sum(a, b) : .difference(a, b))
            default:
                throw error(
                    "A formula must be linear in its members: a number cannot be added to or "
                        + "subtracted from a member. Multiply it with a member instead.",
                    at: column)
            }
        }
        return left
    }

    private mutating func product() throws(FormulaError) -> Value {
        var left = try unary()
        while let symbol = lexer.symbol(in: "*/") {
            let column = lexer.column
            try operation()
            let right = try unary()
            switch (left, right) {
            case (.scalar(let a), .scalar(let b)):
                left = .scalar(symbol == "*" ? .product(a, b) : .quotient(a, b))
            case (.formula(let a), .scalar(let b)):
                left = .formula(symbol == "*" ? .scaled(b, a) : .divided(a, b))
            case (.scalar(let a), .formula(let b)) where symbol == "*":
                left = .formula(.scaled(a, b))
            default:
                throw error(
                    "A formula must be linear in its members: "
                        + (symbol == "*"
                            ? "members cannot be multiplied with each other."
                            : "nothing can be divided by a member."),
                    at: column)
            }
        }
        return left
    }

    private mutating func unary() throws(FormulaError) -> Value {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthLimit else {
            throw error("A formula may nest at most \(Self.depthLimit) levels deep.")
        }
        guard lexer.symbol(in: "-") != nil else { return try primary() }
        try operation()
        switch try unary() {
        case .scalar(let a): return .scalar(.negated(a))
        case .formula(let a): return .formula(.negated(a))
        }
    }

    private mutating func primary() throws(FormulaError) -> Value {
        switch lexer.kind {
        case .number(let number):
            try lexer.advance()
            return .scalar(.number(number))
        case .name(let name):
            let value: Value
            if members.contains(name) {
                value = .formula(.member(name))
            } else if parameters.contains(name) {
                value = .scalar(.parameter(name))
            } else {
                throw error(unknown(name))
            }
            try lexer.advance()
            return value
        case .symbol("("):
            try lexer.advance()
            let value = try sum()
            guard lexer.kind == .symbol(")") else {
                throw error("A parenthesis that was opened must be closed: expected `)`.")
            }
            try lexer.advance()
            return value
        default:
            throw error(
                "A member, a parameter, a number or `(` was expected, not \(lexer.described).")
        }
    }

    /// Moves on from an operator.
    private mutating func operation() throws(FormulaError) {
        operators += 1
        guard operators <= Self.operatorLimit else {
            throw error("A formula may have at most \(Self.operatorLimit) operators.")
        }
        try lexer.advance()
    }

    private func error(_ rule: String, at column: Int? = nil) -> FormulaError {
        .syntax(rule: rule, text: text, column: column ?? lexer.column)
    }

    private func unknown(_ name: String) -> String {
        let known = members + parameters
        let hint = name.nearest(in: known).map { " Did you mean `\($0)`?" } ?? ""
        let list =
            "members are \(listed(members))"
            + (parameters.isEmpty ? "" : "; parameters are \(listed(parameters))")
        return
            "A formula may name only members and parameters: `\(name)` is neither (\(list)).\(hint)"
    }

    private func listed(_ names: [String]) -> String {
        names.isEmpty ? "none" : names.map { "`\($0)`" }.joined(separator: ", ")
    }
}
