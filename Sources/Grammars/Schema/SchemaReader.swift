import JSONValues

/// Brings schemas that apply to one value into alternatives, each a conjunction of facts.
///
/// Follows `$ref`, `allOf`, `anyOf` and `oneOf` until a value must come; what applies to parts of a value
/// stays with the facts.
struct SchemaReader {
    let limits: GrammarLimits
    private var references = SchemaReferences()
    private var known: [String: [Facts]] = [:]
    private var open: Set<String> = []

    init(limits: GrammarLimits) { self.limits = limits }

    /// The alternatives of schemas that all apply.
    mutating func alternatives(of schemas: [Schema]) throws(GrammarError) -> [Facts] {
        guard let first = schemas.first else { return [] }
        var result = [Facts(first)]
        for schema in schemas {
            result = try combined(result, try alternatives(of: schema), schema)
        }
        return result
    }

    /// The alternatives of one schema.
    mutating func alternatives(of schema: Schema) throws(GrammarError) -> [Facts] {
        if let known = known[schema.pointer] { return known }
        guard open.insert(schema.pointer).inserted else {
            throw schema.error(
                "$ref", "it leads back to itself, without a property or an item in between")
        }
        defer { open.remove(schema.pointer) }
        guard open.count <= limits.nesting else {
            throw .limit("more than \(limits.nesting) schemas apply to one value")
        }
        let result = try read(schema)
        known[schema.pointer] = result
        return result
    }

    private mutating func read(_ schema: Schema) throws(GrammarError) -> [Facts] {
        switch schema.json {
        case .flag(true): return [Facts(schema)]
        case .flag(false): return []
        case .object: break
        default: throw schema.error("schema", "expected an object, `true` or `false` there")
        }
        for entry in schema.json.members where SchemaKeywords.refused.contains(entry.key) {
            guard !SchemaKeywords.changesNothing(entry.key, entry.value, in: schema) else {
                continue
            }
            let advice = SchemaKeywords.advice[entry.key].map { "; \($0)" } ?? ""
            throw schema.error(entry.key, "it cannot be expressed as a grammar\(advice)")
        }
        var reader = FactsReader(schema, nesting: limits.nesting)
        var result = try reader.read().map { [$0] } ?? []
        if let reference = schema.json.member("$ref") {
            guard case .text(let text) = reference else {
                throw schema.error("$ref", "expected a text")
            }
            let target = try references.target(of: text, in: schema)
            result = try combined(result, try alternatives(of: target), schema)
        }
        for part in try parts("allOf", of: schema) {
            result = try combined(result, try alternatives(of: part), schema)
        }
        let any = try parts("anyOf", of: schema)
        if !any.isEmpty {
            var choices: [Facts] = []
            for part in any { choices += try alternatives(of: part) }
            result = try combined(result, choices, schema)
        }
        let one = try parts("oneOf", of: schema)
        if !one.isEmpty {
            var choices: [[Facts]] = []
            for part in one { choices.append(try alternatives(of: part)) }
            result = try combined(result, try exclusive(choices, schema), schema)
        }
        return result
    }

    private func parts(_ keyword: String, of schema: Schema) throws(GrammarError) -> [Schema] {
        guard let value = schema.json.member(keyword) else { return [] }
        guard case .array(let parts) = value, !parts.isEmpty else {
            throw schema.error(keyword, "expected an array of schemas")
        }
        return parts.enumerated().map { schema.child($1, keyword, "\($0)") }
    }

    private func combined(_ left: [Facts], _ right: [Facts], _ schema: Schema)
        throws(GrammarError) -> [Facts]
    {
        guard left.count * right.count <= limits.alternatives else {
            throw .limit(
                "a schema has more than \(limits.alternatives) combinations of alternatives")
        }
        var both: [Facts] = []
        for one in left {
            for other in right {
                if let merged = try one.merged(with: other, nesting: limits.nesting) {
                    both.append(merged)
                }
            }
        }
        return both
    }
}

