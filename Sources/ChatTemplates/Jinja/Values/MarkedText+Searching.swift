extension MarkedText {
    /// The part between two places.
    subscript(range: Range<Int>) -> MarkedText { MarkedText(scalars: Array(scalars[range])) }

    /// Parts up to this length are looked for place by place; longer ones with a table, which bounds the time.
    private static let short = 16

    /// Where `part` first occurs from a place on; an empty part occurs everywhere.
    func firstIndex(of part: MarkedText, from start: Int = 0, to end: Int? = nil) -> Int? {
        let end = end ?? count
        guard start <= end - part.count else { return nil }
        guard let first = part.scalars.first?.plain else { return start }
        if part.count > Self.short {
            return Self.find(part.scalars, end - start) { scalars[start + $0] }.map { start + $0 }
        }
        return (start...end - part.count).first {
            scalars[$0].plain == first && matches(part, at: $0)
        }
    }

    /// Where `part` last occurs.
    func lastIndex(of part: MarkedText, from start: Int = 0, to end: Int? = nil) -> Int? {
        let end = end ?? count
        guard start <= end - part.count else { return nil }
        if part.count > Self.short {
            return Self.find(part.scalars.reversed(), end - start) { scalars[end - 1 - $0] }
                .map { end - $0 - part.count }
        }
        return (start...end - part.count).last { matches(part, at: $0) }
    }

    /// Where a part first occurs in a text that is read by place.
    ///
    /// - Complexity: O(text + part). Source: Knuth, Morris and Pratt 1977.
    private static func find(_ part: [UInt32], _ count: Int, _ text: (Int) -> UInt32) -> Int? {
        // For every start of the part: the longest shorter start that is also its end.
        var borders = [0]
        borders.reserveCapacity(part.count)
        var length = 0
        for index in 1..<part.count {
            while length > 0, (part[index] ^ part[length]).plain != 0 {
                length = borders[length - 1]
            }
            if (part[index] ^ part[length]).plain == 0 { length += 1 }
            borders.append(length)
        }
        length = 0
        for index in 0..<count {
            while length > 0, (text(index) ^ part[length]).plain != 0 {
                length = borders[length - 1]
            }
            if (text(index) ^ part[length]).plain == 0 { length += 1 }
            if length == part.count { return index + 1 - length }
        }
        return nil
    }

    /// Whether `part` stands at a place.
    func matches(_ part: MarkedText, at index: Int) -> Bool {
        guard index >= 0, index + part.count <= count else { return false }
        for offset in part.scalars.indices
        where (scalars[index + offset] ^ part.scalars[offset]).plain != 0 {
            return false
        }
        return true
    }

    /// How often `part` occurs, without overlaps.
    func occurrences(of part: MarkedText, from start: Int = 0, to end: Int? = nil) -> Int {
        let end = end ?? count
        if part.isEmpty { return start > end ? 0 : end - start + 1 }
        var (found, index) = (0, start)
        while let next = firstIndex(of: part, from: index, to: end) {
            found += 1
            index = next + part.count
        }
        return found
    }

    /// Without what `isDropped` names at the start, the end or both.
    func trimmed(
        start: Bool = true, end: Bool = true, _ isDropped: (UInt32) -> Bool = \.isSpace
    ) -> MarkedText {
        var (first, last) = (0, count)
        if start { while first < last, isDropped(scalars[first]) { first += 1 } }
        if end { while last > first, isDropped(scalars[last - 1]) { last -= 1 } }
        return first == 0 && last == count ? self : self[first..<last]
    }

    /// Every occurrence of `old` as `new`, from the left, at most `limit` of them.
    func replacing(_ old: MarkedText, with new: MarkedText, limit: Int?) -> MarkedText {
        var made: [UInt32] = []
        var (index, left) = (0, limit ?? .max)
        if old.isEmpty {
            for scalar in scalars {
                if left > 0 { made += new.scalars }
                left -= left > 0 ? 1 : 0
                made.append(scalar)
            }
            return MarkedText(scalars: left > 0 ? made + new.scalars : made)
        }
        while left > 0, let next = firstIndex(of: old, from: index) {
            made += scalars[index..<next]
            made += new.scalars
            index = next + old.count
            left -= 1
        }
        return MarkedText(scalars: made + scalars[index...])
    }

    /// Cut at every `separator`, from the left, at most `limit` times.
    func split(_ separator: MarkedText, limit: Int?) -> [MarkedText] {
        var parts: [MarkedText] = []
        var index = 0
        while parts.count < limit ?? .max, let next = firstIndex(of: separator, from: index) {
            parts.append(self[index..<next])
            index = next + separator.count
        }
        return parts + [self[index..<count]]
    }

    /// The same, from the right.
    func splitFromRight(_ separator: MarkedText, limit: Int?) -> [MarkedText] {
        var parts: [MarkedText] = []
        var end = count
        while parts.count < limit ?? .max, let next = lastIndex(of: separator, to: end) {
            parts.append(self[next + separator.count..<end])
            end = next
        }
        return (parts + [self[0..<end]]).reversed()
    }

    /// The words between white space; what is left after `limit` cuts stays whole.
    func words(limit: Int?) -> [MarkedText] {
        var words: [MarkedText] = []
        var index = 0
        while true {
            while index < count, scalars[index].isSpace { index += 1 }
            if index == count { return words }
            if words.count == limit ?? .max {
                return words + [self[index..<count]]
            }
            let start = index
            while index < count, !scalars[index].isSpace { index += 1 }
            words.append(self[start..<index])
        }
    }

    /// The same, from the right.
    func wordsFromRight(limit: Int?) -> [MarkedText] {
        var words: [MarkedText] = []
        var end = count
        while true {
            while end > 0, scalars[end - 1].isSpace { end -= 1 }
            if end == 0 { return words.reversed() }
            if words.count == limit ?? .max {
                return [self[0..<end]] + words.reversed()
            }
            let last = end
            while end > 0, !scalars[end - 1].isSpace { end -= 1 }
            words.append(self[end..<last])
        }
    }

    /// The lines, at every line break that Python knows; a break at the end begins no line.
    func lines(keepingEnds: Bool = false) -> [MarkedText] {
        var lines: [MarkedText] = []
        var (start, index) = (0, 0)
        while index < count {
            let scalar = scalars[index].plain
            let isBreak =
                (0x0a...0x0d).contains(scalar) || (0x1c...0x1e).contains(scalar)
                || [0x85, 0x2028, 0x2029].contains(scalar)
            index += 1
            guard isBreak else { continue }
            let end = index - 1
            if scalar == 0x0d, index < count, scalars[index].plain == 0x0a { index += 1 }
            lines.append(self[start..<(keepingEnds ? index : end)])
            start = index
        }
        return start < count ? lines + [self[start..<count]] : lines
    }
}
