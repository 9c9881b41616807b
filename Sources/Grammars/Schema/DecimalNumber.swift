import JSONValues

/// A number as its decimal digits, for ranges that are compared digit by digit.
struct DecimalNumber: Hashable, Sendable, Comparable {
    var isNegative: Bool
    /// Without leading zeros; `[0]` below one.
    var whole: [UInt8]
    /// Without trailing zeros.
    var fraction: [UInt8]

    static let zero = DecimalNumber(isNegative: false, whole: [0], fraction: [])

    private init(isNegative: Bool, whole: [UInt8], fraction: [UInt8]) {
        self.isNegative = isNegative
        self.whole = whole
        self.fraction = fraction
    }

    init(_ value: Int) {
        isNegative = value < 0
        whole = Array(String(value.magnitude).utf8).map { $0 - 0x30 }
        fraction = []
    }

    /// The shortest digits that read back as the number; nil where it is no number, or infinite.
    init?(_ json: JSON) {
        switch json {
        case .integer(let value): self.init(value)
        case .large(let digits):
            let isNegative = digits.hasPrefix("-")
            self.init(
                isNegative: isNegative,
                whole: digits.utf8.dropFirst(isNegative ? 1 : 0).map { $0 - 0x30 }, fraction: [])
        case .number(let value) where value.isFinite:
            let text = "\(value.magnitude)"
            let parts = text.split(separator: "e")
            let digits = parts[0].split(separator: ".")
            var whole = Array(digits[0].utf8).map { $0 - 0x30 }
            var fraction = digits.count > 1 ? Array(digits[1].utf8).map { $0 - 0x30 } : []
            var exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
            while exponent > 0 {
                whole.append(fraction.isEmpty ? 0 : fraction.removeFirst())
                exponent -= 1
            }
            if exponent < 0 {
                whole.insert(contentsOf: [UInt8](repeating: 0, count: -exponent), at: 0)
                fraction.insert(contentsOf: whole.suffix(-exponent), at: 0)
                whole.removeLast(-exponent)
            }
            while whole.count > 1, whole[0] == 0 { whole.removeFirst() }
            if whole.isEmpty { whole = [0] }
            while fraction.last == 0 { fraction.removeLast() }
            self.init(
                isNegative: value < 0 && (whole != [0] || !fraction.isEmpty), whole: whole,
                fraction: fraction)
        default: return nil
        }
    }

    var magnitude: DecimalNumber {
        DecimalNumber(isNegative: false, whole: whole, fraction: fraction)
    }

    var isZero: Bool { whole == [0] && fraction.isEmpty }

    static func < (left: DecimalNumber, right: DecimalNumber) -> Bool {
        guard left.isNegative == right.isNegative else { return left.isNegative }
        let (small, large) = left.isNegative ? (right, left) : (left, right)
        if small.whole.count != large.whole.count { return small.whole.count < large.whole.count }
        if small.whole != large.whole { return small.whole.lexicographicallyPrecedes(large.whole) }
        return small.fraction.lexicographicallyPrecedes(large.fraction)
    }
}

/// From where to where numbers may go.
struct NumberBounds: Sendable {
    struct Bound: Sendable {
        var value: DecimalNumber
        var isExclusive: Bool
    }
    var lower: Bound?
    var upper: Bound?

    mutating func raise(to bound: Bound) {
        guard let old = lower else {
            lower = bound
            return
        }
        if bound.value > old.value || (bound.value == old.value && bound.isExclusive) {
            lower = bound
        }
    }

    mutating func cut(to bound: Bound) {
        guard let old = upper else {
            upper = bound
            return
        }
        if bound.value < old.value || (bound.value == old.value && bound.isExclusive) {
            upper = bound
        }
    }

    mutating func formIntersection(_ other: NumberBounds) {
        if let lower = other.lower { raise(to: lower) }
        if let upper = other.upper { cut(to: upper) }
    }

    var isEmpty: Bool {
        guard let lower, let upper else { return false }
        return lower.value > upper.value
            || (lower.value == upper.value && (lower.isExclusive || upper.isExclusive))
    }

    func contains(_ value: DecimalNumber) -> Bool {
        if let lower, value < lower.value || (value == lower.value && lower.isExclusive) {
            return false
        }
        if let upper, value > upper.value || (value == upper.value && upper.isExclusive) {
            return false
        }
        return true
    }
}
