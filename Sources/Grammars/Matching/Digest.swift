/// 128 bits that stand for a structure: equal structures have equal digests.
///
/// Different ones could share a digest only by chance (1 in 2¹²⁸ a pair): the hash is keyed at random in
/// each process, so nobody can prepare a clash.
struct Digest: Hashable, Sendable, Comparable {
    let high: UInt64
    let low: UInt64

    init(_ feed: (inout Hasher) -> Void) {
        var (first, second) = (Hasher(), Hasher())
        first.combine(1 as UInt8)
        second.combine(2 as UInt8)
        feed(&first)
        feed(&second)
        high = UInt64(bitPattern: Int64(first.finalize()))
        low = UInt64(bitPattern: Int64(second.finalize()))
    }

    static func < (left: Digest, right: Digest) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

/// Places that one open rule, or several opened at the same point, have reached; ascending, without ends.
final class PlaceSet: Sendable {
    let places: [Int32]
    let digest: Digest

    init(_ places: [Int32]) {
        self.places = places
        digest = Digest { $0.combine(places) }
    }
}

extension Array where Element == Int32 {
    /// Both lists' elements once, ascending.
    func merged(with other: some RandomAccessCollection<Int32>) -> [Int32] {
        guard !isEmpty else { return Array(other) }
        guard let first = other.first, let last = other.last else { return self }
        if let end = self.last, end < first { return self + other }
        if let start = self.first, last < start { return Array(other) + self }
        var result: [Int32] = []
        result.reserveCapacity(count + other.count)
        var (left, right) = (startIndex, other.startIndex)
        while left < endIndex, right < other.endIndex {
            let (a, b) = (self[left], other[right])
            result.append(Swift.min(a, b))
            if a <= b { left += 1 }
            if b <= a { right = other.index(after: right) }
        }
        result += self[left...]
        result += other[right...]
        return result
    }
}
