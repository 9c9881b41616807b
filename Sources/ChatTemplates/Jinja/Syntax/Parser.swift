/// Makes a tree of a template's tokens.
///
/// Source: matches `jinja2.parser`, with the tags of the loop-control extension and `generation`.
struct Parser {
    let limits: TemplateLimits
    private let tokens: [Token]
    private var position = 0
    private var names: [String: NameID] = [:]
    private var nesting = 0
    /// Loops around the place that is read, for `break` and `continue`.
    var loops = 0
    /// Names that the macro being read looks at.
    var looked: Set<String> = []

    static func syntax(
        of text: String, limits: TemplateLimits
    ) throws(TemplateError) -> Syntax {
        var parser = Parser(
            tokens: try Lexer.tokens(of: text, limits: limits), limits: limits)
        let body = try parser.statements(until: [])
        let names = parser.names.sorted { $0.value < $1.value }.map(\.key)
        return Syntax(body: body, names: names)
    }

    private init(tokens: [Token], limits: TemplateLimits) {
        self.tokens = tokens
        self.limits = limits
    }

    // MARK: Tokens

    var token: Token { tokens[position] }
    var next: Token { tokens[min(position + 1, tokens.count - 1)] }

    @discardableResult
    mutating func advance() -> Token {
        let token = tokens[position]
        if position + 1 < tokens.count { position += 1 }
        return token
    }

    func isName(_ name: String) -> Bool { token.kind == .name(name) }
    func isSign(_ sign: String) -> Bool { token.kind == .sign(sign) }

    mutating func skip(_ kind: Token.Kind) -> Bool {
        guard token.kind == kind else { return false }
        advance()
        return true
    }

    mutating func skip(name: String) -> Bool { skip(.name(name)) }
    mutating func skip(sign: String) -> Bool { skip(.sign(sign)) }

    mutating func expect(_ kind: Token.Kind) throws(TemplateError) {
        guard skip(kind) else {
            throw error("expected \(Token(kind: kind, line: 0)), and there is \(token)")
        }
    }

    mutating func expectName() throws(TemplateError) -> String {
        guard case .name(let name) = token.kind else {
            throw error("expected a name, and there is \(token)")
        }
        advance()
        return name
    }

    func error(_ reason: String) -> TemplateError { .syntax(line: token.line, reason: reason) }

    mutating func id(_ name: String) -> NameID {
        if let id = names[name] { return id }
        names[name] = names.count
        return names.count - 1
    }

    /// Reads something that can hold itself.
    mutating func nested<Result>(
        _ body: (inout Parser) throws(TemplateError) -> Result
    ) throws(TemplateError) -> Result {
        nesting += 1
        defer { nesting -= 1 }
        guard nesting <= limits.nesting else {
            throw .limit("line \(token.line): a template may be nested \(limits.nesting) deep")
        }
        return try body(&self)
    }

    /// Counts one more operator in a row.
    func requireChain(_ count: Int) throws(TemplateError) {
        guard count <= limits.chain else {
            throw .limit(
                "line \(token.line): at most \(limits.chain) operators may follow one another")
        }
    }
}
