/// Cuts a template into tokens.
///
/// White space around tags goes as transformers has Jinja set up: `trim_blocks` drops the line break after
/// a block or comment, `lstrip_blocks` drops the space before one that begins its line; `-` in a tag drops
/// all white space on its side, `+` keeps all.
///
/// Source: matches `jinja2.lexer` with these options.
struct Lexer {
    private let source: [UInt32]
    private var position = 0
    private var line = 1
    private var tokens: [Token] = []
    /// Whether the last tag took a line break with it, or nothing has been read yet.
    private var startsLine = true

    private enum Tag { case variable, block }

    static func tokens(of text: String, limits: TemplateLimits) throws(TemplateError) -> [Token] {
        guard text.unicodeScalars.count <= limits.source else {
            throw .limit("a template may have at most \(limits.source) characters")
        }
        var lexer = Lexer(text)
        try lexer.readText()
        lexer.add(.end)
        return lexer.tokens
    }

    private init(_ text: String) {
        var scalars: [UInt32] = []
        for scalar in text.unicodeScalars {
            // CR LF and CR are line breaks too.
            if scalar == "\n", scalars.last == 0x0d {
                scalars[scalars.count - 1] = 0x0a
            } else {
                scalars.append(scalar.value)
            }
        }
        for index in scalars.indices where scalars[index] == 0x0d { scalars[index] = 0x0a }
        if scalars.last == 0x0a { scalars.removeLast() }
        source = scalars
    }

    // MARK: Text

    private mutating func readText() throws(TemplateError) {
        while let begin = nextTag() {
            let kind = source[begin + 1]
            if kind == UInt32(ascii: "%"), let raw = rawTag("raw", at: begin, trimming: false) {
                addText(upTo: begin, strip: raw.sign, lstrips: true)
                move(to: raw.end)
                try readRaw()
                continue
            }
            let sign = at(begin + 2).flatMap { [0x2d, 0x2b].contains($0) ? $0 : nil }
            addText(upTo: begin, strip: sign, lstrips: kind != UInt32(ascii: "{"))
            move(to: begin + (sign == nil ? 2 : 3))
            switch kind {
            case UInt32(ascii: "#"): try skipComment()
            case UInt32(ascii: "%"):
                add(.blockBegin)
                try readTag(.block)
            default:
                add(.variableBegin)
                try readTag(.variable)
            }
        }
        addText(upTo: source.count, strip: UInt32(ascii: "+"), lstrips: false)
    }

    private func at(_ index: Int) -> UInt32? { index < source.count ? source[index] : nil }

    private func nextTag() -> Int? {
        var index = position
        while index + 1 < source.count {
            if source[index] == UInt32(ascii: "{"), [0x25, 0x7b, 0x23].contains(source[index + 1]) {
                return index
            }
            index += 1
        }
        return nil
    }

    private mutating func addText(upTo end: Int, strip sign: UInt32?, lstrips: Bool) {
        var kept = end
        if sign == UInt32(ascii: "-") {
            while kept > position, source[kept - 1].isSpace { kept -= 1 }
        } else if sign == nil, lstrips {
            var start = end
            while start > position, source[start - 1] != 0x0a { start -= 1 }
            if start > position || startsLine, source[start..<end].allSatisfy(\.isSpace) {
                kept = start
            }
        }
        if kept > position { add(.data(MarkedText(scalars: Array(source[position..<kept])))) }
        move(to: end)
    }

    private mutating func move(to end: Int) {
        for index in position..<end where source[index] == 0x0a { line += 1 }
        position = end
    }

    private mutating func add(_ kind: Token.Kind) { tokens.append(Token(kind: kind, line: line)) }

    // MARK: Comments and raw text

    private mutating func skipComment() throws(TemplateError) {
        var index = position
        while index + 1 < source.count {
            guard source[index] == UInt32(ascii: "#"), source[index + 1] == UInt32(ascii: "}")
            else {
                index += 1
                continue
            }
            let sign = index > position ? source[index - 1] : 0
            endTag(at: index + 2, sign: sign, trims: true)
            return
        }
        // Jinja overlooks an open one with nothing in it.
        if position == source.count { return }
        throw .syntax(line: line, reason: "a comment is not closed")
    }

    /// Moves behind a tag, and what goes with it.
    private mutating func endTag(at end: Int, sign: UInt32, trims: Bool) {
        var end = end
        if sign == UInt32(ascii: "-") {
            while let next = at(end), next.isSpace { end += 1 }
        } else if sign != UInt32(ascii: "+"), trims, at(end) == 0x0a {
            end += 1
        }
        startsLine = source[end - 1] == 0x0a
        move(to: end)
    }

