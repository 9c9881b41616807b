/// Python's two ways to fill in a text: `'%s' % value` and `'{}'.format(value)`.
extension Renderer {
    // MARK: %

    func percentFormat(_ format: MarkedText, _ value: Value) throws(TemplateError) -> MarkedText {
        var rest = [value][...]
        if case .items(let items) = value, items.isTuple { rest = items.values[...] }
        var wasNamed = false
        var made = MarkedText()
        var index = 0
        func take() throws(TemplateError) -> Value {
            guard !rest.isEmpty else { throw .fault("not enough arguments for format string") }
            return rest.removeFirst()
        }
        while index < format.count {
            let scalar = format.scalars[index]
            index += 1
            guard scalar.plain == UInt32(ascii: "%") else {
                made.scalars.append(scalar)
                continue
            }
            var spec = FormatSpec()
            var named: Value?
            func current() -> Unicode.Scalar? {
                index < format.count ? format.scalars[index].scalar : nil
            }
            if current() == "(" {
                guard let end = format.firstIndex(of: ")", from: index) else {
                    throw .fault("incomplete format key")
                }
                guard case .mapping(let mapping) = value else {
                    throw .fault("format requires a mapping")
                }
                let name = format[index + 1..<end]
                guard let found = mapping[.text(name)] else {
                    throw .fault("there is no key '\(name.string)'")
                }
                (named, wasNamed) = (found, true)
                index = end + 1
            }
            while let flag = current(), "-+ 0#".unicodeScalars.contains(flag) {
                switch flag {
                case "-": spec.alignment = "<"
                case "+": spec.sign = "+"
                case " ": if spec.sign == nil { spec.sign = " " }
                case "0": spec.padsWithZeros = true
                default: spec.isAlternate = true
                }
                index += 1
            }
            func number() throws(TemplateError) -> Int? {
                if current() == "*" {
                    index += 1
                    return try integer(try take(), 0, of: "%")
                }
                return try Self.digits(format, &index)
            }
            spec.width = try number() ?? 0
            if spec.width < 0 { (spec.width, spec.alignment) = (-spec.width, "<") }
            if current() == "." {
                index += 1
                spec.precision = try number() ?? 0
            }
            while let mark = current(), ["l", "L", "h"].contains(mark) { index += 1 }
            guard let kind = current() else { throw .fault("incomplete format") }
            index += 1
            if kind == "%" {
                made.append("%")
                continue
            }
            spec.kind = kind
            let argument = if let named { named } else { try take() }
            made.append(try percent(argument, spec))
            try requireRoom(made.count)
        }
        if !rest.isEmpty, !wasNamed {
            if case .mapping = value { return made }
            throw .fault("not all arguments converted during string formatting")
        }
        return made
    }

    private func percent(_ value: Value, _ spec: FormatSpec) throws(TemplateError) -> MarkedText {
        var spec = spec
        if spec.alignment == nil { spec.alignment = ">" }
        let kind = spec.kind ?? "s"
        switch kind {
        case "s", "r", "a":
            var text = try kind == "s" ? value.written(limits) : value.represented(limits)
            if kind == "a" { text = text.escapedBeyondASCII }
            if let precision = spec.precision { text = text[0..<min(precision, text.count)] }
            spec.padsWithZeros = false
            return try aligned(text, sign: "", spec)
        case "d", "i", "u":
            guard let number = value.asDouble else {
                throw .fault("%\(kind) format: a real number is required, not \(value.typeName)")
            }
            guard let whole = value.asInteger ?? Int(exactly: number.rounded(.towardZero)) else {
                throw .fault("a number is too large for %\(kind)")
            }
            return try integer(whole, radix: 10, spec)
        case "x", "X", "o":
            guard let whole = value.asInteger else {
                throw .fault("%\(kind) format: an integer is required, not \(value.typeName)")
            }
            return try integer(whole, radix: kind == "o" ? 8 : 16, spec)
        case "f", "F", "e", "E", "g", "G":
            guard let number = value.asDouble else {
                throw .fault("must be real number, not \(value.typeName)")
            }
            return try real(number, spec)
        case "c":
            if case .text(let text) = value, text.count == 1 {
                return try aligned(text, sign: "", spec)
            }
            guard let code = value.asInteger,
                let scalar = UInt32(exactly: code).flatMap(Unicode.Scalar.init)
            else { throw .fault("%c requires int or char") }
            return try aligned(MarkedText(scalars: [scalar.value]), sign: "", spec)
        default: throw .fault("unsupported format character '\(kind)'")
        }
    }

