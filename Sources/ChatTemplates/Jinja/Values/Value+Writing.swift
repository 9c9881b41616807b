extension Value {
    /// Python's `str`.
    func written(_ limits: TemplateLimits) throws(TemplateError) -> MarkedText {
        switch self {
        case .undefined: return MarkedText()
        case .text(let text): return text
        default: return try represented(limits)
        }
    }

    /// Python's `repr`.
    func represented(_ limits: TemplateLimits) throws(TemplateError) -> MarkedText {
        var writer = ValueWriter(limits: limits)
        try writer.write(self, depth: 0)
        return writer.text
    }
}

/// Writes values as Python's `repr` does.
private struct ValueWriter {
    let limits: TemplateLimits
    var text = MarkedText()

    mutating func write(_ value: Value, depth: Int) throws(TemplateError) {
        guard depth <= limits.structure else {
            throw .limit("values are nested too deep to be written")
        }
        guard text.count <= limits.text else {
            throw .limit("a text may have at most \(limits.text) characters")
        }
        switch value {
        case .undefined: text.append("Undefined")
        case .none: text.append("None")
        case .bool(let value): text.append(value ? "True" : "False")
        case .integer(let value): text.append(MarkedText("\(value)", isGiven: false))
        case .large(let digits): text.append(MarkedText(digits, isGiven: false))
        case .float(let value): text.append(MarkedText(value.python, isGiven: false))
        case .text(let value):
            if value.isSafe { text.append("Markup(") }
            text.append(value.represented)
            if value.isSafe { text.append(")") }
        case .items(let items): try write(items, depth: depth)
        case .mapping(let mapping): try write(mapping, depth: depth)
        case .namespace(let namespace):
            let mapping = Mapping()
            for (name, value) in namespace.names { mapping.set(value, for: .text(name)) }
            text.append("<Namespace ")
            try write(mapping, depth: depth)
            text.append(">")
        case .loop(let loop):
            text.append(
                MarkedText("<LoopContext \(loop.index + 1)/\(loop.items.count)>", isGiven: false))
        case .function(.macro(let macro)):
            text.append(
                MarkedText(
                    macro.isAnonymous ? "<Macro anonymous>" : "<Macro '\(macro.name)'>",
                    isGiven: false))
        case .function(.global(let name)):
            text.append(MarkedText("<function \(name)>", isGiven: false))
        case .function(.method(let value, let name)):
            text.append(
                MarkedText("<built-in method \(name) of \(value.typeName) object>", isGiven: false))
        case .function(.cycler): text.append("<Cycler>")
        case .function(.joiner): text.append("<Joiner>")
        }
    }

    private mutating func write(_ items: Items, depth: Int) throws(TemplateError) {
        switch items.kind {
        case .list: try write(items.values, "[", "]", depth: depth)
        case .tuple, .group:
            try write(items.values, "(", items.values.count == 1 ? ",)" : ")", depth: depth)
        case .view(let name):
            text.append(MarkedText(name, isGiven: false))
            try write(items.values, "([", "])", depth: depth)
        case .generator: text.append("<generator object>")
        case .range(let start, let end, let step):
            text.append(
                MarkedText(
                    step == 1 ? "range(\(start), \(end))" : "range(\(start), \(end), \(step))",
                    isGiven: false))
        }
    }

    private mutating func write(
        _ values: [Value], _ start: MarkedText, _ end: MarkedText, depth: Int
    ) throws(TemplateError) {
        text.append(start)
        for (index, value) in values.enumerated() {
            if index > 0 { text.append(", ") }
            try write(value, depth: depth + 1)
        }
        text.append(end)
    }

    private mutating func write(_ mapping: Mapping, depth: Int) throws(TemplateError) {
        text.append("{")
        for (index, (key, value)) in zip(mapping.keys, mapping.values).enumerated() {
            if index > 0 { text.append(", ") }
            try write(key, depth: depth + 1)
            text.append(": ")
            try write(value, depth: depth + 1)
        }
        text.append("}")
    }
}

