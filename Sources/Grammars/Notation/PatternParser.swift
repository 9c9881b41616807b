/// Reads regular expressions: those of ECMAScript with Unicode, as far as they are regular.
struct PatternParser {
    private var cursor: TextCursor
    private let limits: GrammarLimits
    private var nesting = 0

    /// - Throws: ``GrammarError/expression(position:reason:)``, ``GrammarError/limit(_:)``.
    static func pattern(of text: String, limits: GrammarLimits) throws(GrammarError) -> Pattern {
        try parsed(text, limits: limits).anchored(searching: false)
    }

    /// The pattern that whole texts match in which this one is found, as JSON Schema means it.
    static func search(_ text: String, limits: GrammarLimits) throws(GrammarError) -> Pattern {
        try parsed(text, limits: limits).anchored(searching: true)
    }

    private static func parsed(_ text: String, limits: GrammarLimits)
        throws(GrammarError) -> Pattern
    {
        guard text.utf8.count <= limits.text else {
            throw .limit("its text has more than \(limits.text) bytes")
        }
        var parser = PatternParser(cursor: TextCursor(text), limits: limits)
        let pattern = try parser.alternates()
        guard parser.cursor.isAtEnd else { throw parser.error("`)` closes nothing") }
        return pattern
    }

    private init(cursor: TextCursor, limits: GrammarLimits) {
        self.cursor = cursor
        self.limits = limits
    }

    private mutating func alternates() throws(GrammarError) -> Pattern {
        var alternatives = [try sequence()]
        while cursor.skip("|") { alternatives.append(try sequence()) }
        return alternatives.count == 1 ? alternatives[0] : .choice(alternatives)
    }

    private mutating func sequence() throws(GrammarError) -> Pattern {
        var parts: [Pattern] = []
        while let scalar = cursor.peek, scalar != "|", scalar != ")" {
            let atom = try atom()
            parts.append(try quantified(atom))
        }
        return parts.isEmpty ? .empty : parts.count == 1 ? parts[0] : .sequence(parts)
    }

    private mutating func atom() throws(GrammarError) -> Pattern {
        let position = cursor.position
        guard let scalar = cursor.next() else { return .empty }
        switch scalar {
        case "^": return .start(position: position)
        case "$": return .end(position: position)
        case ".": return .set(CodePointSet.lineEnds.inverted)
        case "[": return .set(try characterClass())
        case "(": return try group()
        case "\\": return .set(try escape(inClass: false))
        case "*", "+", "?":
            cursor.position = position
            throw error("expected something to repeat before `\(scalar)`")
        case "{":
            cursor.position = position
            if try bounds() != nil {
                cursor.position = position
                throw error("expected something to repeat before `{`")
            }
            cursor.position = position + 1
            return .set(CodePointSet(scalar))
        default: return .set(CodePointSet(scalar))
        }
    }

    private mutating func group() throws(GrammarError) -> Pattern {
        nesting += 1
        defer { nesting -= 1 }
        guard nesting <= limits.nesting else {
            throw .limit("groups are nested more than \(limits.nesting) deep")
        }
        if cursor.peek == "?" {
            if cursor.starts(with: "?:") {
                cursor.position += 2
            } else if cursor.starts(with: "?<") || cursor.starts(with: "?P<"),
                !cursor.starts(with: "?<="), !cursor.starts(with: "?<!")
            {
                while let scalar = cursor.next(), scalar != ">" {}
            } else {
                throw error("looking around and flags (`(?…)`) are not supported")
            }
        }
        let body = try alternates()
        guard cursor.skip(")") else { throw error("expected `)`, and \(cursor.found)") }
        return body
    }

    private mutating func quantified(_ atom: Pattern) throws(GrammarError) -> Pattern {
        let position = cursor.position
        var (min, max): (Int, Int?) = (0, nil)
        switch cursor.peek {
        case "*": cursor.position += 1
        case "+":
            cursor.position += 1
            min = 1
        case "?":
            cursor.position += 1
            max = 1
        case "{":
            guard let bounds = try bounds() else {
                cursor.position = position
                return atom
            }
            (min, max) = bounds
        default: return atom
        }
        switch atom {
        case .start, .end:
            cursor.position = position
            throw error("`^` and `$` cannot be repeated")
        default: break
        }
        // Lazy repetition matches the same texts.
        _ = cursor.skip("?")
        if let next = cursor.peek, next == "*" || next == "+" || next == "?" {
            throw error("a repetition cannot be repeated without a group")
        }
        return .repeated(atom, min: min, max: max)
    }

