/// Parses JSON (RFC 8259) from an untrusted client.
///
/// Refuses what other parsers let pass or differ on: text that is not UTF-8, keys given twice, numbers
/// too large for a `Double`, lone surrogates, nesting beyond ``depthLimit``, and more values than
/// ``valuesLimit``.
///
/// - Complexity: O(bytes).
public struct JSONParser {
    /// Nesting of arrays and objects that no request needs.
    public static let depthLimit = 32
    /// Values that no request needs: in memory, each is many times larger than its `0,`.
    public static let valuesLimit = 1 << 18

    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0
    private var count = 0
    /// The entries of the object, or the elements of the array, that the text consists of; nil: not kept.
    private var parts: [Part]?

    /// An entry of an object, or an element of an array.
    public struct Part: Sendable {
        /// Nil for an element.
        public let key: String?
        public let value: JSON
        /// Where the value stands among the bytes.
        public let place: Range<Int>
    }

    /// The value that a text consists of.
    public static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSON {
        var parser = JSONParser(bytes: bytes)
        return try parser.whole()
    }

    /// The value that a text consists of, with the places of its entries or elements.
    public static func parts(
        of bytes: [UInt8]
    ) throws(JSONError) -> (value: JSON, parts: [Part]) {
        var parser = JSONParser(bytes: bytes)
        parser.parts = []
        let value = try parser.whole()
        return (value, parser.parts ?? [])
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func whole() throws(JSONError) -> JSON {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw .notUTF8 }
        let value = try self.value()
        skipSpace()
        guard position == bytes.count else { throw error("nothing may follow the value") }
        return value
    }

    /// A value inside another.
    private mutating func part(_ key: String? = nil) throws(JSONError) -> JSON {
        skipSpace()
        let start = position
        let value = try self.value()
        if depth == 1 { parts?.append(Part(key: key, value: value, place: start..<position)) }
        return value
    }

    private mutating func value() throws(JSONError) -> JSON {
        skipSpace()
        count += 1
        guard count <= Self.valuesLimit else {
            throw error("a request can hold at most \(Self.valuesLimit) values")
        }
        switch peek {
        case UInt8(ascii: "{"):
            return try nested { parser throws(JSONError) in try parser.object() }
        case UInt8(ascii: "["):
            return try nested { parser throws(JSONError) in try parser.array() }
        case UInt8(ascii: "\""): return .text(try string())
        case UInt8(ascii: "t"): return try word("true", .flag(true))
        case UInt8(ascii: "f"): return try word("false", .flag(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case let byte? where byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte):
            return try number()
        case nil: throw error("the text ends where a value should be")
        default: throw error("expected a value")
        }
    }

    private mutating func nested(
        _ body: (inout JSONParser) throws(JSONError) -> JSON
    ) throws(JSONError) -> JSON {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthLimit else {
            throw error("values may be nested \(Self.depthLimit) deep")
        }
        position += 1
        return try body(&self)
    }

    private mutating func object() throws(JSONError) -> JSON {
        var entries: [JSON.Entry] = []
        var keys: Set<String> = []
        skipSpace()
        if skip(UInt8(ascii: "}")) { return .object([]) }
        while true {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw error("expected a key in quotes") }
            let key = try string()
            guard keys.insert(key).inserted else {
                throw error("the key `\(key.prefix(64))` is given twice")
            }
            skipSpace()
            guard skip(UInt8(ascii: ":")) else { throw error("expected `:` after a key") }
            entries.append(JSON.Entry(key: key, value: try part(key)))
            skipSpace()
            if skip(UInt8(ascii: "}")) { return .object(entries) }
            guard skip(UInt8(ascii: ",")) else { throw error("expected `,` or `}`") }
        }
    }

    private mutating func array() throws(JSONError) -> JSON {
        var values: [JSON] = []
        skipSpace()
        if skip(UInt8(ascii: "]")) { return .array([]) }
        while true {
            values.append(try part())
            skipSpace()
            if skip(UInt8(ascii: "]")) { return .array(values) }
            guard skip(UInt8(ascii: ",")) else { throw error("expected `,` or `]`") }
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        for offset in 0..<word.utf8CodeUnitCount {
            guard skip(word.utf8Start[offset]) else { throw error("expected `\(word)`") }
        }
        return value
    }

    private mutating func number() throws(JSONError) -> JSON {
        let start = position
        _ = skip(UInt8(ascii: "-"))
        let isZero = peek == UInt8(ascii: "0")
        let digits = skipDigits()
        guard digits > 0, !isZero || digits == 1 else { throw error("expected a number") }
        var isWhole = true
        if skip(UInt8(ascii: ".")) {
            isWhole = false
            guard skipDigits() > 0 else { throw error("expected digits after the point") }
        }
        if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
            isWhole = false
            if !skip(UInt8(ascii: "+")) { _ = skip(UInt8(ascii: "-")) }
            guard skipDigits() > 0 else { throw error("expected digits in the exponent") }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isWhole, let integer = Int(text) { return .integer(integer) }
        guard let number = Double(text), number.isFinite else {
            throw error("the number before is too large")
        }
        return isWhole ? .large(text) : .number(number)
    }

    private mutating func string() throws(JSONError) -> String {
        position += 1
        var text: [UInt8] = []
        while true {
            let start = position
            while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"),
                byte >= 0x20
            { position += 1 }
            text += bytes[start..<position]
            switch peek {
            case UInt8(ascii: "\""):
                position += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                position += 1
                text += try String(escape()).utf8
            case nil: throw error("a string does not end")
            default: throw error("control characters in strings must be escaped")
            }
        }
    }

    private mutating func escape() throws(JSONError) -> Unicode.Scalar {
        defer { position += 1 }
        switch peek {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let unit = try codeUnit()
            if let scalar = Unicode.Scalar(unit) { return scalar }
            // The first half of a pair: `\ud83d\ude00`.
            guard unit < 0xdc00, bytes[(position + 1)...].starts(with: [0x5c, 0x75]) else {
                throw error("half of a surrogate pair")
            }
            position += 2
            let second = try codeUnit()
            guard (0xdc00...0xdfff).contains(second),
                let scalar = Unicode.Scalar(0x10000 + (unit - 0xd800) << 10 + (second - 0xdc00))
            else { throw error("half of a surrogate pair") }
            return scalar
        default: throw error("unknown escape in a string")
        }
    }

    /// The four hexadecimal digits after `\u`; ends on the last of them.
    private mutating func codeUnit() throws(JSONError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            position += 1
            guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw error("expected four hexadecimal digits")
            }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skip(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipDigits() -> Int {
        let start = position
        while let byte = peek, (0x30...0x39).contains(byte) { position += 1 }
        return position - start
    }

    private mutating func skipSpace() {
        while let byte = peek, [0x20, 0x09, 0x0a, 0x0d].contains(byte) { position += 1 }
    }

    private func error(_ reason: String) -> JSONError { .malformed(reason, at: position) }
}

/// Why a text is not JSON.
public enum JSONError: Error, Equatable, CustomStringConvertible {
    case notUTF8
    /// What is wrong, and at which byte.
    case malformed(String, at: Int)

    /// What is wrong, for a sentence.
    public var reason: String {
        switch self {
        case .notUTF8: "it is not UTF-8 text"
        case .malformed(let reason, let position): "at byte \(position), \(reason)"
        }
    }

    public var description: String {
        switch self {
        case .notUTF8: "A request body must be UTF-8 text: this one is not."
        case .malformed(let reason, let position):
            "A request body must be JSON: at byte \(position), \(reason)."
        }
    }
}
