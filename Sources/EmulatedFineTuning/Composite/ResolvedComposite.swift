/// A composite with its parameter values put in: what the kernels work with.
package struct ResolvedComposite: Sendable, Equatable {
    package var formula: WeightedSum
    package var fallback: WeightedSum?
    package var mask: ResolvedMask?
    package var fallbackTokens: [TokenID]

    /// A mask over member indices.
    package struct ResolvedMask: Sendable, Equatable {
        package var rule: Rule
        package var effect: Mask.Effect

        package enum Rule: Sendable, Equatable {
            case nucleus(Double, WeightedSum)
            case relative(Double, WeightedSum)
            case tokens([TokenID])
        }
    }
}

extension Composite {
    /// Puts parameter values in: those given, defaults for the others.
    ///
    /// - Parameters:
    ///   - override: a mask, or none, in the place of the composite's.
    ///   - replacement: a formula to use alone, without mask and fallback.
    /// - Throws: ``CompositeError``, ``FormulaError`` when a value is unknown or out of range, or makes
    ///   weights that cannot be used.
    package func resolve(
        _ values: [String: Double] = [:], mask override: MaskOverride? = nil,
        replacing replacement: Formula? = nil
    ) throws -> ResolvedComposite {
        let parameters = try resolvedParameters(values)
        if let replacement {
            let weights = try replacement.weights(parameters)
            guard weights.values.contains(where: { Float($0) > 0 }) else {
                throw CompositeError.zeroFormula
            }
            return ResolvedComposite(
                formula: try sum(replacement, weights), fallback: nil, mask: nil, fallbackTokens: []
            )
        }
        let weights = try formula.weights(parameters)
        guard weights.values.contains(where: { Float($0) > 0 }) else {
            throw CompositeError.zeroFormula
        }
        var resolved = ResolvedComposite(
            formula: try sum(formula, weights), fallback: nil, mask: nil,
            fallbackTokens: fallbackTokens)
        if let fallback {
            let fallbackWeights = try fallback.weights(parameters)
            let sums = (
                formula.members.reduce(0) { $0 + weights[$1, default: 0] },
                fallback.members.reduce(0) { $0 + fallbackWeights[$1, default: 0] }
            )
            // Sums of decimal parameters such as 0.3 + 0.7 are exact only to rounding.
            guard abs(sums.0 - sums.1) <= 1e-9 * max(1, abs(sums.0)) else {
                throw CompositeError.unequalSums(formula: sums.0, fallback: sums.1)
            }
            resolved.fallback = try sum(fallback, fallbackWeights)
        }
        let mask: Mask? =
            switch override {
            case nil: self.mask
            case .some(.none): nil
            case .mask(let mask): mask
            }
        resolved.mask = try mask.map { try resolve($0, parameters, fallback: resolved.fallback) }
        return resolved
    }

    /// The value of every parameter: those given, checked, and defaults for the others.
    package func resolvedParameters(
        _ values: [String: Double]
    ) throws(CompositeError) -> [String: Double] {
        var resolved: [String: Double] = [:]
        for parameter in parameters {
            let value = values[parameter.name] ?? parameter.defaultValue
            guard parameter.range.contains(value) else {
                throw .parameterOutOfRange(parameter, value)
            }
            resolved[parameter.name] = value
        }
        for name in values.keys.sorted() where resolved[name] == nil {
            throw .unknownParameter(name, known: parameters.map(\.name))
        }
        return resolved
    }

    private func sum(_ formula: Formula, _ weights: [String: Double]) throws -> WeightedSum {
        WeightedSum(
            try formula.members.map { name in
                guard let index = members.firstIndex(where: { $0.name == name }) else {
                    throw CompositeError.unknownMember(name)
                }
                return WeightedSum.Term(member: index, weight: Float(weights[name, default: 0]))
            })
    }

    private func resolve(
        _ mask: Mask, _ parameters: [String: Double], fallback: WeightedSum?
    ) throws -> ResolvedComposite.ResolvedMask {
        if mask.effect == .fallback, fallback == nil { throw CompositeError.fallbackMissing }
        func rulingSum(_ formula: Formula?) throws -> WeightedSum {
            if let formula { return try sum(formula, formula.weights(parameters)) }
            guard let fallback else { throw CompositeError.fallbackMissing }
            return fallback
        }
        switch mask.rule {
        case .nucleus(let p, let formula):
            guard p > 0, p <= 1 else { throw CompositeError.maskOutOfRange("nucleus", p) }
            return .init(rule: .nucleus(p, try rulingSum(formula)), effect: mask.effect)
        case .relative(let share, let formula):
            guard share > 0, share <= 1 else {
                throw CompositeError.maskOutOfRange("relative", share)
            }
            return .init(rule: .relative(share, try rulingSum(formula)), effect: mask.effect)
        case .tokens(let tokens):
            guard tokens.allSatisfy(vocabulary.tokens.indices.contains),
                mask.effect == .fallback || !tokens.isEmpty
            else { throw CompositeError.maskTokens }
            return .init(rule: .tokens(tokens.sorted()), effect: mask.effect)
        }
    }
}
