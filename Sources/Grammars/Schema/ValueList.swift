import JSONValues

/// The values of `enum` and `const`, found by what they are: 1 is 1.0, and the order of keys does not
/// count.
struct ValueList: Sendable {
    private(set) var values: [JSON] = []
    private var keys: Set<[UInt8]> = []

    /// - Throws: ``GrammarError/limit(_:)`` when a value is nested too deep.
    /// - Complexity: O(size of the values).
    init(_ values: [JSON], nesting: Int) throws(GrammarError) {
        for value in values where keys.insert(try Self.key(of: value, nesting: nesting)).inserted {
            self.values.append(value)
        }
    }

    var isEmpty: Bool { values.isEmpty }

    func contains(_ value: JSON, nesting: Int) throws(GrammarError) -> Bool {
        keys.contains(try Self.key(of: value, nesting: nesting))
    }

    /// The values that are in both.
    func intersection(_ other: ValueList, nesting: Int) throws(GrammarError) -> ValueList {
        var kept: [JSON] = []
        for value in values where try other.contains(value, nesting: nesting) { kept.append(value) }
        return try ValueList(kept, nesting: nesting)
    }

    /// Bytes that are equal for equal values. Texts are told apart by code points, which `==` of Swift
    /// does not do.
    private static func key(of value: JSON, nesting: Int) throws(GrammarError) -> [UInt8] {
        try JSONText.bytes(of: normalized(value, nesting), nesting: nesting)
    }

    private static func normalized(_ value: JSON, _ nesting: Int) throws(GrammarError) -> JSON {
        guard nesting > 0 else { throw .limit("values of `enum` or `const` are nested too deep") }
        switch value {
        case .number(let number):
            if let integer = Int(exactly: number) { return .integer(integer) }
            guard let decimal = DecimalNumber(value), decimal.fraction.isEmpty else { return value }
            let digits = String(decoding: decimal.whole.map { $0 + 0x30 }, as: UTF8.self)
            return .large(decimal.isNegative ? "-" + digits : digits)
        case .array(let values):
            var items: [JSON] = []
            for value in values { items.append(try normalized(value, nesting - 1)) }
            return .array(items)
        case .object(let entries):
            var sorted: [JSON.Entry] = []
            for entry in entries {
                sorted.append(
                    JSON.Entry(key: entry.key, value: try normalized(entry.value, nesting - 1)))
            }
            sorted.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            return .object(sorted)
        default: return value
        }
    }
}
