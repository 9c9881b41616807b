extension PrefixIndex {
    /// All tokens that have text.
    package var all: Range<Int> { 0..<order.count }

    /// The places in ``order`` of the tokens that begin with some bytes; those that are exactly these
    /// bytes come first.
    ///
    /// - Complexity: O(length · log tokens), and less as soon as few tokens are left.
    package func range(of prefix: some Sequence<UInt8>) -> Range<Int> {
        var range = all
        var depth = 0
        for byte in prefix {
            if range.isEmpty { break }
            range = narrowed(range, by: byte, at: depth)
            depth += 1
        }
        return range
    }

    /// The tokens of a range that go on with a byte.
    ///
    /// - Parameters:
    ///   - range: tokens that begin with the same `depth` bytes.
    ///   - depth: how many bytes these are.
    func narrowed(_ range: Range<Int>, by byte: UInt8, at depth: Int) -> Range<Int> {
        if depth == 0, range.count == order.count {
            return Int(firsts[Int(byte)])..<Int(firsts[Int(byte) + 1])
        }
        let lower = firstPlace(in: range) { self.byte($0, at: depth) >= Int(byte) }
        let upper = firstPlace(in: lower..<range.upperBound) {
            self.byte($0, at: depth) > Int(byte)
        }
        return lower..<upper
    }

    /// The tokens of a range that are no longer than the bytes they share.
    func whole(_ range: Range<Int>, length: Int) -> Range<Int> {
        var end = range.lowerBound
        while end < range.upperBound, self.length(end) == length { end += 1 }
        return range.lowerBound..<end
    }

    /// The tokens that are exactly these bytes.
    func tokens(spelling text: some Collection<UInt8>) -> ArraySlice<Int32> {
        order[whole(range(of: text), length: text.count)]
    }

    /// The bytes of the token at a place.
    func text(_ place: Int) -> ArraySlice<UInt8> {
        bytes[Int(offsets[place])..<Int(offsets[place + 1])]
    }

    private func length(_ place: Int) -> Int { Int(offsets[place + 1] - offsets[place]) }

    /// A byte of a token; −1 after its end, so that shorter tokens come first.
    @inline(__always)
    private func byte(_ place: Int, at depth: Int) -> Int {
        let index = Int(offsets[place]) + depth
        return index < Int(offsets[place + 1]) ? Int(bytes[index]) : -1
    }

    /// The first place where a condition holds that holds at all later ones.
    @inline(__always)
    private func firstPlace(in range: Range<Int>, where holds: (Int) -> Bool) -> Int {
        var (low, high) = (range.lowerBound, range.upperBound)
        while low < high {
            let middle = (low + high) >> 1
            if holds(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
