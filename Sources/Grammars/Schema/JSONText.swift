import JSONValues

/// How JSON is spelled: the parts that grammars for JSON are made of.
enum JSONText {
    /// White space between parts: short, so that a reply cannot be nothing else.
    ///
    /// Source: matches `SPACE_RULE` of llama.cpp's `json-schema-to-grammar.cpp`.
    static let space = Expression.choice([
        .empty, .text(" "),
        .sequence([
            .repeated(.text("\n"), min: 1, max: 2), .repeated(.oneOf(" \t"), min: 0, max: 20),
        ]),
    ])

    static let integer = Expression.sequence([.optional(.text("-")), wholePart])

    static let number = Expression.sequence([
        integer,
        .optional(
            .sequence([.text("."), .repeated(.digits(0, 9), min: 1, max: NumberRange.digits)])),
        .optional(
            .sequence([
                .oneOf("eE"), .optional(.oneOf("+-")), .repeated(.digits(0, 9), min: 1, max: 2),
            ])),
    ])

    private static let wholePart = Expression.choice([
        .text("0"),
        .sequence([
            .digits(1, 9), .repeated(.digits(0, 9), min: 0, max: NumberRange.digits - 1),
        ]),
    ])

    /// Characters that a string may hold as they are. DEL may too, but llama.cpp leaves it out.
    static let plain = CodePointSet([0x20...0x21, 0x23...0x5b, 0x5d...0x7e, 0x80...0x10_ffff])

    /// One character of any string. Of surrogates, only pairs: halves are no text.
    static let character: Expression = {
        let hex = Expression.characters(CodePointSet([0x30...0x39, 0x41...0x46, 0x61...0x66]))
        let notD = Expression.characters(
            CodePointSet([
                0x30...0x39, 0x41...0x43, 0x45...0x46, 0x61...0x63, 0x65...0x66,
            ]))
        let unit = Expression.choice([
            .sequence([notD, hex, hex, hex]),
            .sequence([.oneOf("dD"), .digits(0, 7), hex, hex]),
            .sequence([
                .oneOf("dD"), .oneOf("89abAB"), hex, hex, .text("\\u"), .oneOf("dD"),
                .oneOf("cdefCDEF"), hex, hex,
            ]),
        ])
        let escape = Expression.choice([.oneOf("\"\\/bfnrt"), .sequence([.text("u"), unit])])
        return .choice([.characters(plain), .sequence([.text("\\"), escape])])
    }()

    /// One character of a set, escaped where JSON asks for it.
    static func character(in set: CodePointSet) -> Expression {
        var ways: [Expression] = []
        let plain = set.intersection(Self.plain.union(CodePointSet("\u{7f}")))
        if !plain.isEmpty { ways.append(.characters(plain)) }
        let escaped = (Array(0..<0x20) + [0x22, 0x5c]).filter { set.contains($0) }
        if !escaped.isEmpty { ways.append(.words(escaped.map(escape))) }
        return ways.isEmpty ? .nothing : ways.count == 1 ? ways[0] : .choice(ways)
    }

    private static func escape(_ value: UInt32) -> [UInt8] {
        let short: [UInt32: String] = [
            0x08: "\\b", 0x09: "\\t", 0x0a: "\\n", 0x0c: "\\f", 0x0d: "\\r", 0x22: "\\\"",
            0x5c: "\\\\",
        ]
        if let short = short[value] { return Array(short.utf8) }
        let hex = Array("0123456789abcdef".utf8)
        return Array("\\u00".utf8) + [hex[Int(value >> 4)], hex[Int(value & 15)]]
    }

    /// A value as JSON, without white space.
    ///
    /// - Throws: ``GrammarError/limit(_:)`` when it is nested too deep.
    static func bytes(of value: JSON, nesting: Int) throws(GrammarError) -> [UInt8] {
        var bytes: [UInt8] = []
        try append(value, to: &bytes, nesting: nesting)
        return bytes
    }

    private static func append(_ value: JSON, to bytes: inout [UInt8], nesting: Int)
        throws(GrammarError)
    {
        guard nesting > 0 else { throw .limit("values of `enum` or `const` are nested too deep") }
        switch value {
        case .null: bytes += "null".utf8
        case .flag(let flag): bytes += (flag ? "true" : "false").utf8
        case .integer(let number): bytes += String(number).utf8
        case .large(let digits): bytes += digits.utf8
        // Swift writes the shortest digits that read back, and `1e+20`: JSON too.
        case .number(let number): bytes += "\(number)".utf8
        case .text(let text): bytes += string(text)
        case .array(let values):
            bytes.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                try append(value, to: &bytes, nesting: nesting - 1)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let entries):
            bytes.append(UInt8(ascii: "{"))
            for (index, entry) in entries.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                bytes += string(entry.key)
                bytes.append(UInt8(ascii: ":"))
                try append(entry.value, to: &bytes, nesting: nesting - 1)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    /// A text in quotes.
    static func string(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(ascii: "\"")]
        for byte in text.utf8 {
            if byte < 0x20 || byte == 0x22 || byte == 0x5c {
                bytes += escape(UInt32(byte))
            } else {
                bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
        return bytes
    }
}
