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

            /// The formula that the rule looks at.
            package var formula: WeightedSum? {
                switch self {
                case .nucleus(_, let sum), .relative(_, let sum): sum
                case .tokens: nil
                }
            }
        }
    }

    /// The members that the fallback and the mask's own formula name: their rows say where the formula
    /// gives way.
    package var ruling: Set<Int> {
        let sums = [fallback, mask?.rule.formula].compactMap { $0 }
        return Set(sums.flatMap { $0.terms.map(\.member) })
    }

    /// The formula whose rows say where the mask gives way, or else the fallback.
    package var rulingSum: WeightedSum? { mask?.rule.formula ?? fallback }

    /// What a log-probability of 0 counts as among logits, nats: the mean of the members'
    /// log-normalisers, by their weights, over those that the fallback (without one, the formula) weights
    /// positively. They give whole rows; the logits of the others are unknown.
    ///
    /// - Complexity: O(terms).
    package func level(_ members: PositionRows) -> Float {
        func positive(_ sum: WeightedSum?) -> [WeightedSum.Term] {
            sum?.terms.filter { $0.weight > 0 } ?? []
        }
        var terms = positive(fallback)
        if terms.isEmpty { terms = positive(formula) }
        let total = terms.reduce(0) { $0 + $1.weight }
        guard total > 0 else { return 0 }
        return terms.reduce(0) { $0 + $1.weight / total * members[$1.member].logNormalizer }
    }

    /// The members that any of its sums names.
    package var members: Set<Int> { ruling.union(formula.terms.map(\.member)) }
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
        var also: [Formula] = []
        if case .mask(let mask)? = override, let formula = mask.rule.formula { also = [formula] }
        let parameters = try resolvedParameters(values, also: also)
        if let replacement {
            let weights = try replacement.weights(parameters)
            guard weights.values.contains(where: { Float($0) > 0 }) else {
                throw CompositeError.zeroFormula
            }
            let alone = ResolvedComposite(
                formula: try sum(replacement, weights), fallback: nil, mask: nil, fallbackTokens: []
            )
            try requireRows(for: alone)
            return alone
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
        try requireRows(for: resolved)
        return resolved
    }

    /// Refuses what needs whole rows of members that score chosen tokens only: they can be terms of a
    /// formula which falls back to other members outside a few tokens, and nothing else.
    private func requireRows(for resolved: ResolvedComposite) throws(CompositeError) {
        func first(of members: Set<Int>) -> String? {
            members.sorted().first { self.members[$0].model.limits.scores == .tokens }
                .map { self.members[$0].name }
        }
        if let member = first(of: resolved.ruling) { throw .rowsNeeded(member: member, .ruling) }
        guard resolved.mask?.effect != .fallback else { return }
        let terms = Set(resolved.formula.terms.map(\.member))
        if let member = first(of: terms) { throw .rowsNeeded(member: member, .formula) }
    }

    /// The value of every parameter: those given, checked, and defaults for the others.
    ///
    /// - Parameter also: further formulas whose parameters can be given.
    /// - Throws: ``CompositeError/unknownParameter(_:known:)`` for one that no formula uses, or
    ///   ``CompositeError/parameterOutOfRange(_:_:)``.
    package func resolvedParameters(
        _ values: [String: Double], also: [Formula] = []
    ) throws(CompositeError) -> [String: Double] {
        let formulas = [formula, fallback, mask?.rule.formula].compactMap { $0 } + also
        let used = formulas.usedParameters
        for name in values.keys.sorted() where !used.contains(name) {
            throw .unknownParameter(name, known: used)
        }
        var resolved: [String: Double] = [:]
        for parameter in parameters {
            let value = values[parameter.name] ?? parameter.defaultValue
            guard parameter.range.contains(value) else {
                throw .parameterOutOfRange(parameter, value)
            }
            resolved[parameter.name] = value
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
