/// Where characters begin and end in UTF-8 bytes that may be cut anywhere, or be no text at all.
enum Characters {
    /// The length of the character at an index; 0 where there is none, or only a part of one.
    ///
    /// Source: table 3-7 of the Unicode standard, well-formed UTF-8 byte sequences.
    static func length(in text: ArraySlice<UInt8>, at index: Int) -> Int {
        let first = text[index]
        let length = fullLength(first)
        guard length > 1 else { return length }
        guard index + length <= text.endIndex, isSecond(text[index + 1], after: first) else {
            return 0
        }
        for place in (index + 1)..<(index + length) where text[place] & 0xc0 != 0x80 { return 0 }
        return length
    }

    /// How many bytes at the end of a text begin a character that is not complete: 0 to 3.
    static func unfinished(_ text: ArraySlice<UInt8>) -> Int {
        for back in 1...3 where back <= text.count {
            let index = text.endIndex - back
            let byte = text[index]
            if byte & 0xc0 == 0x80 { continue }
            guard fullLength(byte) > back else { return 0 }
            return back == 1 || isSecond(text[index + 1], after: byte) ? back : 0
        }
        return 0
    }

    /// Some ways to complete a character of which the text has the first bytes; one empty way for a text
    /// that ends with a whole character.
    static func completions(of text: ArraySlice<UInt8>) -> [[UInt8]] {
        let begun = unfinished(text)
        guard begun > 0 else { return [[]] }
        let first = text[text.endIndex - begun]
        let missing = fullLength(first) - begun
        // The bytes before the last one: the least that may stand there.
        var middle = [UInt8](repeating: 0x80, count: missing - 1)
        if begun == 1, missing > 1 { middle[0] = seconds(first).lowerBound }
        let last = begun == 1 && missing == 1 ? seconds(first) : 0x80...0xbf
        return [0x80, 0x93, 0xa6, 0xb8].filter(last.contains).map { middle + [$0] }
    }

    /// Whether a byte is white space of ASCII.
    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }

    /// Whether a byte is a digit of ASCII.
    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// Whether a byte is a letter of ASCII.
    static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte | 0x20) }

    /// The length that a first byte announces; 0 for bytes that begin no character.
    private static func fullLength(_ first: UInt8) -> Int {
        switch first {
        case 0x00...0x7f: 1
        case 0xc2...0xdf: 2
        case 0xe0...0xef: 3
        case 0xf0...0xf4: 4
        default: 0
        }
    }

    private static func isSecond(_ byte: UInt8, after first: UInt8) -> Bool {
        seconds(first).contains(byte)
    }

    private static func seconds(_ first: UInt8) -> ClosedRange<UInt8> {
        switch first {
        case 0xe0: 0xa0...0xbf
        case 0xed: 0x80...0x9f
        case 0xf0: 0x90...0xbf
        case 0xf4: 0x80...0x8f
        default: 0x80...0xbf
        }
    }

    /// The kinds of characters that pre-tokenizers tell apart.
    enum Kind { case letter, digit, space, mark }

    /// The kind of the character that ends at a place; nil at the start.
    static func kind(before place: Int, in text: [UInt8]) -> Kind? {
        guard place > 0 else { return nil }
        var start = place - 1
        while start > 0, place - start < 4, text[start] & 0xc0 == 0x80 { start -= 1 }
        return kind(at: start, in: text)
    }

    /// The kind of the character at a place; nil at the end. Bytes that are no character are marks.
    static func kind(at place: Int, in text: [UInt8]) -> Kind? {
        guard place < text.count else { return nil }
        let length = length(in: text[...], at: place)
        guard length > 0,
            let scalar = String(decoding: text[place..<(place + length)], as: UTF8.self)
                .unicodeScalars.first
        else { return .mark }
        if scalar.properties.isWhitespace { return .space }
        return switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
            .letter
        case .decimalNumber, .letterNumber, .otherNumber: .digit
        // Signs on letters too: some expressions take them for letters and some do not.
        default: .mark
        }
    }
}
