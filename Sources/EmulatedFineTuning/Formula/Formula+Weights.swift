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
        try visitTerms(1, parameters) { weights[$0, default: 0] += $1 }
        for member in members {
            let weight = weights[member, default: 0]
            guard weight.isFinite, abs(weight) <= Self.weightLimit else {
                throw .unusableWeight(member: member, weight: weight)
            }
        }
        return weights
    }

    /// The members that some term of the formula subtracts, for given parameter values: `small` in
    /// `large + beta * (chat - small)`, and in `small + beta * (chat - small)`, whatever it weighs in all.
    package func subtracted(
        _ parameters: [String: Double]
    ) throws(FormulaError) -> Set<String> {
        var found: Set<String> = []
        try visitTerms(1, parameters) { name, factor in if factor < 0 { found.insert(name) } }
        return found
    }

    /// Every term with its factor, signs and scalars multiplied out.
    private func visitTerms(
        _ factor: Double, _ parameters: [String: Double], _ body: (String, Double) -> Void
    ) throws(FormulaError) {
        switch self {
        case .member(let name):
            body(name, factor)
        case .negated(let a):
            try a.visitTerms(-factor, parameters, body)
        case .sum(let a, let b):
            try a.visitTerms(factor, parameters, body)
            try b.visitTerms(factor, parameters, body)
        case .difference(let a, let b):
            try a.visitTerms(factor, parameters, body)
            try b.visitTerms(-factor, parameters, body)
        case .scaled(let scalar, let a):
            try a.visitTerms(factor * scalar.value(parameters), parameters, body)
        case .divided(let a, let scalar):
            try a.visitTerms(factor / scalar.value(parameters), parameters, body)
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
