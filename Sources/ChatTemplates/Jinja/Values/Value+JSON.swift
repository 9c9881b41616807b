import JSONValues

extension Value {
    /// Roles of messages that count as the template's own words: templates make marks of them, as in
    /// `<|user|>`.
    private static let roles: Set = [
        "system", "developer", "user", "assistant", "tool", "function", "model", "ipython",
    ]

    /// A value that the caller gives: its texts are marked as given, but for names of roles.
    ///
    /// - Throws: ``TemplateError/limit(_:)`` where it is nested too deep.
    init(_ json: JSON, depth: Int = 0, limits: TemplateLimits) throws(TemplateError) {
        guard depth < limits.structure else {
            throw .limit("values may be nested \(limits.structure) deep")
        }
        switch json {
        case .null: self = .none
        case .flag(let value): self = .bool(value)
        case .integer(let value): self = .integer(value)
        case .large(let digits): self = .large(digits)
        case .number(let value): self = .float(value)
        case .text(let text): self = .text(MarkedText(text, isGiven: true))
        case .array(let values):
            var items: [Value] = []
            items.reserveCapacity(values.count)
            for value in values { items.append(try Value(value, depth: depth + 1, limits: limits)) }
            self = .list(items)
        case .object(let entries):
            let mapping = Mapping()
            for entry in entries {
                var value = try Value(entry.value, depth: depth + 1, limits: limits)
                if entry.key == "role", case .text(let role) = entry.value,
                    Self.roles.contains(role)
                {
                    value = .text(role)
                }
                mapping.set(value, for: .text(MarkedText(entry.key, isGiven: true)))
            }
            self = .mapping(mapping)
        }
    }
}

/// Writes values as Python's `json.dumps` does.
///
/// Source: matches `tojson` as transformers sets it up, which is `json.dumps` with these options.
struct JSONWriter {
    var escapesUnicode = false
    var sortsKeys = false
    /// What one level is indented by; nil: all on one line.
    var indent: MarkedText?
    var itemSeparator: MarkedText = ", "
    var keySeparator: MarkedText = ": "
    let limits: TemplateLimits

    private var text = MarkedText()

    init(limits: TemplateLimits) { self.limits = limits }

    mutating func write(_ value: Value) throws(TemplateError) -> MarkedText {
        text = MarkedText()
        try write(value, depth: 0)
        return text
    }

    private mutating func write(_ value: Value, depth: Int) throws(TemplateError) {
        guard text.count <= limits.text else {
            throw .limit("a text may have at most \(limits.text) characters")
        }
        switch value {
        case .none: text.append("null")
        case .bool(let value): text.append(value ? "true" : "false")
        case .integer(let value): text.append(MarkedText("\(value)", isGiven: false))
        case .large(let digits): text.append(MarkedText(digits, isGiven: false))
        case .float(let value): text.append(MarkedText(Self.number(value), isGiven: false))
        case .text(let value): write(value)
        case .items(let items) where items.kind == .list || items.isTuple:
            let writes = items.values
            try write(count: writes.count, "[", "]", depth: depth) {
                (writer, index) throws(TemplateError) in
                try writer.write(writes[index], depth: depth + 1)
            }
        case .mapping(let mapping):
            var entries = Array(zip(mapping.keys, mapping.values))
            if sortsKeys {
                entries = try entries.sortedAsPython { (left, right) throws(TemplateError) in
                    try Value.isLess(left.0, right.0)
                }
            }
            try write(count: entries.count, "{", "}", depth: depth) {
                (writer, index) throws(TemplateError) in
                writer.write(try Self.key(entries[index].0))
                writer.text.append(writer.keySeparator)
                try writer.write(entries[index].1, depth: depth + 1)
            }
        default:
            throw .fault("Object of type \(value.typeName) is not JSON serializable")
        }
    }

    private mutating func write(
        count: Int, _ start: MarkedText, _ end: MarkedText, depth: Int,
        _ body: (inout JSONWriter, Int) throws(TemplateError) -> Void
    ) throws(TemplateError) {
        text.append(start)
        for index in 0..<count {
            if index > 0 { text.append(itemSeparator) }
            breakLine(depth + 1)
            try body(&self, index)
        }
        if count > 0 { breakLine(depth) }
        text.append(end)
    }

    private mutating func breakLine(_ depth: Int) {
        guard let indent else { return }
        text.append("\n")
        for _ in 0..<depth { text.append(indent) }
    }

    private static func key(_ key: Value) throws(TemplateError) -> MarkedText {
        switch key {
        case .text(let text): text
        case .none: "null"
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): MarkedText("\(value)", isGiven: false)
        case .large(let digits): MarkedText(digits, isGiven: false)
        case .float(let value): MarkedText(number(value), isGiven: false)
        default:
            throw .fault("keys must be str, int, float, bool or None, not \(key.typeName)")
        }
    }

    private static func number(_ value: Double) -> String {
        value.isNaN
            ? "NaN" : value.isInfinite ? (value < 0 ? "-Infinity" : "Infinity") : value.python
    }

    private mutating func write(_ value: MarkedText) {
        text.append("\"")
        for scalar in value.scalars {
            let origin = scalar & MarkedText.given
            func write(_ escape: String) {
                text.scalars += escape.unicodeScalars.map { $0.value | origin }
            }
            func hex(_ unit: UInt32) {
                let digits = String(unit, radix: 16)
                write("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
            }
            switch scalar.plain {
            case 0x22: write("\\\"")
            case 0x5c: write("\\\\")
            case 0x0a: write("\\n")
            case 0x0d: write("\\r")
            case 0x09: write("\\t")
            case 0x08: write("\\b")
            case 0x0c: write("\\f")
            case 0..<0x20: hex(scalar.plain)
            case 0x7f... where escapesUnicode && scalar.plain > 0x7f:
                for unit in Character(scalar.scalar).utf16 { hex(UInt32(unit)) }
            default: text.scalars.append(scalar)
            }
        }
        text.append("\"")
    }
}

extension Array {
    /// A stable sort by an order that may fail.
    func sortedAsPython(
        _ isLess: (Element, Element) throws(TemplateError) -> Bool
    ) throws(TemplateError) -> [Element] {
        guard count > 1 else { return self }
        let middle = count / 2
        let left = try Array(self[..<middle]).sortedAsPython(isLess)
        let right = try Array(self[middle...]).sortedAsPython(isLess)
        var merged: [Element] = []
        merged.reserveCapacity(count)
        var (first, second) = (0, 0)
        while first < left.count, second < right.count {
            if try isLess(right[second], left[first]) {
                merged.append(right[second])
                second += 1
            } else {
                merged.append(left[first])
                first += 1
            }
        }
        return merged + left[first...] + right[second...]
    }
}