    // MARK: {}

    func format(_ format: MarkedText, _ given: Given) throws(TemplateError) -> MarkedText {
        var made = MarkedText()
        var index = 0
        var next: Int? = 0
        while index < format.count {
            let scalar = format.scalars[index].scalar
            let following = index + 1 < format.count ? format.scalars[index + 1].scalar : nil
            if scalar == "{" || scalar == "}", following == scalar {
                made.scalars.append(format.scalars[index])
                index += 2
                continue
            }
            guard scalar != "}" else { throw .fault("Single '}' encountered in format string") }
            guard scalar == "{" else {
                made.scalars.append(format.scalars[index])
                index += 1
                continue
            }
            guard let end = format.firstIndex(of: "}", from: index) else {
                throw .fault("expected '}' before end of string")
            }
            let field = format[index + 1..<end]
            guard field.firstIndex(of: "{") == nil else {
                throw .fault("fields inside of fields are not supported")
            }
            index = end + 1
            made.append(try fill(field, given, &next))
            try requireRoom(made.count)
        }
        return made
    }

    private func fill(
        _ field: MarkedText, _ given: Given, _ next: inout Int?
    ) throws(TemplateError) -> MarkedText {
        let parts = field.split(":", limit: 1)
        let converted = parts[0].split("!", limit: 1)
        var value = try value(of: converted[0], given, &next)
        if converted.count > 1 {
            switch converted[1].string {
            case "s": value = .text(try value.written(limits))
            case "r": value = .text(try value.represented(limits))
            case "a": value = .text(try value.represented(limits).escapedBeyondASCII)
            default: throw .fault("unknown conversion specifier '\(converted[1].string)'")
            }
        }
        guard parts.count > 1, !parts[1].isEmpty else { return try value.written(limits) }
        let spec = try FormatSpec(parts[1], digits: Self.digits)
        switch value {
        case .text(let text):
            guard spec.kind == nil || spec.kind == "s", spec.sign == nil else {
                throw .fault("a text has no such format")
            }
            return try aligned(
                spec.precision.map { text[0..<min($0, text.count)] } ?? text, sign: "", spec,
                standard: "<")
        case .integer, .bool:
            let number = value.asInteger ?? 0
            switch spec.kind {
            case nil, "d", "n": return try integer(number, radix: 10, spec)
            case "x", "X": return try integer(number, radix: 16, spec)
            case "o": return try integer(number, radix: 8, spec)
            case "b": return try integer(number, radix: 2, spec)
            case "c":
                guard let scalar = UInt32(exactly: number).flatMap(Unicode.Scalar.init) else {
                    throw .fault("%c arg not in range")
                }
                return try aligned(
                    MarkedText(scalars: [scalar.value]), sign: "", spec, standard: "<")
            default: return try real(Double(number), spec)
            }
        case .float(let number): return try real(number, spec)
        case .large(let digits): return try real(Double(digits) ?? .infinity, spec)
        default: throw .fault("unsupported format string passed to \(value.typeName)")
        }
    }

    private func value(
        of path: MarkedText, _ given: Given, _ next: inout Int?
    ) throws(TemplateError) -> Value {
        let name = path.plain.prefix { $0 != UInt32(ascii: ".") && $0 != UInt32(ascii: "[") }
        let key = MarkedText(scalars: Array(name)).string
        var value: Value
        if key.isEmpty || Int(key) != nil {
            if key.isEmpty, next == nil {
                throw .fault(
                    "cannot switch from manual field specification to automatic field numbering")
            }
            if !key.isEmpty, next ?? 0 > 0 {
                throw .fault(
                    "cannot switch from automatic field numbering to manual field specification")
            }
            let place = Int(key) ?? next ?? 0
            next = key.isEmpty ? place + 1 : nil
            guard given.positional.indices.contains(place) else {
                throw .fault("Replacement index \(place) out of range for positional args tuple")
            }
            value = given.positional[place]
        } else if let found = given.named.first(where: { $0.name.string == key }) {
            value = found.value
        } else {
            throw .fault("there is no key '\(key)'")
        }
        var rest = MarkedText(scalars: Array(path.scalars.dropFirst(name.count))).string[...]
        while let mark = rest.first {
            rest = rest.dropFirst()
            if mark == "." {
                let name = String(rest.prefix { $0 != "." && $0 != "[" })
                rest = rest.dropFirst(name.count)
                value = try attribute(name, of: value)
            } else {
                let name = String(rest.prefix { $0 != "]" })
                rest = rest.dropFirst(name.count + 1)
                value = try item(Int(name).map(Value.integer) ?? .text(name), of: value)
            }
        }
        return value
    }

