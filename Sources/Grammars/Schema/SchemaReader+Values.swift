import JSONValues

extension SchemaReader {
    /// Whether a value fits facts: for the values of `enum` and `const`.
    ///
    /// - Parameter formats: whether formats count. To many validators they are notes, so a value that only a format
    ///   keeps out may be in all the same.
    /// - Complexity: O(value · what applies to it).
    mutating func accepts(
        _ value: JSON, _ facts: Facts, formats: Bool = true
    ) throws(GrammarError) -> Bool {
        try accepts(value, facts, formats: formats, nesting: limits.nesting)
    }

    private mutating func accepts(
        _ value: JSON, _ schemas: [Schema], formats: Bool, nesting: Int
    ) throws(GrammarError) -> Bool {
        guard nesting > 0 else { throw .limit("values of `enum` or `const` are nested too deep") }
        if schemas.isEmpty { return true }
        for facts in try alternatives(of: schemas)
        where try accepts(value, facts, formats: formats, nesting: nesting) { return true }
        return false
    }

    private mutating func accepts(
        _ value: JSON, _ facts: Facts, formats: Bool, nesting: Int
    ) throws(GrammarError) -> Bool {
        guard facts.types.contains(SchemaTypes(of: value)) else { return false }
        if let values = facts.values, !(try values.contains(value, nesting: limits.nesting)) {
            return false
        }
        switch value {
        case .null, .flag: return true
        case .integer, .large, .number:
            return DecimalNumber(value).map(facts.bounds.contains) ?? false
        case .text(let text): return try accepts(text, facts, formats: formats)
        case .array(let values):
            guard values.count >= facts.minItems, values.count <= facts.maxItems ?? .max else {
                return false
            }
            for (index, value) in values.enumerated()
            where
                !(try accepts(
                    value, facts.schemas(at: index), formats: formats, nesting: nesting - 1))
            {
                return false
            }
            return true
        case .object(let entries):
            guard entries.count >= facts.minProperties,
                entries.count <= facts.maxProperties ?? .max,
                facts.required.allSatisfy({ value.member($0) != nil })
            else { return false }
            for entry in entries
            where
                !(try accepts(
                    entry.value, facts.schemas(of: entry.key), formats: formats,
                    nesting: nesting - 1))
            {
                return false
            }
            return true
        }
    }

    private func accepts(
        _ text: String, _ facts: Facts, formats: Bool
    ) throws(GrammarError) -> Bool {
        let count = text.unicodeScalars.count
        guard count >= facts.minLength, count <= facts.maxLength ?? .max else { return false }
        for pattern in facts.patterns {
            let searched = try StringPatterns.pattern(pattern, limits: limits)
            guard try StringPatterns.matches(searched, text, limits: limits) else { return false }
        }
        for format in formats ? facts.formats : [] {
            if let pattern = try StringPatterns.format(format, limits: limits) {
                guard try StringPatterns.matches(pattern, text, limits: limits) else {
                    return false
                }
            }
        }
        return true
    }
}
