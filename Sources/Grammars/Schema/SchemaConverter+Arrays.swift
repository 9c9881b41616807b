import JSONValues

extension SchemaConverter {
    /// An array: items with schemas of their own first, then the others.
    mutating func array(_ facts: Facts) throws(GrammarError) -> Expression {
        let prefix = facts.arrays.map(\.prefix.count).max() ?? 0
        guard facts.minItems <= limits.repetition else {
            throw .limit("`minItems` is more than \(limits.repetition)")
        }
        var most = facts.maxItems
        // The first item that cannot be ends the array.
        for index in 0...prefix
        where facts.schemas(at: index).contains(where: { $0.json == .flag(false) }) {
            most = min(most ?? index, index)
            break
        }
        if let most, most < facts.minItems { return .nothing }
        if most == 0 { return .sequence([.text("["), try shared(.space), .text("]")]) }
        let comma = try comma()
        let fewest = facts.minItems

        // What may follow `prefix` items, or as many as there may be.
        let count = min(prefix, most ?? prefix)
        var tail = Expression.empty
        if most.map({ $0 > prefix }) ?? true {
            let item = try value(facts.schemas(at: prefix))
            if prefix == 0 {
                let more = Expression.repeated(
                    .sequence([comma, item]), min: max(0, fewest - 1), max: most.map { $0 - 1 })
                return try enclosed("[", .sequence([item, more]), "]", mayBeEmpty: fewest == 0)
            }
            tail = .repeated(
                .sequence([comma, item]), min: max(0, fewest - prefix),
                max: most.map { $0 - prefix })
        }
        for index in (1..<max(1, count)).reversed() {
            let item = Expression.sequence([
                comma, try value(facts.schemas(at: index)),
                .rule(try rules.add("items", tail)),
            ])
            tail = index < fewest ? item : .optional(item)
        }
        let items = Expression.sequence([try value(facts.schemas(at: 0)), tail])
        return try enclosed("[", items, "]", mayBeEmpty: fewest == 0)
    }
}
