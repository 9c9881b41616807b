extension Parser {
    /// Statements up to a tag with one of the names, which is the next token then.
    mutating func statements(until ends: [String]) throws(TemplateError) -> [Statement] {
        try nested { parser throws(TemplateError) in
            var body: [Statement] = []
            while true {
                let line = parser.token.line
                switch parser.token.kind {
                case .data(let text):
                    parser.advance()
                    body.append(Statement(line: line, kind: .text(text)))
                case .variableBegin:
                    parser.advance()
                    let value = try parser.tupleOrExpression(until: [.variableEnd])
                    try parser.expect(.variableEnd)
                    body.append(Statement(line: line, kind: .output(value)))
                case .blockBegin:
                    parser.advance()
                    if case .name(let name) = parser.token.kind, ends.contains(name) { return body }
                    body += try parser.statement().map { Statement(line: line, kind: $0) }
                    try parser.expect(.blockEnd)
                default:
                    guard ends.isEmpty else {
                        throw parser.error(
                            "the template ends where `\(ends.joined(separator: "` or `"))` should be"
                        )
                    }
                    return body
                }
            }
        }
    }

    /// The body of a tag, after the tag's own words.
    private mutating func body(until ends: String...) throws(TemplateError) -> [Statement] {
        _ = skip(sign: ":")
        try expect(.blockEnd)
        return try statements(until: ends)
    }

    private mutating func statement() throws(TemplateError) -> [Statement.Kind] {
        let name = try expectName()
        switch name {
        case "for": return [try loop()]
        case "if": return [try conditional()]
        case "set": return [try assignment()]
        case "macro": return [.macro(try macro())]
        case "call": return [try callBlock()]
        case "filter":
            let filters = try filters(of: .captured, startsInline: true)
            let body = try body(until: "endfilter")
            advance()
            return [.filtered(filters, body: body)]
        case "with": return [try with()]
        case "generation":
            let body = try body(until: "endgeneration")
            advance()
            return [.scope(body)]
        case "block":
            let name = try expectName()
            _ = skip(name: "scoped")
            let body = try body(until: "endblock")
            advance()
            _ = skip(name: name)
            return [.scope(body)]
        case "print":
            var outputs: [Statement.Kind] = []
            while token.kind != .blockEnd {
                if !outputs.isEmpty { try expect(.sign(",")) }
                outputs.append(.output(try expression()))
            }
            return outputs
        case "break", "continue":
            guard loops > 0 else { throw error("`\(name)` stands outside of a loop") }
            return [name == "break" ? .breakLoop : .continueLoop]
        case "include", "import", "from", "extends":
            throw error("a chat template stands alone: `\(name)` has no files to look into")
        default: throw error("there is no tag `\(name)`")
        }
    }

    private mutating func loop() throws(TemplateError) -> Statement.Kind {
        let target = try target(until: "in")
        try expect(.name("in"))
        let values = try tupleOrExpression(
            until: [.blockEnd, .name("recursive")], withCondition: false)
        let condition = skip(name: "if") ? try expression() : nil
        let isRecursive = skip(name: "recursive")
        loops += 1
        let body = try body(until: "endfor", "else")
        loops -= 1
        var otherwise: [Statement] = []
        if skip(name: "else") { otherwise = try self.body(until: "endfor") }
        advance()
        return .loop(
            LoopSyntax(
                target: target, values: values, condition: condition, isRecursive: isRecursive,
                body: body, otherwise: otherwise))
    }

    private mutating func conditional() throws(TemplateError) -> Statement.Kind {
        var branches: [(test: Expression, body: [Statement])] = []
        while true {
            let test = try tupleOrExpression(until: [.blockEnd], withCondition: false)
            branches.append((test, try body(until: "elif", "else", "endif")))
            if skip(name: "elif") { continue }
            var otherwise: [Statement] = []
            if skip(name: "else") { otherwise = try body(until: "endif") }
            advance()
            return .conditional(branches, else: otherwise)
        }
    }

    private mutating func assignment() throws(TemplateError) -> Statement.Kind {
        let target = try target(until: nil, withAttributes: true)
        if skip(sign: "=") {
            return .set(target, try tupleOrExpression(until: [.blockEnd]))
        }
        let filters = isSign("|") ? try filters(of: .captured, startsInline: false) : .captured
        let body = try body(until: "endset")
        advance()
        return .setBlock(target, filter: filters, body: body)
    }

    private mutating func with() throws(TemplateError) -> Statement.Kind {
        var values: [(Target, Expression)] = []
        while token.kind != .blockEnd, !isSign(":") {
            if !values.isEmpty { try expect(.sign(",")) }
            let target = try target(until: nil)
            try expect(.sign("="))
            values.append((target, try expression()))
        }
        let body = try body(until: "endwith")
        advance()
        return .with(values, body: body)
    }

    // MARK: Macros

    private mutating func macro() throws(TemplateError) -> MacroSyntax {
        try macro(named: try expectName(), until: "endmacro") { parser throws(TemplateError) in
            try parser.parameters()
        }
    }

    private mutating func callBlock() throws(TemplateError) -> Statement.Kind {
        var call: Expression?
        let macro = try macro(named: "caller", until: "endcall") { parser throws(TemplateError) in
            let parameters = parser.isSign("(") ? try parser.parameters() : []
            call = try parser.expression()
            return parameters
        }
        guard case .call(let function, let arguments)? = call else {
            throw error("`call` needs a call")
        }
        return .call(macro, function, arguments)
    }

    private mutating func macro(
        named name: String, until end: String,
        _ head: (inout Parser) throws(TemplateError) -> [(name: NameID, standard: Expression?)]
    ) throws(TemplateError) -> MacroSyntax {
        let (outer, loops) = (looked, loops)
        (looked, self.loops) = ([], 0)
        let parameters = try head(&self)
        let body = try body(until: end)
        advance()
        let inner = looked
        (looked, self.loops) = (outer.union(inner), loops)
        return MacroSyntax(
            name: name, id: id(name), parameters: parameters, body: body,
            takesMore: inner.contains("varargs"),
            takesNamed: inner.contains("kwargs"), takesCaller: inner.contains("caller"))
    }

    private mutating func parameters() throws(TemplateError) -> [(
        name: NameID, standard: Expression?
    )] {
        var parameters: [(name: NameID, standard: Expression?)] = []
        try expect(.sign("("))
        while !isSign(")") {
            if !parameters.isEmpty { try expect(.sign(",")) }
            let name = try expectName()
            let standard = skip(sign: "=") ? try expression() : nil
            if standard == nil, parameters.last?.standard != nil {
                throw error("a parameter without a default follows one that has one")
            }
            parameters.append((id(name), standard))
        }
        advance()
        return parameters
    }

    // MARK: Targets

    private mutating func target(
        until end: String?, withAttributes: Bool = false
    ) throws(TemplateError) -> Target {
        var targets: [Target] = []
        var isTuple = false
        while true {
            if !targets.isEmpty { try expect(.sign(",")) }
            if case .blockEnd = token.kind { break }
            if isSign(")") || end.map({ isName($0) }) == true { break }
            targets.append(try singleTarget(withAttributes: withAttributes))
            guard isSign(",") else { break }
            isTuple = true
        }
        guard let first = targets.first else {
            throw error("expected a name, and there is \(token)")
        }
        return isTuple ? .tuple(targets) : first
    }

    private mutating func singleTarget(withAttributes: Bool) throws(TemplateError) -> Target {
        if skip(sign: "(") {
            let inner = try nested { parser throws(TemplateError) in
                try parser.target(until: nil, withAttributes: withAttributes)
            }
            try expect(.sign(")"))
            return inner
        }
        let name = try expectName()
        guard !["true", "false", "none", "True", "False", "None"].contains(name) else {
            throw error("nothing can be assigned to `\(name)`")
        }
        if withAttributes, skip(sign: ".") { return .attribute(id(name), try expectName()) }
        return .name(id(name))
    }
}
