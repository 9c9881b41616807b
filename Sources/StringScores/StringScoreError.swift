/// Why a member cannot be asked how it likes a text.
public enum StringScoreError: Error, Sendable, Equatable {
    /// No token of the vocabulary spells these bytes; `offset` counts the bytes of the text before them.
    case unspellable(bytes: [UInt8], offset: Int)
    /// The model cannot be asked by strings: its cache cannot be cut back, it gives no rows, or it has one
    /// sequence only.
    case unsuitable
    /// The vocabulary has no token that starts a text.
    case noStart
    /// The tokenizer changes texts: its tokens do not spell what it was given.
    case lossy
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
        case .unsuitable:
            return
                "A member of another vocabulary must run in this process, with a cache that can be cut "
                + "back to any length (not a recurrent model), and with at least 2 sequences."
        case .lossy:
            return
                "The tokenizer of a member of another vocabulary must keep texts as they are: this one "
                + "changes them (letter case, spaces or accents), so the probability of a text is not defined."
        case .noStart:
            return
                "The vocabulary of a member of another family must have a token that starts a text, or "
                + "one that ends a document: this one has neither."
        }
    }
}
