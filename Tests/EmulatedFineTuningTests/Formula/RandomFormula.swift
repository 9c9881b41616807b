import EmulatedFineTuning
import TestSupport

/// Random formulas over the members `a`, `b`, `large_2` and the parameters `x`, `λ`.
struct RandomFormula {
    static let members = ["a", "b", "large_2"]
    static let parameters = ["x", "λ"]
    static let numbers: [Double] = [
        0, 1, 2, 0.1, 0.5, 1e-7, 123_456_789.25, 1e15, 1e20, 5e-324, .greatestFiniteMagnitude,
    ]

    private var generator: SplitMix

    init(seed: UInt64) { generator = SplitMix(state: seed) }

    mutating func formula(depth: Int) -> Formula {
        switch Int.random(in: 0..<(depth == 0 ? 1 : 7), using: &generator) {
        case 0, 1: .member(Self.members.randomElement(using: &generator) ?? "a")
        case 2: .negated(formula(depth: depth - 1))
        case 3: .sum(formula(depth: depth - 1), formula(depth: depth - 1))
        case 4: .difference(formula(depth: depth - 1), formula(depth: depth - 1))
        case 5: .scaled(scalar(depth: depth - 1), formula(depth: depth - 1))
        default: .divided(formula(depth: depth - 1), scalar(depth: depth - 1))
        }
    }

    mutating func scalar(depth: Int) -> Scalar {
        switch Int.random(in: 0..<(depth == 0 ? 2 : 7), using: &generator) {
        case 0: .number(Self.numbers.randomElement(using: &generator) ?? 0)
        case 1: .parameter(Self.parameters.randomElement(using: &generator) ?? "x")
        case 2: .negated(scalar(depth: depth - 1))
        case 3: .sum(scalar(depth: depth - 1), scalar(depth: depth - 1))
        case 4: .difference(scalar(depth: depth - 1), scalar(depth: depth - 1))
        case 5: .product(scalar(depth: depth - 1), scalar(depth: depth - 1))
        default: .quotient(scalar(depth: depth - 1), scalar(depth: depth - 1))
        }
    }
}
