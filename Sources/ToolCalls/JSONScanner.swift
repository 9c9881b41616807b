/// Finds where a JSON object or list ends in a text that still grows.
///
/// Looks at brackets and strings only: whether it is JSON is for a parser to say.
struct JSONScanner {
    private var depth = 0
    private var isString = false
    private var isEscaped = false
    private var scanned = 0

    /// The number of bytes of the object or list that `text` begins with; nil when it is not complete.
    ///
    /// - Parameter text: what earlier calls saw, and more.
    /// - Complexity: O(bytes that earlier calls have not seen).
    mutating func end(in text: some RandomAccessCollection<UInt8>) -> Int? {
        for byte in text.dropFirst(scanned) {
            scanned += 1
            if isString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth <= 0 { return scanned }
            default: break
            }
        }
        return nil
    }
}
