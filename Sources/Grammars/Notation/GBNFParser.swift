/// Reads llama.cpp's notation for grammars (GBNF).
///
/// Source: llama.cpp, `grammars/README.md` and `src/llama-grammar.cpp`. Left out are references to tokens
/// (`<think>`), which need a vocabulary. A rule that is defined twice is refused: llama.cpp takes the last.
struct GBNFParser {
    private var cursor: TextCursor
    private var rules: Rules
    private var indices: [String: Int] = [:]
    /// Where a rule was named first, for those that are never defined.
    private var firstUse: [Int: Int] = [:]
    private var isDefined: Set<Int> = []
    private var nesting = 0

    static func rules(of text: String, limits: GrammarLimits) throws(GrammarError) -> Rules {
        guard text.utf8.count <= limits.text else {
            throw .limit("its text has more than \(limits.text) bytes")
        }
        var parser = GBNFParser(text, limits)
        try parser.read()
        return parser.rules
    }

    private init(_ text: String, _ limits: GrammarLimits) {
        cursor = TextCursor(text)
        rules = Rules(limits: limits)
    }

    private mutating func read() throws(GrammarError) {
        skipSpace(lines: true)
        while !cursor.isAtEnd { try rule() }
        let undefined = firstUse.filter { !isDefined.contains($0.key) }
        if let (rule, position) = undefined.min(by: { $0.value < $1.value }) {
            cursor.position = position
            throw error("the rule `\(rules.names[rule])` is not defined")
        }
        guard let root = indices["root"] else { throw error("expected a rule named `root`") }
        rules.root = root
    }

    private mutating func rule() throws(GrammarError) {
        let position = cursor.position
        let name = name()
        guard !name.isEmpty else { throw expected("the name of a rule") }
        let index = try index(of: name, at: position)
        guard isDefined.insert(index).inserted else {
            cursor.position = position
            throw error("the rule `\(name)` is defined twice")
        }
        skipSpace(lines: false)
        guard cursor.starts(with: "::=") else { throw expected("`::=` after the rule's name") }
        cursor.position += 3
        skipSpace(lines: true)
        rules.set(index, try alternates())
        guard cursor.isAtEnd || cursor.peek == "\n" || cursor.peek == "\r" else {
            throw expected("`|`, another part of the rule, or the end of the line")
        }
        skipSpace(lines: true)
    }

    private mutating func index(of name: String, at position: Int) throws(GrammarError) -> Int {
        if let known = indices[name] { return known }
        let index = try rules.add(name)
        indices[name] = index
        firstUse[index] = position
        return index
    }

    private mutating func alternates() throws(GrammarError) -> Expression {
        var alternatives = [try sequence()]
        while cursor.skip("|") {
            skipSpace(lines: true)
            alternatives.append(try sequence())
        }
        return alternatives.count == 1 ? alternatives[0] : .choice(alternatives)
    }

    private mutating func sequence() throws(GrammarError) -> Expression {
        var parts: [Expression] = []
        /// Repetitions of a repetition nest, without brackets that would count: `a????`.
        var repeats = 0
        while let scalar = cursor.peek {
            repeats = "*+?{".unicodeScalars.contains(scalar) ? repeats + 1 : 0
            guard repeats <= rules.limits.nesting else {
                throw .limit("repetitions are nested more than \(rules.limits.nesting) deep")
            }
            switch scalar {
            case "\"": parts.append(try literal())
            case "[": parts.append(.characters(try characterClass()))
            case "(": parts.append(try group())
            case ".":
                cursor.position += 1
                parts.append(.characters(.all))
            case "*", "+", "?", "{":
                guard let last = parts.popLast() else {
                    throw error("expected something to repeat before `\(scalar)`")
                }
                parts.append(try repetition(of: last))
            case "<", "!":
                throw error("references to tokens, such as `<think>`, are not supported")
            default:
                let position = cursor.position
                let name = name()
                guard !name.isEmpty else { return joined(parts) }
                parts.append(.rule(try index(of: name, at: position)))
            }
            skipSpace(lines: nesting > 0)
        }
        return joined(parts)
    }

    private func joined(_ parts: [Expression]) -> Expression {
        parts.isEmpty ? .empty : parts.count == 1 ? parts[0] : .sequence(parts)
    }

