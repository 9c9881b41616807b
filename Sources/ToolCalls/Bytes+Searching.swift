extension UInt8 {
    /// White space of JSON.
    var isSpace: Bool { self == 0x20 || (0x09...0x0d).contains(self) }
}

extension [UInt8] {
    /// Where a mark begins first.
    ///
    /// - Complexity: O(bytes · mark).
    func firstPlace(of mark: [UInt8]) -> Int? {
        guard let first = mark.first, count >= mark.count else { return nil }
        return (0...count - mark.count).first { place in
            self[place] == first && self[place..<place + mark.count].elementsEqual(mark)
        }
    }

    /// How many bytes at the end may be the beginning of a mark.
    func startAtEnd(of mark: [UInt8]) -> Int {
        (0..<Swift.min(mark.count, count + 1)).last { mark.prefix($0).elementsEqual(suffix($0)) }
            ?? 0
    }
}

extension StringProtocol {
    var withoutSpaceAtEnd: String {
        String(self[..<(lastIndex { !$0.isWhitespace }.map { index(after: $0) } ?? startIndex)])
    }

    var withoutSpace: String { String(drop(while: \.isWhitespace)).withoutSpaceAtEnd }
}
