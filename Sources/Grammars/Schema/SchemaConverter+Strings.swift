import JSONValues

extension SchemaConverter {
    /// A string, with a length, a pattern or a format.
    mutating func string(_ facts: Facts) throws(GrammarError) -> Expression {
        if let most = facts.maxLength, most < facts.minLength { return .nothing }
        var patterns: [Pattern] = []
        for pattern in facts.patterns {
            patterns.append(try StringPatterns.pattern(pattern, limits: limits))
        }
        for format in facts.formats {
            if let pattern = try StringPatterns.format(format, limits: limits) {
                guard patterns.isEmpty else {
                    throw facts.schema.error(
                        "format", "it cannot be combined with `pattern` or another format")
                }
                patterns.append(pattern)
            }
        }
        guard patterns.count <= 1 else {
            throw facts.schema.error("pattern", "several patterns cannot hold at once")
        }
        guard let pattern = patterns.first else {
            guard facts.minLength > 0 || facts.maxLength != nil else { return try shared(.string) }
            return quoted(
                .repeated(
                    try shared(.character), min: facts.minLength, max: facts.maxLength))
        }
        return quoted(try within(facts, pattern).expression(spelling: .json))
    }

    private func quoted(_ content: Expression) -> Expression {
        .sequence([.text("\""), content, .text("\"")])
    }

    /// The pattern's texts of the right length.
    private func within(_ facts: Facts, _ pattern: Pattern) throws(GrammarError) -> Pattern {
        let lengths = pattern.lengths
        let isLongEnough = lengths.min >= facts.minLength
        let isShortEnough = facts.maxLength.map { most in lengths.max.map { $0 <= most } ?? false }
        if isLongEnough, isShortEnough ?? true { return pattern }
        // `^[a-z]+$` can be counted: one class, repeated.
        var body = pattern
        while case .sequence(let parts) = body, parts.count == 1 { body = parts[0] }
        if case .repeated(.set(let set), let low, let high) = body {
            let (min, max) = (
                Swift.max(low, facts.minLength), Facts.least(high, facts.maxLength)
            )
            if let max, max < min { return .set(CodePointSet([])) }
            return .repeated(.set(set), min: min, max: max)
        }
        throw facts.schema.error(
            isLongEnough ? "maxLength" : "minLength",
            "beside `pattern` or `format`, it must follow from that: write the length into the pattern"
        )
    }
}
