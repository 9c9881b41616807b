/// Finds where a JSON object or list ends in a text that still grows, and notices early when it is none.
///
/// Words and numbers are not looked at closely: whether all of it is JSON is for a parser to say.
struct JSONScanner {
    enum Outcome: Equatable {
        case incomplete
        /// No text that goes on like this is JSON.
        case broken
        /// The bytes of the object or list.
        case end(Int)
    }

    /// Nesting that a parser would refuse.
    static let depthLimit = 32

    private enum Expected {
        case value
        /// A value, or the end of an empty list.
        case valueOrEnd
        case key
        /// A key, or the end of an empty object.
        case keyOrEnd
        case colon
        case commaOrEnd
        /// More of a word or of a number.
        case word
    }

    private var expected = Expected.value
    /// What is open, from the outside: whether it is an object.
    private var objects: [Bool] = []
    private var isString = false
    private var isKey = false
    private var isEscaped = false
    private var scanned = 0

    /// Where the object or list that `text` begins with ends.
    ///
    /// - Parameter text: what earlier calls saw, and more.
    /// - Complexity: O(bytes that earlier calls have not seen).
    mutating func end(in text: some RandomAccessCollection<UInt8>) -> Outcome {
        for byte in text.dropFirst(scanned) {
            scanned += 1
            if isString {
                scanString(byte)
            } else {
                guard scan(byte) else { return .broken }
                if objects.isEmpty { return .end(scanned) }
            }
        }
        return .incomplete
    }

    private mutating func scanString(_ byte: UInt8) {
        if isEscaped {
            isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
            isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
            isString = false
            expected = isKey ? .colon : .commaOrEnd
        }
    }

    /// Reads a byte that is in no string.
    ///
    /// - Returns: false where it cannot stand there.
    private mutating func scan(_ byte: UInt8) -> Bool {
        if expected == .word {
            if byte.isWordOfJSON { return true }
            expected = .commaOrEnd
        }
        switch (byte, expected) {
        case _ where byte.isSpace: return true
        case (UInt8(ascii: "{"), .value), (UInt8(ascii: "{"), .valueOrEnd): return open(true)
        case (UInt8(ascii: "["), .value), (UInt8(ascii: "["), .valueOrEnd): return open(false)
        case (UInt8(ascii: "\""), .value), (UInt8(ascii: "\""), .valueOrEnd): beginString(false)
        case (UInt8(ascii: "\""), .key), (UInt8(ascii: "\""), .keyOrEnd): beginString(true)
        case (UInt8(ascii: ":"), .colon): expected = .value
        case (UInt8(ascii: ","), .commaOrEnd): expected = objects.last == true ? .key : .value
        case (UInt8(ascii: "}"), .keyOrEnd): return close(true)
        case (UInt8(ascii: "]"), .valueOrEnd): return close(false)
        case (UInt8(ascii: "}"), .commaOrEnd): return close(true)
        case (UInt8(ascii: "]"), .commaOrEnd): return close(false)
        case (_, .value), (_, .valueOrEnd):
            guard byte.isWordOfJSON, !objects.isEmpty else { return false }
            expected = .word
        default: return false
        }
        return true
    }

    private mutating func beginString(_ isKey: Bool) {
        // A text alone is no object or list.
        isString = true
        self.isKey = isKey
    }

    private mutating func open(_ isObject: Bool) -> Bool {
        objects.append(isObject)
        expected = isObject ? .keyOrEnd : .valueOrEnd
        return objects.count <= Self.depthLimit
    }

    private mutating func close(_ isObject: Bool) -> Bool {
        guard objects.popLast() == isObject else { return false }
        expected = .commaOrEnd
        return true
    }
}

extension UInt8 {
    /// Whether it can stand in a number, or in `true`, `false` or `null`.
    fileprivate var isWordOfJSON: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "E"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