    /// `{% raw %}` or `{% endraw %}` at a place.
    private func rawTag(
        _ name: String, at begin: Int, trimming: Bool
    ) -> (sign: UInt32?, end: Int, close: UInt32)? {
        var index = begin + 2
        var sign: UInt32?
        if let mark = at(index), [0x2d, 0x2b].contains(mark) {
            sign = mark
            index += 1
        }
        func skipSpace() { while let next = at(index), next.isSpace { index += 1 } }
        skipSpace()
        for scalar in name.unicodeScalars {
            guard at(index) == scalar.value else { return nil }
            index += 1
        }
        skipSpace()
        var close: UInt32 = 0
        if at(index) == UInt32(ascii: "-") || trimming && at(index) == UInt32(ascii: "+") {
            close = source[index]
            index += 1
        }
        guard at(index) == UInt32(ascii: "%"), at(index + 1) == UInt32(ascii: "}") else {
            return nil
        }
        index += 2
        if !trimming, close == UInt32(ascii: "-") { skipSpace() }
        return (sign, index, close)
    }

    private mutating func readRaw() throws(TemplateError) {
        startsLine = position > 0 && source[position - 1] == 0x0a
        var index = position
        while index + 1 < source.count {
            if source[index] == UInt32(ascii: "{"), source[index + 1] == UInt32(ascii: "%"),
                let tag = rawTag("endraw", at: index, trimming: true)
            {
                addText(upTo: index, strip: tag.sign, lstrips: true)
                endTag(at: tag.end, sign: tag.close, trims: true)
                return
            }
            index += 1
        }
        if position == source.count { return }
        throw .syntax(line: line, reason: "`raw` is not closed")
    }

    // MARK: Inside tags

    private mutating func readTag(_ tag: Tag) throws(TemplateError) {
        let closer = UInt32(ascii: tag == .block ? "%" : "}")
        var brackets: [UInt32] = []
        while let scalar = at(position) {
            if brackets.isEmpty {
                let isSigned =
                    scalar == UInt32(ascii: "-") || scalar == UInt32(ascii: "+") && tag == .block
                let start = isSigned ? position + 1 : position
                if at(start) == closer, at(start + 1) == UInt32(ascii: "}") {
                    add(tag == .block ? .blockEnd : .variableEnd)
                    endTag(at: start + 2, sign: isSigned ? scalar : 0, trims: tag == .block)
                    return
                }
            }
            if scalar.isSpace {
                move(to: position + 1)
            } else if (0x30...0x39).contains(scalar) {
                try readNumber()
            } else if scalar.isName {
                readName()
            } else if scalar == UInt32(ascii: "'") || scalar == UInt32(ascii: "\"") {
                try readString(scalar)
            } else {
                try readSign(&brackets)
            }
        }
    }

    private mutating func readName() {
        let start = position
        while let next = at(position), next.isName { position += 1 }
        add(.name(MarkedText(scalars: Array(source[start..<position])).string))
    }

    private mutating func readSign(_ brackets: inout [UInt32]) throws(TemplateError) {
        let two = [at(position), at(position + 1)].compactMap { $0 }
        let text = String(String.UnicodeScalarView(two.map(\.scalar)))
        if ["//", "**", "==", "!=", ">=", "<="].contains(text) {
            add(.sign(text))
            return move(to: position + 2)
        }
        let scalar = source[position].scalar
        guard "+-/*%~[](){}><=.:|,;".unicodeScalars.contains(scalar) else {
            throw .syntax(line: line, reason: "unexpected character `\(scalar)`")
        }
        switch scalar {
        case "(": brackets.append(UInt32(ascii: ")"))
        case "[": brackets.append(UInt32(ascii: "]"))
        case "{": brackets.append(UInt32(ascii: "}"))
        case ")", "]", "}":
            guard brackets.popLast() == scalar.value else {
                throw .syntax(line: line, reason: "unexpected `\(scalar)`")
            }
        default: break
        }
        add(.sign(String(scalar)))
        move(to: position + 1)
    }
}

extension UInt32 {
    /// Whether a name can hold it; digits begin none.
    fileprivate var isName: Bool {
        if plain < 0x80 {
            return (0x61...0x7a).contains(plain) || (0x41...0x5a).contains(plain)
                || (0x30...0x39).contains(plain) || plain == 0x5f
        }
        return scalar.properties.isXIDContinue
    }
}

// MARK: Literals