    // MARK: Numbers

    private static func digits(_ text: MarkedText, _ index: inout Int) throws(TemplateError) -> Int?
    {
        var number: Int?
        while index < text.count, case let digit = text.scalars[index].plain,
            (0x30...0x39).contains(digit)
        {
            number = (number ?? 0) * 10 + Int(digit - 0x30)
            guard number ?? 0 < 1 << 31 else {
                throw .limit("a format may be that wide only in Python")
            }
            index += 1
        }
        return number
    }

    private func integer(_ number: Int, radix: Int, _ spec: FormatSpec) throws(TemplateError)
        -> MarkedText
    {
        var digits = String(number.magnitude, radix: radix, uppercase: spec.kind == "X")
        try requireRoom(spec.precision ?? 0)
        if let precision = spec.precision, digits.count < precision {
            digits = String(repeating: "0", count: precision - digits.count) + digits
        }
        if let group = spec.grouping {
            digits = Self.grouped(digits, group, every: radix == 10 ? 3 : 4)
        }
        let prefix =
            spec.isAlternate && radix != 10 ? (radix == 16 ? "0x" : radix == 8 ? "0o" : "0b") : ""
        return try aligned(
            MarkedText(digits, isGiven: false), sign: spec.sign(of: number < 0) + prefix, spec)
    }

    private func real(_ number: Double, _ spec: FormatSpec) throws(TemplateError) -> MarkedText {
        var kind = spec.kind.map { String($0) } ?? "g"
        guard ["e", "E", "f", "F", "g", "G", "%", "n"].contains(kind) else {
            throw .fault("unknown format code '\(kind)' for a number")
        }
        guard spec.precision ?? 0 <= 1000 else { throw .limit("a precision may be at most 1000") }
        var text: String
        if number.isNaN || number.isInfinite {
            text = number.isNaN ? "nan" : "inf"
        } else if spec.kind == nil, spec.precision == nil {
            text = number.magnitude.python
        } else {
            var value = number.magnitude
            if kind == "%" { (value, kind) = (value * 100, "f") }
            if kind == "n" { kind = "g" }
            text = Numbers.write(value, "%.\(spec.precision ?? 6)\(kind)")
            if spec.kind == nil, !text.contains("."), !text.contains("e") { text += ".0" }
            if spec.kind == "%" { text += "%" }
        }
        if let group = spec.grouping {
            let whole = text.prefix { $0.isNumber }
            text = Self.grouped(String(whole), group, every: 3) + text.dropFirst(whole.count)
        }
        return try aligned(
            MarkedText(text, isGiven: false),
            sign: spec.sign(of: number.sign == .minus && !number.isNaN), spec)
    }

    private static func grouped(_ digits: String, _ mark: Unicode.Scalar, every size: Int) -> String
    {
        var made = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: size) {
                made.unicodeScalars.append(mark)
            }
            made.append(digit)
        }
        return made
    }

    private func aligned(
        _ text: MarkedText, sign: String, _ spec: FormatSpec, standard: Unicode.Scalar = ">"
    ) throws(TemplateError) -> MarkedText {
        let sign = MarkedText(sign, isGiven: false)
        let count = spec.width - text.count - sign.count
        guard count > 0 else { return sign + text }
        try requireRoom(spec.width)
        let isZero = spec.padsWithZeros && spec.alignment != "<" && spec.fill == nil
        let alignment = isZero ? "=" : spec.alignment ?? standard
        let fill = isZero ? UInt32(ascii: "0") : spec.fill ?? 0x20
        func filled(_ count: Int) -> MarkedText {
            MarkedText(scalars: Array(repeating: fill, count: count))
        }
        return switch alignment {
        case "<": sign + text + filled(count)
        case "^": filled(count / 2) + sign + text + filled(count - count / 2)
        case "=": sign + filled(count) + text
        default: filled(count) + sign + text
        }
    }
}
