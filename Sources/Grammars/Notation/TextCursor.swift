/// A place in a text that is being read, one Unicode scalar after another.
struct TextCursor {
    let scalars: [Unicode.Scalar]
    var position = 0

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    var peek: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    var isAtEnd: Bool { position == scalars.count }

    /// Counted from 1.
    var line: Int { 1 + scalars[..<position].count { $0 == "\n" } }

    /// The next character for an error: "found `x`".
    var found: String {
        switch peek {
        case nil: "the text ends"
        case "\n"?, "\r"?: "the line ends"
        case let scalar?: "found `\(scalar)`"
        }
    }

    func starts(with text: String) -> Bool {
        var index = position
        for scalar in text.unicodeScalars {
            guard index < scalars.count, scalars[index] == scalar else { return false }
            index += 1
        }
        return true
    }

    mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
        guard peek == scalar else { return false }
        position += 1
        return true
    }

    mutating func next() -> Unicode.Scalar? {
        guard let scalar = peek else { return nil }
        position += 1
        return scalar
    }

    /// A decimal number; nil where there is no digit. What is larger than `limit` counts as one more.
    mutating func number(limit: Int = 1 << 30) -> Int? {
        var value: Int?
        while let scalar = peek, ("0"..."9").contains(scalar) {
            value = min((value ?? 0) * 10 + Int(scalar.value - 0x30), limit + 1)
            position += 1
        }
        return value
    }

    /// So many hexadecimal digits; nil where there are fewer.
    mutating func hexadecimal(_ count: Int) -> UInt32? {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let scalar = peek, scalar.isASCII, let digit = Character(scalar).hexDigitValue
            else { return nil }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}