extension Lexer {
    private mutating func digits(_ isDigit: (UInt32) -> Bool) -> String {
        var text = ""
        while let next = at(position) {
            if isDigit(next) {
                text.unicodeScalars.append(next.scalar)
            } else if next != UInt32(ascii: "_") || at(position + 1).map(isDigit) != true {
                break
            }
            position += 1
        }
        return text
    }

    private mutating func readNumber() throws(TemplateError) {
        func isDecimal(_ scalar: UInt32) -> Bool { (0x30...0x39).contains(scalar) }
        let start = position
        let whole = digits(isDecimal)
        var text = whole
        let followsPoint = start > 0 && source[start - 1] == UInt32(ascii: ".")
        if !followsPoint {
            if at(position) == UInt32(ascii: "."), at(position + 1).map(isDecimal) == true {
                position += 1
                text += "." + digits(isDecimal)
            }
            if at(position) == UInt32(ascii: "e") || at(position) == UInt32(ascii: "E") {
                let sign = at(position + 1).flatMap { [0x2b, 0x2d].contains($0) ? $0 : nil }
                let next = position + (sign == nil ? 1 : 2)
                if at(next).map(isDecimal) == true {
                    position = next
                    text += "e" + (sign.map { String($0.scalar) } ?? "") + digits(isDecimal)
                }
            }
            if text != whole { return add(.float(Double(text) ?? .infinity)) }
        }
        position = start
        let mark = source[start] == UInt32(ascii: "0") ? at(start + 1).map { $0 | 0x20 } : nil
        let bases: [UInt32: Int] = [0x62: 2, 0x6f: 8, 0x78: 16]
        if let mark, let base = bases[mark] {
            var next = start + 2
            if at(next) == UInt32(ascii: "_") { next += 1 }
            func isDigit(_ scalar: UInt32) -> Bool {
                Character(scalar.scalar).hexDigitValue.map { $0 < base && scalar < 0x80 } ?? false
            }
            if at(next).map(isDigit) == true {
                position = next
                return try addInteger(digits(isDigit), base: base)
            }
        }
        if source[start] == UInt32(ascii: "0") {
            return try addInteger(digits { $0 == UInt32(ascii: "0") }, base: 10)
        }
        try addInteger(digits(isDecimal), base: 10)
    }

    private mutating func addInteger(_ digits: String, base: Int) throws(TemplateError) {
        guard let value = Int(digits, radix: base) else {
            throw .syntax(line: line, reason: "whole numbers may have at most 64 bits")
        }
        add(.integer(value))
    }

    /// A text in quotes, with Python's escapes.
    private mutating func readString(_ quote: UInt32) throws(TemplateError) {
        var text: [UInt32] = []
        var index = position + 1
        while let scalar = at(index), scalar != quote {
            index += 1
            guard scalar == UInt32(ascii: "\\"), let mark = at(index) else {
                text.append(scalar)
                continue
            }
            index += 1
            func hex(_ width: Int) throws(TemplateError) -> UInt32 {
                let end = index + width
                let digits = source[index..<min(end, source.count)].map(\.scalar)
                guard digits.count == width,
                    digits.allSatisfy({ $0.isASCII && $0.properties.isASCIIHexDigit }),
                    let value = UInt32(String(String.UnicodeScalarView(digits)), radix: 16),
                    Unicode.Scalar(value) != nil
                else {
                    throw .syntax(line: line, reason: "an escape in a text names no character")
                }
                index = end
                return value
            }
            switch mark.scalar {
            case "\n": break
            case "\\", "'", "\"": text.append(mark)
            case "a": text.append(0x07)
            case "b": text.append(0x08)
            case "f": text.append(0x0c)
            case "n": text.append(0x0a)
            case "r": text.append(0x0d)
            case "t": text.append(0x09)
            case "v": text.append(0x0b)
            case "x": text.append(try hex(2))
            case "u": text.append(try hex(4))
            case "U": text.append(try hex(8))
            case "0"..."7":
                var value = mark - 0x30
                for _ in 0..<2 {
                    guard let next = at(index), (0x30...0x37).contains(next) else { break }
                    value = value * 8 + next - 0x30
                    index += 1
                }
                text.append(value)
            case "N":
                throw .syntax(line: line, reason: "characters cannot be named (`\\N`) here")
            default: text += [scalar, mark]
            }
        }
        guard at(index) == quote else {
            throw .syntax(line: line, reason: "a text in quotes is not closed")
        }
        add(.string(MarkedText(scalars: text)))
        move(to: index + 1)
    }
}
