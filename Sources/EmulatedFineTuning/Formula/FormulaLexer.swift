/// The tokens of a formula's text, one at a time.
struct FormulaLexer {
    enum Kind: Equatable {
        case number(Double)
        case name(String)
        case symbol(Character)
        case end
    }

    /// The current token.
    private(set) var kind: Kind = .end
    /// Its column, 1-based, in characters.
    private(set) var column = 1

    private let text: String
    private let characters: [Character]
    private var next = 0

    init(_ text: String) throws(FormulaError) {
        self.text = text
        self.characters = Array(text)
        try advance()
    }

    /// The current token as an operator, if it is one of these.
    func symbol(in set: String) -> Character? {
        if case .symbol(let symbol) = kind, set.contains(symbol) { symbol } else { nil }
    }

    /// The current token, for error texts.
    var described: String {
        switch kind {
        case .number(let number): "the number \(number.short)"
        case .name(let name): "`\(name)`"
        case .symbol(let symbol): "`\(symbol)`"
        case .end: "the end of the text"
        }
    }

    mutating func advance() throws(FormulaError) {
        while next < characters.count, characters[next].isWhitespace { next += 1 }
        column = next + 1
        guard next < characters.count else {
            kind = .end
            return
        }
        let character = characters[next]
        if character.isASCIIDigit || character == "." {
            try number()
        } else if character.isLetter || character == "_" {
            let name = take { $0.isLetter || $0.isNumber || $0 == "_" }
            kind = .name(name)
        } else if "+-*/()".contains(character) {
            next += 1
            kind = .symbol(character)
        } else if character == "−" {  // as the papers typeset it
            next += 1
            kind = .symbol("-")
        } else {
            throw .syntax(
                rule: "A formula consists of names, numbers, `+ - * /` and parentheses: "
                    + "`\(character)` is not one of them.",
                text: text, column: column)
        }
    }

    private mutating func number() throws(FormulaError) {
        var literal = take { $0.isASCIIDigit || $0 == "." }
        if next < characters.count, "eE".contains(characters[next]) {
            literal.append(characters[next])
            next += 1
            if next < characters.count, "+-".contains(characters[next]) {
                literal.append(characters[next])
                next += 1
            }
            literal += take { $0.isASCIIDigit }
        }
        guard let value = Double(literal), value.isFinite else {
            throw .syntax(
                rule: "A number in a formula must be finite and written like 2, 0.5 or 1e-3: "
                    + "`\(literal)` is not.",
                text: text, column: column)
        }
        kind = .number(value)
    }

    private mutating func take(while accept: (Character) -> Bool) -> String {
        let start = next
        while next < characters.count, accept(characters[next]) { next += 1 }
        return String(characters[start..<next])
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { isASCII && isNumber }
}
