import JSONValues

extension SchemaConverter {
    private struct Property {
        var entry: Expression
        var isRequired: Bool
    }

    /// An object: its properties in the order in which they are declared, then any others.
    ///
    /// Where nothing is said of other keys, an object with `properties` has none, as llama.cpp has it.
    mutating func object(_ facts: Facts) throws(GrammarError) -> Expression {
        let explicit = facts.objects.compactMap(\.additional)
        let isOpen =
            explicit.isEmpty
            ? facts.objects.isEmpty : !explicit.contains { $0.json == .flag(false) }

        var names: [String] = []
        var seen: Set<[UInt8]> = []
        for part in facts.objects {
            for (key, _) in part.properties where seen.insert(Array(key.utf8)).inserted {
                names.append(key)
            }
        }
        for key in facts.required where seen.insert(Array(key.utf8)).inserted { names.append(key) }
        let required = Set(facts.required.map { Array($0.utf8) })
        let schemas = schemas(of: names, in: facts)

        var properties: [Property] = []
        for (name, schemas) in zip(names, schemas) {
            let isRequired = required.contains(Array(name.utf8))
            if schemas.contains(where: { $0.json == .flag(false) }) {
                if isRequired { return .nothing }
                continue
            }
            let entry = Expression.sequence([
                .bytes(JSONText.string(name)), try shared(.space), .text(":"),
                try shared(.space), try value(schemas),
            ])
            properties.append(Property(entry: entry, isRequired: isRequired))
        }
        if let most = facts.maxProperties, isOpen || most < properties.count {
            throw facts.schema.error(
                "maxProperties", "the number of properties cannot be counted by a grammar")
        }
        guard facts.minProperties <= max(1, required.count) else {
            throw facts.schema.error(
                "minProperties", "the number of properties cannot be counted by a grammar")
        }
        let other = isOpen ? try otherEntry(than: names, explicit) : nil
        return try object(properties, other, mayBeEmpty: facts.minProperties == 0)
    }

    /// For each name, the schemas that apply to its value.
    ///
    /// - Complexity: O(names · parts).
    private func schemas(of names: [String], in facts: Facts) -> [[Schema]] {
        let parts = facts.objects.map { part in
            (
                Dictionary(
                    part.properties.map { (Array($0.key.utf8), $0.schema) },
                    uniquingKeysWith: { _, last in last }), part.additional
            )
        }
        return names.map { name in
            parts.compactMap { $0[Array(name.utf8)] ?? $1 }
        }
    }

    /// An entry with a key that is not declared.
    private mutating func otherEntry(than names: [String], _ schemas: [Schema])
        throws(GrammarError) -> Expression
    {
        let key =
            names.isEmpty
            ? try shared(.string)
            : .sequence([.text("\""), try otherKey(than: names), .text("\"")])
        let space = try shared(.space)
        return .sequence([key, space, .text(":"), space, try value(schemas)])
    }

    /// Keys other than some, without escapes, so that no other spelling of one of them gets through.
    private mutating func otherKey(than names: [String]) throws(GrammarError) -> Expression {
        struct Node {
            var children: [UInt32: Int] = [:]
            var isName = false
        }
        var nodes = [Node()]
        for name in names {
            // What needs an escape cannot be spelled here anyway.
            guard name.unicodeScalars.allSatisfy({ JSONText.plain.contains($0.value) }) else {
                continue
            }
            var current = 0
            for scalar in name.unicodeScalars {
                if let next = nodes[current].children[scalar.value] {
                    current = next
                } else {
                    nodes.append(Node())
                    nodes[current].children[scalar.value] = nodes.count - 1
                    current = nodes.count - 1
                }
                guard nodes.count <= limits.rules else {
                    throw .limit(
                        "the names of properties are too long beside `additionalProperties`")
                }
            }
            nodes[current].isName = true
        }
        let rest = Expression.any(.characters(JSONText.plain))
        // Rules, and not nested expressions: names may be long. Later nodes are deeper.
        var expressions = [Expression](repeating: .nothing, count: nodes.count)
        for index in nodes.indices.reversed() {
            let children = nodes[index].children.sorted { $0.key < $1.key }
            let others = JSONText.plain.subtracting(
                CodePointSet(children.map { $0.key...$0.key }))
            var ways: [Expression] = nodes[index].isName ? [] : [.empty]
            ways.append(.sequence([.characters(others), rest]))
            for (value, child) in children {
                ways.append(
                    .sequence([.characters(CodePointSet([value...value])), expressions[child]]))
            }
            expressions[index] = .rule(try rules.add("key", .choice(ways)))
        }
        return expressions[0]
    }

    private mutating func object(
        _ properties: [Property], _ other: Expression?, mayBeEmpty: Bool
    ) throws(GrammarError) -> Expression {
        let comma = try comma()
        // What may follow once something stands: `tail` from each property on.
        var tail: Expression = other.map { .any(.sequence([comma, $0])) } ?? .empty
        /// What may stand first: the properties up to the first required one, or any other.
        var first: [Expression] = []
        if let other { first.append(.sequence([other, tail])) }
        var isEmptyFine = true
        for property in properties.reversed() {
            if property.isRequired {
                first = []
                isEmptyFine = false
            }
            // A rule, since both `first` and the tail before refer to it.
            let rest = Expression.rule(try rules.add("properties", tail))
            first.append(.sequence([property.entry, rest]))
            let following = Expression.sequence([comma, property.entry])
            tail = .sequence([property.isRequired ? following : .optional(following), rest])
        }
        if first.isEmpty {
            guard isEmptyFine, mayBeEmpty else { return .nothing }
            return .sequence([.text("{"), try shared(.space), .text("}")])
        }
        return try enclosed("{", .choice(first), "}", mayBeEmpty: isEmptyFine && mayBeEmpty)
    }
}
