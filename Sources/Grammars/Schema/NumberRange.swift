/// Numbers within bounds, as digits.
///
/// Numbers have at most 16 digits before and after the point, as those of llama.cpp's grammars.
enum NumberRange {
    static let digits = 16

    /// `-?` and whole numbers within bounds.
    static func integers(_ bounds: NumberBounds) -> Expression {
        guard !bounds.isEmpty else { return .nothing }
        var ways: [Expression] = []
        for (sign, low, high) in signed(bounds) {
            let first = low.map { up($0) } ?? [0]
            let last = high.map { down($0) } ?? nines(max(first.count, digits))
            guard let last, !less(last, first) else { continue }
            ways.append(.sequence([sign, whole(first, last)]))
        }
        return .choice(ways)
    }

    /// Numbers within bounds, without exponents.
    static func numbers(_ bounds: NumberBounds) -> Expression {
        guard !bounds.isEmpty else { return .nothing }
        // Where a bound is left out, or has many digits, rounding must not reach it.
        var places = digits
        for bound in [bounds.lower, bounds.upper].compactMap({ $0 })
        where bound.isExclusive || bound.value.whole.count >= digits {
            places = min(places, max(0, digits - 1 - bound.value.whole.count))
        }
        var ways: [Expression] = []
        for (sign, low, high) in signed(bounds) {
            let low = low ?? NumberBounds.Bound(value: .zero, isExclusive: false)
            let fraction = FractionRange(places: places)
            guard let high else {
                ways.append(
                    .sequence([
                        sign, literal(low.value.whole), fraction.expression(from: low, to: nil),
                    ]))
                let last = nines(max(low.value.whole.count, digits))
                if let first = successor(low.value.whole), !less(last, first) {
                    ways.append(
                        .sequence([
                            sign, whole(first, last), fraction.expression(from: nil, to: nil),
                        ]))
                }
                continue
            }
            if low.value.whole == high.value.whole {
                ways.append(
                    .sequence([
                        sign, literal(low.value.whole), fraction.expression(from: low, to: high),
                    ]))
                continue
            }
            ways.append(
                .sequence([
                    sign, literal(low.value.whole), fraction.expression(from: low, to: nil),
                ]))
            ways.append(
                .sequence([
                    sign, literal(high.value.whole), fraction.expression(from: nil, to: high),
                ]))
            if let first = successor(low.value.whole), let last = predecessor(high.value.whole),
                !less(last, first)
            {
                ways.append(
                    .sequence([
                        sign, whole(first, last), fraction.expression(from: nil, to: nil),
                    ]))
            }
        }
        return .choice(ways)
    }

    /// The bounds as magnitudes, for numbers with and without a minus sign.
    private static func signed(
        _ bounds: NumberBounds
    ) -> [(sign: Expression, low: NumberBounds.Bound?, high: NumberBounds.Bound?)] {
        func magnitude(_ bound: NumberBounds.Bound) -> NumberBounds.Bound {
            NumberBounds.Bound(value: bound.value.magnitude, isExclusive: bound.isExclusive)
        }
        var parts: [(Expression, NumberBounds.Bound?, NumberBounds.Bound?)] = []
        let (lower, upper) = (bounds.lower, bounds.upper)
        // Numbers from zero up.
        if upper.map({ !$0.value.isNegative }) ?? true,
            !(upper.map { $0.value.isZero && $0.isExclusive } ?? false)
        {
            parts.append((.empty, lower.flatMap { $0.value.isNegative ? nil : $0 }, upper))
        }
        // Numbers below zero; `-0` too where zero may stand.
        if lower.map({ $0.value.isNegative }) ?? true {
            let isBelow = upper.map { $0.value.isNegative || $0.value.isZero } ?? false
            parts.append(
                (.text("-"), isBelow ? upper.map(magnitude) : nil, lower.map(magnitude)))
        }
        return parts
    }

    /// The first whole number that a lower bound allows.
    private static func up(_ bound: NumberBounds.Bound) -> [UInt8] {
        let isNext = bound.isExclusive || !bound.value.fraction.isEmpty
        return isNext ? successor(bound.value.whole) ?? bound.value.whole : bound.value.whole
    }

    /// The last whole number that an upper bound allows; nil where that is below zero.
    private static func down(_ bound: NumberBounds.Bound) -> [UInt8]? {
        bound.isExclusive && bound.value.fraction.isEmpty
            ? predecessor(bound.value.whole) : bound.value.whole
    }
}

extension NumberRange {
    /// Whole numbers from one to another.
    static func whole(_ first: [UInt8], _ last: [UInt8]) -> Expression {
        var ways: [Expression] = []
        for count in first.count...max(first.count, last.count) {
            let low = count == first.count ? first : [1] + [UInt8](repeating: 0, count: count - 1)
            let high = count == last.count ? last : nines(count)
            ways.append(between(low[...], high[...]))
        }
        return ways.count == 1 ? ways[0] : .choice(ways)
    }

    /// Digits of one length from one number to another.
    private static func between(_ low: ArraySlice<UInt8>?, _ high: ArraySlice<UInt8>?)
        -> Expression
    {
        guard let count = (low ?? high)?.count, count > 0 else { return .empty }
        let low = low.flatMap { $0.allSatisfy { $0 == 0 } ? nil : $0 }
        let high = high.flatMap { $0.allSatisfy { $0 == 9 } ? nil : $0 }
        if low == nil, high == nil { return .repeated(.digits(0, 9), min: count, max: count) }
        let (from, to) = (low?.first ?? 0, high?.first ?? 9)
        func rest(_ low: ArraySlice<UInt8>?, _ high: ArraySlice<UInt8>?) -> Expression {
            low == nil && high == nil
                ? .repeated(.digits(0, 9), min: count - 1, max: count - 1)
                : between(low, high)
        }
        if from == to {
            return .sequence([literal([from]), rest(low?.dropFirst(), high?.dropFirst())])
        }
        var ways: [Expression] = []
        var (first, last) = (Int(from), Int(to))
        if let low {
            ways.append(.sequence([literal([from]), rest(low.dropFirst(), nil)]))
            first += 1
        }
        if let high {
            ways.append(.sequence([literal([to]), rest(nil, high.dropFirst())]))
            last -= 1
        }
        if first <= last { ways.append(.sequence([.digits(first, last), rest(nil, nil)])) }
        return .choice(ways)
    }

    static func literal(_ digits: [UInt8]) -> Expression { .bytes(digits.map { $0 + 0x30 }) }

    static func nines(_ count: Int) -> [UInt8] { [UInt8](repeating: 9, count: count) }

    static func less(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count != right.count
            ? left.count < right.count : left.lexicographicallyPrecedes(right)
    }

    /// The next whole number.
    static func successor(_ digits: [UInt8]) -> [UInt8]? {
        var digits = digits
        for index in digits.indices.reversed() {
            if digits[index] < 9 {
                digits[index] += 1
                return digits
            }
            digits[index] = 0
        }
        return [1] + digits
    }

    /// The whole number before; nil below zero.
    static func predecessor(_ digits: [UInt8]) -> [UInt8]? {
        var digits = digits
        for index in digits.indices.reversed() {
            if digits[index] > 0 {
                digits[index] -= 1
                if digits[0] == 0, digits.count > 1 { digits.removeFirst() }
                return digits
            }
            digits[index] = 9
        }
        return nil
    }
}
