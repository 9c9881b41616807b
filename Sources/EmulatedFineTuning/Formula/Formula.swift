/// A linear expression over the log-probabilities of members: `large + beta * (chat - small)`.
///
/// Write it in Swift with operators, or parse it with ``init(parsing:members:parameters:)``. Only
/// linear expressions can be built: members may be added, subtracted, and scaled by numbers and
/// parameters, never multiplied with each other.
///
/// ```swift
/// let formula: Formula = "large" + 1.2 * ("chat" - "small")
/// ```
public indirect enum Formula: Sendable, Hashable {
    case member(String)
    case negated(Formula)
    case sum(Formula, Formula)
    case difference(Formula, Formula)
    case scaled(Scalar, Formula)
    case divided(Formula, Scalar)
}

/// A number inside a formula: literals, named parameters, and arithmetic on them.
public indirect enum Scalar: Sendable, Hashable {
    /// A literal; finite and not negative (a negative one is ``negated(_:)``).
    case number(Double)
    case parameter(String)
    case negated(Scalar)
    case sum(Scalar, Scalar)
    case difference(Scalar, Scalar)
    case product(Scalar, Scalar)
    case quotient(Scalar, Scalar)
}

extension Formula {
    /// The members that occur, in order of first appearance.
    public var members: [String] {
        var seen: [String] = []
        visit { formula in
            if case .member(let name) = formula, !seen.contains(name) { seen.append(name) }
        }
        return seen
    }

    /// The parameters that occur, in order of first appearance.
    public var parameters: [String] {
        var seen: [String] = []
        visit { formula in
            switch formula {
            case .scaled(let scalar, _), .divided(_, let scalar): scalar.collect(into: &seen)
            default: break
            }
        }
        return seen
    }

    private func visit(_ body: (Formula) -> Void) {
        body(self)
        switch self {
        case .member: break
        case .negated(let a), .scaled(_, let a), .divided(let a, _): a.visit(body)
        case .sum(let a, let b), .difference(let a, let b):
            a.visit(body)
            b.visit(body)
        }
    }
}

extension [Formula] {
    /// The parameters that occur in any of them, in order of first appearance.
    package var usedParameters: [String] {
        reduce(into: []) { names, formula in
            names += formula.parameters.filter { !names.contains($0) }
        }
    }
}

extension Scalar {
    fileprivate func collect(into names: inout [String]) {
        switch self {
        case .number: break
        case .parameter(let name): if !names.contains(name) { names.append(name) }
        case .negated(let a): a.collect(into: &names)
        case .sum(let a, let b), .difference(let a, let b), .product(let a, let b),
            .quotient(let a, let b):
            a.collect(into: &names)
            b.collect(into: &names)
        }
    }
}
