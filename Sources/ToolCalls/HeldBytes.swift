/// The end of a text that grows at its end and is taken from its beginning.
struct HeldBytes {
    private var bytes: [UInt8] = []
    private var start = 0

    var count: Int { bytes.count - start }

    /// What is held. Its indices hold until more is added or taken.
    var all: ArraySlice<UInt8> { bytes[start...] }

    mutating func append(_ text: String) {
        // What was taken is dropped when it is as much as what is left, so that a byte moves once or twice.
        if start > bytes.count / 2 {
            bytes.removeFirst(start)
            start = 0
        }
        bytes += text.utf8
    }

    /// Takes bytes from the beginning, as text.
    ///
    /// - Complexity: O(count).
    mutating func take(_ count: Int) -> String {
        defer { drop(count) }
        return String(decoding: all.prefix(count), as: UTF8.self)
    }

    /// Drops bytes from the beginning.
    mutating func drop(_ count: Int) { start += count }
}

extension UInt8 {
    /// White space of JSON.
    var isSpace: Bool { self == 0x20 || (0x09...0x0d).contains(self) }
}

extension ArraySlice<UInt8> {
    /// The number of bytes before a mark, where it comes first.
    ///
    /// - Complexity: O(bytes · mark).
    func bytes(before mark: [UInt8]) -> Int? {
        guard let first = mark.first, count >= mark.count else { return nil }
        return (startIndex...endIndex - mark.count).first { place in
            self[place] == first && self[place..<place + mark.count].elementsEqual(mark)
        }.map { $0 - startIndex }
    }

    /// How many bytes at the end may be the beginning of a mark.
    func startAtEnd(of mark: [UInt8]) -> Int {
        (0..<Swift.min(mark.count, count + 1)).last { mark.prefix($0).elementsEqual(suffix($0)) }
            ?? 0
    }

    /// The number of white spaces at the beginning.
    var leadingSpace: Int { prefix(while: \.isSpace).count }
}