extension MarkedText {
    /// Python's `repr` of a text: in quotes, with escapes for what cannot be shown.
    fileprivate var represented: MarkedText {
        let holdsApostrophe = scalars.contains { $0.plain == UInt32(ascii: "'") }
        let holdsQuote = scalars.contains { $0.plain == UInt32(ascii: "\"") }
        let quote = UInt32(ascii: holdsApostrophe && !holdsQuote ? "\"" : "'")
        var made = [quote]
        for scalar in scalars {
            let origin = scalar & Self.given
            func write(_ text: String) { made += text.unicodeScalars.map { $0.value | origin } }
            func hex(_ mark: String, _ width: Int) {
                let digits = String(scalar.plain, radix: 16)
                write(
                    "\\" + mark + String(repeating: "0", count: max(0, width - digits.count))
                        + digits)
            }
            switch scalar.plain {
            case UInt32(ascii: "\\"): write("\\\\")
            case UInt32(ascii: "\n"): write("\\n")
            case UInt32(ascii: "\r"): write("\\r")
            case UInt32(ascii: "\t"): write("\\t")
            case quote: write("\\" + String(scalar.scalar))
            case 0x20..<0x7f: made.append(scalar)
            case 0..<0x20, 0x7f: hex("x", 2)
            case let value:
                if scalar.scalar.isShown {
                    made.append(scalar)
                } else if value < 0x100 {
                    hex("x", 2)
                } else if value < 0x10000 {
                    hex("u", 4)
                } else {
                    hex("U", 8)
                }
            }
        }
        return MarkedText(scalars: made + [quote])
    }
}

extension MarkedText {
    /// The text with escapes for all that is not ASCII.
    var escapedBeyondASCII: MarkedText {
        var made: [UInt32] = []
        for scalar in scalars {
            guard scalar.plain >= 0x80 else {
                made.append(scalar)
                continue
            }
            let (mark, width) =
                scalar.plain < 0x100 ? ("x", 2) : scalar.plain < 0x10000 ? ("u", 4) : ("U", 8)
            let digits = String(scalar.plain, radix: 16)
            let escape = "\\" + mark + String(repeating: "0", count: width - digits.count) + digits
            made += escape.unicodeScalars.map { $0.value | scalar & Self.given }
        }
        return MarkedText(scalars: made)
    }
}

extension Unicode.Scalar {
    /// Python's `isprintable`.
    var isShown: Bool {
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
            .paragraphSeparator:
            false
        case .spaceSeparator: value == 0x20
        default: true
        }
    }
}

extension Double {
    /// The number as Python writes it: the fewest digits that give it back, with an exponent from 1e16 on
    /// and below 1e-4.
    var python: String {
        if isNaN { return "nan" }
        if isInfinite { return self < 0 ? "-inf" : "inf" }
        if self == 0 { return sign == .minus ? "-0.0" : "0.0" }
        // Swift writes the same digits, with other rules for the point.
        let parts = "\(magnitude)".split(separator: "e")
        let mantissa = parts[0].split(separator: ".")
        let whole = mantissa[0]
        let fraction = mantissa.count > 1 && mantissa[1] != "0" ? String(mantissa[1]) : ""
        var exponent = (parts.count > 1 ? Int(parts[1]) ?? 0 : 0) + whole.count - 1
        var digits = String(whole) + fraction
        let zeros = digits.prefix { $0 == "0" }.count
        digits = String(digits.dropFirst(zeros))
        exponent -= zeros
        while digits.count > 1, digits.last == "0" { digits.removeLast() }
        let sign = self < 0 ? "-" : ""
        if exponent < -4 || exponent >= 16 {
            let rest = digits.dropFirst()
            let size = exponent.magnitude < 10 ? "0\(exponent.magnitude)" : "\(exponent.magnitude)"
            return "\(sign)\(digits.prefix(1))\(rest.isEmpty ? "" : ".\(rest)")"
                + "e\(exponent < 0 ? "-" : "+")\(size)"
        }
        if exponent < 0 {
            return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits
        }
        let padded = digits + String(repeating: "0", count: max(0, exponent + 1 - digits.count))
        let point = padded.index(padded.startIndex, offsetBy: exponent + 1)
        return "\(sign)\(padded[..<point]).\(padded[point...].isEmpty ? "0" : padded[point...])"
    }
}