    /// `{m}`, `{m,}` or `{m,n}`; nil where the bracket means itself.
    private mutating func bounds() throws(GrammarError) -> (Int, Int?)? {
        guard cursor.skip("{"), let min = cursor.number(limit: limits.repetition) else {
            return nil
        }
        var max: Int? = min
        if cursor.skip(",") { max = cursor.number(limit: limits.repetition) }
        guard cursor.skip("}") else { return nil }
        if let max, max < min { throw error("`{\(min),\(max)}` ends before it begins") }
        return (min, max)
    }

    fileprivate func error(_ reason: String) -> GrammarError {
        .expression(position: cursor.position, reason: reason)
    }
}

extension PatternParser {
    private mutating func characterClass() throws(GrammarError) -> CodePointSet {
        let isNegated = cursor.skip("^")
        var ranges: [ClosedRange<UInt32>] = []
        // As Python and POSIX have it, `]` stands for itself where a class begins; ECMAScript has an
        // empty class there. Neither is meant often: it is refused.
        if cursor.peek == "]" { throw error("write `\\]` where a character class begins") }
        while cursor.peek != "]" {
            let low = try classAtom()
            guard cursor.peek == "-", cursor.position + 1 < cursor.scalars.count,
                cursor.scalars[cursor.position + 1] != "]"
            else {
                ranges += low.ranges
                continue
            }
            cursor.position += 1
            let high = try classAtom()
            guard let from = low.single, let to = high.single, from <= to else {
                throw error("a range of characters ends before it begins")
            }
            ranges.append(from...to)
        }
        cursor.position += 1
        let set = CodePointSet(ranges)
        let result = isNegated ? set.inverted : set
        guard !result.isEmpty else { throw error("a character class has no characters") }
        return result
    }

    private mutating func classAtom() throws(GrammarError) -> CodePointSet {
        guard let scalar = cursor.next() else { throw error("a character class does not end") }
        return scalar == "\\" ? try escape(inClass: true) : CodePointSet(scalar)
    }

    private mutating func escape(inClass: Bool) throws(GrammarError) -> CodePointSet {
        guard let scalar = cursor.next() else { throw error("`\\` ends the text") }
        switch scalar {
        case "d": return .digits
        case "D": return CodePointSet.digits.inverted
        case "w": return .words
        case "W": return CodePointSet.words.inverted
        case "s": return .spaces
        case "S": return CodePointSet.spaces.inverted
        case "t": return CodePointSet("\t")
        case "n": return CodePointSet("\n")
        case "r": return CodePointSet("\r")
        case "f": return CodePointSet("\u{c}")
        case "v": return CodePointSet("\u{b}")
        case "0" where !(cursor.peek.map { ("0"..."9").contains($0) } ?? false):
            return CodePointSet("\0")
        case "x":
            let value = cursor.hexadecimal(2)
            return try codePoint(value)
        case "u":
            guard cursor.skip("{") else {
                let value = cursor.hexadecimal(4)
                return try codePoint(value)
            }
            var digits = 0
            while let next = cursor.peek, next != "}", digits < 8 {
                digits += 1
                cursor.position += 1
            }
            cursor.position -= digits
            let value = cursor.hexadecimal(digits)
            guard digits > 0, cursor.skip("}") else { return try codePoint(nil) }
            return try codePoint(value)
        case "b" where inClass: return CodePointSet("\u{8}")
        case "a"..."z", "A"..."Z", "0"..."9":
            cursor.position -= 1
            throw error("`\\\(scalar)` is not supported")
        default: return CodePointSet(scalar)
        }
    }

    private func codePoint(_ value: UInt32?) throws(GrammarError) -> CodePointSet {
        guard let value else { throw error("expected hexadecimal digits, and \(cursor.found)") }
        guard let scalar = Unicode.Scalar(value) else {
            throw error("half of a surrogate pair, or too large a number, is no character")
        }
        return CodePointSet(scalar)
    }
}

extension CodePointSet {
    /// The only code point.
    fileprivate var single: UInt32? {
        guard ranges.count == 1, ranges[0].count == 1 else { return nil }
        return ranges[0].lowerBound
    }
}
