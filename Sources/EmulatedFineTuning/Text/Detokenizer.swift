/// Tokens to text, as they come, never half a UTF-8 character.
///
/// Bytes that could still become a character are held back; bytes that cannot are replaced with
/// U+FFFD, as `String(decoding:as:)` would do with the whole text.
struct Detokenizer {
    private var held: [UInt8] = []

    /// The text that a token's bytes complete.
    mutating func append(_ bytes: [UInt8]) -> String {
        held += bytes
        let complete = held.count - incompleteSuffix()
        defer { held.removeFirst(complete) }
        return String(decoding: held[..<complete], as: UTF8.self)
    }

    /// The text of the bytes still held back, at the end of the reply.
    mutating func finish() -> String {
        defer { held.removeAll() }
        return String(decoding: held, as: UTF8.self)
    }

    /// How many bytes at the end are the start of a character that more bytes could complete.
    private func incompleteSuffix() -> Int {
        for length in 1...3 where length <= held.count {
            let lead = held[held.count - length]
            if lead & 0xc0 == 0x80 { continue }  // a continuation: look further back
            let needed =
                switch lead {
                case 0xc2...0xdf: 2
                case 0xe0...0xef: 3
                case 0xf0...0xf4: 4
                default: 1
                }
            guard needed > length else { return 0 }
            return couldContinue(Array(held.suffix(length))) ? length : 0
        }
        return 0
    }

    /// Whether the second byte, if there is one, is allowed after the first (no overlong forms, no
    /// surrogates, nothing above U+10FFFF).
    private func couldContinue(_ bytes: [UInt8]) -> Bool {
        guard bytes.count > 1 else { return true }
        return switch bytes[0] {
        case 0xe0: bytes[1] >= 0xa0
        case 0xed: bytes[1] <= 0x9f
        case 0xf0: bytes[1] >= 0x90
        case 0xf4: bytes[1] <= 0x8f
        default: true
        }
    }
}
