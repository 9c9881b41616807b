extension Formula {
    /// The largest weight a member may have, in magnitude: beyond it, Float32 scores overflow.
    public static let weightLimit = 1e6

    /// The weight of every member, for given parameter values.
    ///
    /// - Parameter parameters: a value for every name in ``parameters``, by name.
    /// - Returns: one weight per name in ``members``; weights may be 0.
    /// - Throws: ``FormulaError/missingParameter(_:)``, or ``FormulaError/unusableWeight(member:weight:)``
    ///   when a weight is not finite or exceeds ``weightLimit``.
    public func weights(_ parameters: [String: Double] = [:]) throws(FormulaError) -> [String:
        Double]
    {
        var weights: [String: Double] = [:]
        try accumulate(1, parameters, into: &weights)
        for member in members {
            let weight = weights[member, default: 0]
            guard weight.isFinite, abs(weight) <= Self.weightLimit else {
                throw .unusableWeight(member: member, weight: weight)
            }
        }
        return weights
    }

    private func accumulate(
        _ factor: Double, _ parameters: [String: Double], into weights: inout [String: Double]
    ) throws(FormulaError) {
        switch self {
        case .member(let name):
            weights[name, default: 0] += factor
        case .negated(let a):
            try a.accumulate(-factor, parameters, into: &weights)
        case .sum(let a, let b):
            try a.accumulate(factor, parameters, into: &weights)
            try b.accumulate(factor, parameters, into: &weights)
        case .difference(let a, let b):
            try a.accumulate(factor, parameters, into: &weights)
            try b.accumulate(-factor, parameters, into: &weights)
        case .scaled(let scalar, let a):
            try a.accumulate(factor * scalar.value(parameters), parameters, into: &weights)
        case .divided(let a, let scalar):
            try a.accumulate(factor / scalar.value(parameters), parameters, into: &weights)
        }
    }
}

extension Scalar {
    /// The number this stands for, for given parameter values; may be infinite or NaN.
    ///
    /// - Throws: ``FormulaError/missingParameter(_:)``.
    public func value(_ parameters: [String: Double] = [:]) throws(FormulaError) -> Double {
        switch self {
        case .number(let number): return number
        case .parameter(let name):
            guard let value = parameters[name] else { throw .missingParameter(name) }
            return value
        case .negated(let a): return try -a.value(parameters)
        case .sum(let a, let b): return try a.value(parameters) + b.value(parameters)
        case .difference(let a, let b): return try a.value(parameters) - b.value(parameters)
        case .product(let a, let b): return try a.value(parameters) * b.value(parameters)
        case .quotient(let a, let b): return try a.value(parameters) / b.value(parameters)
        }
    }
}
