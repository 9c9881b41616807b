/// What may follow the whole part of a number, the point included, between two bounds with the same
/// whole part.
struct FractionRange {
    /// Digits after the point, at most.
    let places: Int

    func expression(from low: NumberBounds.Bound?, to high: NumberBounds.Bound?) -> Expression {
        let (digits, mayBeAbsent) = rest(
            low.map { Side($0) }.flatMap { $0.isLoose ? nil : $0 }, high.map { Side($0) }, places)
        let fraction = Expression.sequence([.text("."), digits])
        return mayBeAbsent ? .optional(fraction) : fraction
    }

    /// What is left of a bound while the digits so far are its own.
    private struct Side {
        var digits: ArraySlice<UInt8>
        var isExclusive: Bool

        init(_ bound: NumberBounds.Bound) {
            digits = bound.value.fraction[...]
            isExclusive = bound.isExclusive
        }

        /// As a lower bound: whether any digits go.
        var isLoose: Bool { digits.isEmpty && !isExclusive }

        mutating func next() -> UInt8 { digits.popFirst() ?? 0 }
    }

    /// One or more digits within the bounds that still count, and whether none are fine, too.
    private func rest(_ low: Side?, _ high: Side?, _ places: Int) -> (Expression, Bool) {
        let mayBeAbsent =
            low == nil && (high.map { !($0.digits.isEmpty && $0.isExclusive) } ?? true)
        guard places > 0 else { return (.nothing, mayBeAbsent) }
        if low == nil, high == nil {
            return (.repeated(.digits(0, 9), min: 1, max: places), true)
        }
        var (lowRest, highRest) = (low, high)
        let from = Int(lowRest?.next() ?? 0)
        let to = high == nil ? 9 : Int(highRest?.next() ?? 9)
        lowRest = lowRest.flatMap { $0.isLoose ? nil : $0 }
        guard from <= to else { return (.nothing, mayBeAbsent) }
        func way(_ digits: Expression, _ low: Side?, _ high: Side?) -> Expression {
            let (more, mayEnd) = rest(low, high, places - 1)
            return .sequence([digits, mayEnd ? .optional(more) : more])
        }
        if from == to {
            return (way(.digits(from, to), lowRest, highRest), mayBeAbsent)
        }
        var ways: [Expression] = []
        var (first, last) = (from, to)
        if low != nil {
            ways.append(way(.digits(from, from), lowRest, nil))
            first += 1
        }
        if high != nil {
            ways.append(way(.digits(to, to), nil, highRest))
            last -= 1
        }
        if first <= last { ways.append(way(.digits(first, last), nil, nil)) }
        return (.choice(ways), mayBeAbsent)
    }
}
