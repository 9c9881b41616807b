/// A set of code points as ascending ranges that do not touch. Surrogates are left out: they are no text.
struct CodePointSet: Hashable, Sendable {
    let ranges: [ClosedRange<UInt32>]

    static let all = CodePointSet([0...0x10_ffff])
    static let digits = CodePointSet([0x30...0x39])
    static let words = CodePointSet([0x30...0x39, 0x41...0x5a, 0x5f...0x5f, 0x61...0x7a])
    /// White space as ECMAScript's `\s` has it.
    static let spaces = CodePointSet([
        0x09...0x0d, 0x20...0x20, 0xa0...0xa0, 0x1680...0x1680, 0x2000...0x200a, 0x2028...0x2029,
        0x202f...0x202f, 0x205f...0x205f, 0x3000...0x3000, 0xfeff...0xfeff,
    ])
    /// The ends of lines, which `.` of a regular expression leaves out.
    static let lineEnds = CodePointSet([0x0a...0x0a, 0x0d...0x0d, 0x2028...0x2029])

    /// - Complexity: O(n log n) in the ranges.
    init(_ ranges: [ClosedRange<UInt32>]) {
        var merged: [ClosedRange<UInt32>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            for part in [
                range.part(in: 0...0xd7ff),
                range.part(in: 0xe000...0x10_ffff),
            ] {
                guard let part else { continue }
                if let last = merged.last, part.lowerBound <= last.upperBound &+ 1 {
                    merged[merged.count - 1] =
                        last.lowerBound...max(last.upperBound, part.upperBound)
                } else {
                    merged.append(part)
                }
            }
        }
        self.ranges = merged
    }

    init(_ scalar: Unicode.Scalar) { self.init([scalar.value...scalar.value]) }

    var isEmpty: Bool { ranges.isEmpty }

    var inverted: CodePointSet {
        var gaps: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges {
            if range.lowerBound > next { gaps.append(next...range.lowerBound - 1) }
            next = range.upperBound + 1
        }
        if next <= 0x10_ffff { gaps.append(next...0x10_ffff) }
        return CodePointSet(gaps)
    }

    func union(_ other: CodePointSet) -> CodePointSet { CodePointSet(ranges + other.ranges) }

    /// - Complexity: O(n) in the ranges of both.
    func intersection(_ other: CodePointSet) -> CodePointSet {
        var common: [ClosedRange<UInt32>] = []
        var (left, right) = (0, 0)
        while left < ranges.count, right < other.ranges.count {
            let (a, b) = (ranges[left], other.ranges[right])
            let (low, high) = (max(a.lowerBound, b.lowerBound), min(a.upperBound, b.upperBound))
            if low <= high { common.append(low...high) }
            if a.upperBound < b.upperBound { left += 1 } else { right += 1 }
        }
        return CodePointSet(common)
    }

    func subtracting(_ other: CodePointSet) -> CodePointSet { intersection(other.inverted) }

    /// - Complexity: O(n) in the ranges.
    func contains(_ value: UInt32) -> Bool { ranges.contains { $0.contains(value) } }
}

extension ClosedRange<UInt32> {
    /// The part inside `bounds`; nil where there is none.
    fileprivate func part(in bounds: ClosedRange<UInt32>) -> Self? {
        overlaps(bounds) ? clamped(to: bounds) : nil
    }
}
