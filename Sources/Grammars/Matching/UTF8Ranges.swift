/// Ranges of bytes that follow one another: the UTF-8 forms of some code points.
///
/// Source: Russ Cox's `utf8-ranges`, as RE2 and Rust's regex-syntax have it.
struct UTF8Ranges {
    /// One to four ranges, one a byte.
    private(set) var sequences: [[ClosedRange<UInt8>]] = []

    init(_ set: CodePointSet) {
        for range in set.ranges { add(range.lowerBound, range.upperBound) }
    }

    /// Splits where the number of bytes changes, then where trailing bytes stop being free.
    private mutating func add(_ low: UInt32, _ high: UInt32) {
        for last: UInt32 in [0x7f, 0x7ff, 0xffff] where low <= last && last < high {
            add(low, last)
            add(last + 1, high)
            return
        }
        if high <= 0x7f {
            sequences.append([UInt8(low)...UInt8(high)])
            return
        }
        for shift: UInt32 in [6, 12, 18] {
            let mask = (UInt32(1) << shift) - 1
            guard low & ~mask != high & ~mask else { break }
            if low & mask != 0 {
                add(low, low | mask)
                add((low | mask) + 1, high)
                return
            }
            if high & mask != mask {
                add(low, (high & ~mask) - 1)
                add(high & ~mask, high)
                return
            }
        }
        sequences.append(zip(Self.bytes(low), Self.bytes(high)).map { $0...$1 })
    }

    private static func bytes(_ value: UInt32) -> [UInt8] {
        let count: UInt32 = value <= 0x7ff ? 2 : value <= 0xffff ? 3 : 4
        let lead: UInt32 = count == 2 ? 0xc0 : count == 3 ? 0xe0 : 0xf0
        return (0..<count).map { index in
            let part = value >> (6 * (count - 1 - index))
            return UInt8(index == 0 ? lead | part : 0x80 | (part & 0x3f))
        }
    }
}
