/// Why a member cannot be asked how it likes a text.
public enum StringScoreError: Error, Sendable, Equatable {
    /// No token of the vocabulary spells these bytes; `offset` counts the bytes of the text before them.
    case unspellable(bytes: [UInt8], offset: Int)
}

extension StringScoreError: CustomStringConvertible {
    /// One sentence of fewer than 300 characters.
    public var description: String {
        switch self {
        case .unspellable(let bytes, let offset):
            let digits = bytes.prefix(8).map { byte in
                let digits = String(byte, radix: 16)
                return digits.count == 1 ? "0" + digits : digits
            }
            let more = bytes.count > digits.count ? " …" : ""
            return "The text must be spelled with the member's own tokens, and it has none for "
                + "byte \(offset) of it (hexadecimal \(digits.joined(separator: " "))\(more)). "
                + "Use a member whose vocabulary has a token for every byte."
        }
    }
}
