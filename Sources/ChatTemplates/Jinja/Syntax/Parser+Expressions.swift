extension Parser {
    /// An expression, or a tuple where commas follow one.
    mutating func tupleOrExpression(
        until ends: [Token.Kind], withCondition: Bool = true, isInParentheses: Bool = false
    ) throws(TemplateError) -> Expression {
        var values: [Expression] = []
        var isTuple = false
        while true {
            if !values.isEmpty { try expect(.sign(",")) }
            if ends.contains(token.kind) || isSign(")") { break }
            if token.kind == .variableEnd || token.kind == .blockEnd { break }
            values.append(try withCondition ? expression() : disjunction())
            guard isSign(",") else { break }
            isTuple = true
        }
        if isTuple { return .tuple(values) }
        if let value = values.first { return value }
        guard isInParentheses else { throw error("expected an expression, and there is \(token)") }
        return .tuple([])
    }

    mutating func expression() throws(TemplateError) -> Expression {
        try nested { parser throws(TemplateError) in
            var value = try parser.disjunction()
            var count = 0
            while parser.skip(name: "if") {
                count += 1
                try parser.requireChain(count)
                let test = try parser.disjunction()
                let other = parser.skip(name: "else") ? try parser.expression() : nil
                value = .conditional(value, if: test, else: other)
            }
            return value
        }
    }

    private mutating func disjunction() throws(TemplateError) -> Expression {
        var value = try conjunction()
        var count = 0
        while skip(name: "or") {
            count += 1
            try requireChain(count)
            value = .or(value, try conjunction())
        }
        return value
    }

    private mutating func conjunction() throws(TemplateError) -> Expression {
        var value = try negation()
        var count = 0
        while skip(name: "and") {
            count += 1
            try requireChain(count)
            value = .and(value, try negation())
        }
        return value
    }

    private mutating func negation() throws(TemplateError) -> Expression {
        var count = 0
        while skip(name: "not") {
            count += 1
            try requireChain(count)
        }
        var value = try comparison()
        for _ in 0..<count { value = .not(value) }
        return value
    }

    private mutating func comparison() throws(TemplateError) -> Expression {
        let first = try arithmetic(0)
        var others: [(sign: String, Expression)] = []
        while true {
            if case .sign(let sign) = token.kind, ["==", "!=", "<", "<=", ">", ">="].contains(sign)
            {
                advance()
                others.append((sign, try arithmetic(0)))
            } else if skip(name: "in") {
                others.append(("in", try arithmetic(0)))
            } else if isName("not"), next.kind == .name("in") {
                advance()
                advance()
                others.append(("not in", try arithmetic(0)))
            } else {
                return others.isEmpty ? first : .comparison(first, others)
            }
        }
    }

    /// Binary operators by rank, the loosest first; `~` stands between the first two.
    private static let ranks: [[String]] = [["+", "-"], ["~"], ["*", "/", "//", "%"], ["**"]]

    private mutating func arithmetic(_ rank: Int) throws(TemplateError) -> Expression {
        guard rank < Self.ranks.count else { return try unary() }
        var value = try arithmetic(rank + 1)
        var count = 0
        while case .sign(let sign) = token.kind, Self.ranks[rank].contains(sign) {
            advance()
            count += 1
            try requireChain(count)
            let right = try arithmetic(rank + 1)
            if sign == "~" {
                if case .concatenation(let parts) = value, count > 1 {
                    value = .concatenation(parts + [right])
                } else {
                    value = .concatenation([value, right])
                }
            } else {
                value = .binary(sign, value, right)
            }
        }
        return value
    }

    private mutating func unary(withFilters: Bool = true) throws(TemplateError) -> Expression {
        var value: Expression
        if isSign("-") || isSign("+") {
            let isNegative = isSign("-")
            advance()
            let inner = try nested { parser throws(TemplateError) in
                try parser.unary(withFilters: false)
            }
            value = isNegative ? .negative(inner) : .positive(inner)
        } else {
            value = try primary()
        }
        value = try postfix(value)
        return withFilters ? try filtersAndTests(value) : value
    }

    private mutating func primary() throws(TemplateError) -> Expression {
        switch token.kind {
        case .name(let name):
            advance()
            switch name {
            case "true", "True": return .bool(true)
            case "false", "False": return .bool(false)
            case "none", "None": return .none
            default:
                looked.insert(name)
                return .name(id(name))
            }
        case .string(var text):
            advance()
            while case .string(let more) = token.kind {
                text.append(more)
                advance()
            }
            return .text(text)
        case .integer(let value):
            advance()
            return .integer(value)
        case .float(let value):
            advance()
            return .float(value)
        case .sign("("):
            advance()
            let value = try nested { parser throws(TemplateError) in
                try parser.tupleOrExpression(until: [.sign(")")], isInParentheses: true)
            }
            try expect(.sign(")"))
            return value
        case .sign("["): return .list(try sequence(until: "]"))
        case .sign("{"): return try mapping()
        default: throw error("expected a value, and there is \(token)")
        }
    }

    private mutating func sequence(until end: String) throws(TemplateError) -> [Expression] {
        advance()
        var values: [Expression] = []
        while !isSign(end) {
            if !values.isEmpty { try expect(.sign(",")) }
            if isSign(end) { break }
            values.append(try expression())
        }
        advance()
        return values
    }

    private mutating func mapping() throws(TemplateError) -> Expression {
        advance()
        var entries: [(key: Expression, value: Expression)] = []
        while !isSign("}") {
            if !entries.isEmpty { try expect(.sign(",")) }
            if isSign("}") { break }
            let key = try expression()
            try expect(.sign(":"))
            entries.append((key, try expression()))
        }
        advance()
        return .mapping(entries)
    }

    // MARK: After a value

    private mutating func postfix(_ start: Expression) throws(TemplateError) -> Expression {
        var value = start
        var count = 0
        while true {
            count += 1
            try requireChain(count)
            if skip(sign: ".") {
                switch advance().kind {
                case .name(let name): value = .attribute(value, name)
                case .integer(let index): value = .item(value, .integer(index))
                default: throw error("expected a name or a number after `.`")
                }
            } else if isSign("[") {
                value = try subscription(value)
            } else if isSign("(") {
                value = .call(value, try arguments())
            } else {
                return value
            }
        }
    }

    private mutating func subscription(_ value: Expression) throws(TemplateError) -> Expression {
        advance()
        if isSign("]") {
            advance()
            return .item(value, .tuple([]))
        }
        var parts: [Expression?] = [nil]
        if !isSign(":") { parts[0] = try expression() }
        if isSign(",") {
            var keys = parts.compactMap { $0 }
            while skip(sign: ",") { keys.append(try expression()) }
            try expect(.sign("]"))
            return .item(value, .tuple(keys))
        }
        while skip(sign: ":") {
            parts.append(isSign(":") || isSign("]") ? nil : try expression())
            if parts.count > 3 { throw error("a slice has at most three parts") }
        }
        try expect(.sign("]"))
        if parts.count == 1, let key = parts[0] { return .item(value, key) }
        return .slice(value, from: parts[0], to: parts[1], step: parts.count > 2 ? parts[2] : nil)
    }

    private mutating func filtersAndTests(_ start: Expression) throws(TemplateError) -> Expression {
        var value = start
        var count = 0
        while true {
            count += 1
            try requireChain(count)
            if isSign("|") {
                value = try filters(of: value, startsInline: false)
            } else if isName("is") {
                value = try test(value)
            } else if isSign("(") {
                value = .call(value, try arguments())
            } else {
                return value
            }
        }
    }

    /// `|name(…)|name`; inline, the first has no `|`.
    mutating func filters(
        of start: Expression, startsInline: Bool
    ) throws(TemplateError) -> Expression {
        var value = start
        var isInline = startsInline
        var count = 0
        while isSign("|") || isInline {
            count += 1
            try requireChain(count)
            if !isInline { advance() }
            isInline = false
            let name = try dottedName()
            value = .filter(value, name, isSign("(") ? try arguments() : .none)
        }
        return value
    }

    private mutating func dottedName() throws(TemplateError) -> String {
        var name = try expectName()
        while skip(sign: ".") { name += "." + (try expectName()) }
        return name
    }

    private mutating func test(_ value: Expression) throws(TemplateError) -> Expression {
        advance()
        let isNegated = skip(name: "not")
        let name = try dottedName()
        var given = Arguments.none
        switch token.kind {
        case .sign("("): given = try arguments()
        case .name("else"), .name("or"), .name("and"): break
        case .name("is"): throw error("tests cannot follow one another")
        case .name, .string, .integer, .float, .sign("["), .sign("{"):
            given.positional = [try postfix(try primary())]
        default: break
        }
        let test = Expression.test(value, name, given)
        return isNegated ? .not(test) : test
    }

    private mutating func arguments() throws(TemplateError) -> Arguments {
        advance()
        var given = Arguments()
        var isFirst = true
        while !isSign(")") {
            if !isFirst {
                try expect(.sign(","))
                if isSign(")") { break }
            }
            isFirst = false
            let isPlain = given.list == nil && given.mapping == nil
            if isSign("*"), isPlain {
                advance()
                given.list = try expression()
            } else if isSign("**"), given.mapping == nil {
                advance()
                given.mapping = try expression()
            } else if case .name(let name) = token.kind, next.kind == .sign("="),
                given.mapping == nil
            {
                advance()
                advance()
                given.named.append((name, try expression()))
            } else if isPlain, given.named.isEmpty {
                given.positional.append(try expression())
            } else {
                throw error("a call names its arguments last, `**` after all others")
            }
        }
        advance()
        return given
    }
}