    private mutating func group() throws(GrammarError) -> Expression {
        nesting += 1
        defer { nesting -= 1 }
        guard nesting <= rules.limits.nesting else {
            throw .limit("groups are nested more than \(rules.limits.nesting) deep")
        }
        cursor.position += 1
        skipSpace(lines: true)
        let body = try alternates()
        guard cursor.skip(")") else { throw expected("`)`") }
        return body
    }

    private mutating func repetition(of body: Expression) throws(GrammarError) -> Expression {
        switch cursor.next() {
        case "*": return .repeated(body, min: 0, max: nil)
        case "+": return .repeated(body, min: 1, max: nil)
        case "?": return .repeated(body, min: 0, max: 1)
        default: break
        }
        skipSpace(lines: false)
        guard let min = cursor.number() else { throw expected("a number after `{`") }
        skipSpace(lines: false)
        var max: Int? = min
        if cursor.skip(",") {
            skipSpace(lines: false)
            max = cursor.number()
            skipSpace(lines: false)
        }
        guard cursor.skip("}") else { throw expected("`}`") }
        if let max, max < min { throw error("`{\(min),\(max)}` ends before it begins") }
        return .repeated(body, min: min, max: max)
    }

    private mutating func name() -> String {
        var name = ""
        while let scalar = cursor.peek, Self.isNamePart(scalar) {
            name.unicodeScalars.append(scalar)
            cursor.position += 1
        }
        return name
    }

    private static func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "-", "_": true
        default: false
        }
    }

    private mutating func skipSpace(lines: Bool) {
        while let scalar = cursor.peek {
            switch scalar {
            case " ", "\t": cursor.position += 1
            case "\n", "\r":
                guard lines else { return }
                cursor.position += 1
            case "#":
                while let next = cursor.peek, next != "\n", next != "\r" { cursor.position += 1 }
            default: return
            }
        }
    }
}

extension GBNFParser {
    private mutating func literal() throws(GrammarError) -> Expression {
        cursor.position += 1
        var text = ""
        while cursor.peek != "\"" {
            guard let value = try character() else { throw error("a literal does not end") }
            guard let scalar = Unicode.Scalar(value) else {
                throw error("half of a surrogate pair is no character")
            }
            text.unicodeScalars.append(scalar)
        }
        cursor.position += 1
        return .text(text)
    }

    private mutating func characterClass() throws(GrammarError) -> CodePointSet {
        cursor.position += 1
        let isNegated = cursor.skip("^")
        var ranges: [ClosedRange<UInt32>] = []
        while cursor.peek != "]" {
            guard let low = try character() else {
                throw error("a character class does not end")
            }
            var high = low
            if cursor.peek == "-", cursor.position + 1 < cursor.scalars.count,
                cursor.scalars[cursor.position + 1] != "]"
            {
                cursor.position += 1
                guard let end = try character() else {
                    throw error("a character class does not end")
                }
                high = end
            }
            guard low <= high else { throw error("a range of characters ends before it begins") }
            ranges.append(low...high)
        }
        cursor.position += 1
        let set = CodePointSet(ranges)
        let result = isNegated ? set.inverted : set
        guard !result.isEmpty else { throw error("a character class has no characters") }
        return result
    }

    /// One code point, as it is or escaped; nil at the end of the text.
    private mutating func character() throws(GrammarError) -> UInt32? {
        guard let scalar = cursor.next() else { return nil }
        guard scalar == "\\" else { return scalar.value }
        guard let escape = cursor.next() else { return nil }
        switch escape {
        case "x": return try hexadecimal(2)
        case "u": return try hexadecimal(4)
        case "U": return try hexadecimal(8)
        case "t": return 0x09
        case "r": return 0x0d
        case "n": return 0x0a
        case "\\", "\"", "[", "]", "-": return escape.value
        default:
            cursor.position -= 1
            throw error("expected a known escape after `\\`, and \(cursor.found)")
        }
    }

    private mutating func hexadecimal(_ count: Int) throws(GrammarError) -> UInt32 {
        guard let value = cursor.hexadecimal(count) else {
            throw expected("\(count) hexadecimal digits")
        }
        guard value <= 0x10_ffff else { throw error("code points end at 10FFFF") }
        return value
    }

    private func expected(_ what: String) -> GrammarError {
        error("expected \(what), and \(cursor.found)")
    }

    private func error(_ reason: String) -> GrammarError {
        .notation(line: cursor.line, reason: reason)
    }
}