extension SchemaReader {
    /// Alternatives of which exactly one may hold: it must be clear that no two of them do.
    ///
    /// Values that several lists hold are dropped; other alternatives must exclude one another.
    private mutating func exclusive(_ choices: [[Facts]], _ schema: Schema)
        throws(GrammarError) -> [Facts]
    {
        var result: [Facts] = []
        var pairs = 0
        for (index, choice) in choices.enumerated() {
            for var facts in choice {
                for (other, others) in choices.enumerated() where other != index {
                    for rival in others {
                        pairs += 1 + (facts.values?.values.count ?? 0)
                        guard pairs <= limits.alternatives * 256 else {
                            throw .limit("`oneOf` has too many alternatives to compare")
                        }
                        // Values that both lists hold are dropped below.
                        var isExclusive = facts.values != nil && rival.values != nil
                        if !isExclusive {
                            isExclusive = try areDisjoint(facts, rival, depth: 4)
                        }
                        guard isExclusive else {
                            throw schema.error(
                                "oneOf",
                                "alternatives \(min(index, other)) and \(max(index, other)) may hold "
                                    + "at once; use `anyOf`, or a required property with different "
                                    + "`const`s")
                        }
                        guard let values = facts.values else { continue }
                        // To many validators formats are notes: what only a format keeps out may be in.
                        var kept: [JSON] = []
                        for value in values.values
                        where !(try accepts(value, rival, formats: false)) {
                            kept.append(value)
                        }
                        facts.values = try ValueList(kept, nesting: limits.nesting)
                    }
                }
                if facts.values?.isEmpty != true { result.append(facts) }
            }
        }
        return result
    }

    /// Whether no value fits both, as far as that is easily seen.
    private mutating func areDisjoint(_ left: Facts, _ right: Facts, depth: Int)
        throws(GrammarError) -> Bool
    {
        let types = left.types.intersection(right.types)
        if types.isEmpty { return true }
        if let values = left.values {
            for value in values.values where try accepts(value, right) { return false }
            return true
        }
        if right.values != nil { return try areDisjoint(right, left, depth: depth) }
        guard let both = try left.merged(with: right, nesting: limits.nesting) else { return true }
        var shared = types
        if both.bounds.isEmpty { shared.subtract(.number) }
        if let most = both.maxLength, most < both.minLength { shared.remove(.string) }
        if let most = both.maxItems, most < both.minItems { shared.remove(.array) }
        if shared.contains(.object), depth > 0 {
            for key in both.required {
                let schemas = both.schemas(of: key)
                var isNever = schemas.contains { $0.json == .flag(false) }
                if !isNever {
                    isNever = try areDisjoint(
                        left.schemas(of: key), right.schemas(of: key), depth: depth - 1)
                }
                if isNever {
                    shared.remove(.object)
                    break
                }
            }
        }
        if shared.contains(.array), depth > 0, both.minItems > 0 {
            for index in 0..<min(both.minItems, 8)
            where try areDisjoint(
                left.schemas(at: index), right.schemas(at: index), depth: depth - 1)
            {
                shared.remove(.array)
                break
            }
        }
        return shared.isEmpty
    }

    private mutating func areDisjoint(_ left: [Schema], _ right: [Schema], depth: Int)
        throws(GrammarError) -> Bool
    {
        guard !left.isEmpty, !right.isEmpty else { return false }
        for one in try alternatives(of: left) {
            for other in try alternatives(of: right)
            where !(try areDisjoint(one, other, depth: depth)) { return false }
        }
        return true
    }
}

extension Facts {
    /// The schemas that apply to the value of a key.
    func schemas(of key: String) -> [Schema] {
        objects.compactMap { part in
            part.properties.first { $0.key.utf8.elementsEqual(key.utf8) }?.schema ?? part.additional
        }
    }

    /// The schemas that apply to an item.
    func schemas(at index: Int) -> [Schema] {
        arrays.compactMap { index < $0.prefix.count ? $0.prefix[index] : $0.rest }
    }
}
