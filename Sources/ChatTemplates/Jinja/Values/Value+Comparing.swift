extension Value {
    /// Python's `==`.
    static func areEqual(_ left: Value, _ right: Value) -> Bool {
        switch (left, right) {
        case (.undefined, .undefined), (.none, .none): true
        case (.text(let left), .text(let right)): left == right
        case (.items(let left), .items(let right)):
            left === right
                || left.isTuple == right.isTuple && left.kind.comparable
                    && right.kind.comparable && left.values.count == right.values.count
                    && zip(left.values, right.values).allSatisfy { areEqual($0, $1) }
        case (.mapping(let left), .mapping(let right)):
            left === right
                || left.count == right.count
                    && zip(left.keys, left.values).allSatisfy { key, value in
                        right[key].map { areEqual(value, $0) } ?? false
                    }
        case (.namespace(let left), .namespace(let right)): left === right
        case (.loop(let left), .loop(let right)): left === right
        case (.function(.macro(let left)), .function(.macro(let right))): left === right
        case (.integer(let left), .integer(let right)): left == right
        case (.large(let left), .large(let right)): left == right
        case (.integer(let whole), .float(let number)), (.float(let number), .integer(let whole)):
            Int(exactly: number) == whole
        default:
            if let left = left.asDouble, let right = right.asDouble { left == right } else { false }
        }
    }

    /// Python's `<`.
    ///
    /// - Throws: for values that have no order.
    static func isLess(
        _ left: Value, _ right: Value, _ sign: String = "<"
    ) throws(TemplateError) -> Bool {
        switch (left, right) {
        case (.integer(let left), .integer(let right)): return left < right
        case (.text(let left), .text(let right)):
            return left.scalars.lexicographicallyPrecedes(right.scalars) { $0.plain < $1.plain }
        case (.items(let first), .items(let second))
        where first.isTuple == second.isTuple && first.kind.comparable && second.kind.comparable:
            for (left, right) in zip(first.values, second.values) where !areEqual(left, right) {
                return try isLess(left, right, sign)
            }
            return first.values.count < second.values.count
        case (.undefined(let undefined), _), (_, .undefined(let undefined)):
            throw .fault(undefined.reason)
        default:
            if let left = left.asDouble, let right = right.asDouble { return left < right }
            throw .fault(
                "'\(sign)' is not supported between '\(left.typeName)' and '\(right.typeName)'")
        }
    }

    /// Python's `in`.
    func isContained(in container: Value) throws(TemplateError) -> Bool {
        switch container {
        case .text(let text):
            guard case .text(let part) = self else {
                throw .fault("'in <string>' needs a string on its left, not \(typeName)")
            }
            return text.firstIndex(of: part) != nil
        case .mapping(let mapping):
            guard Mapping.Key(self) != nil else { throw .fault("unhashable type: '\(typeName)'") }
            return mapping[self] != nil
        default: return try container.iterated().contains { Self.areEqual(self, $0) }
        }
    }

    /// The values that a loop over this one visits.
    func iterated() throws(TemplateError) -> [Value] {
        switch self {
        case .items(let items): return items.read()
        case .mapping(let mapping): return mapping.keys
        case .text(let text): return text.scalars.map { .text(MarkedText(scalars: [$0])) }
        case .undefined: return []
        case .loop(let loop):
            return loop.items[min(loop.items.count, loop.index + 1)...].map { .tuple([$0, self]) }
        default: throw .fault("'\(typeName)' object is not iterable")
        }
    }

    /// Python's `len`.
    func length() throws(TemplateError) -> Int {
        switch self {
        case .text(let text): return text.count
        case .items(let items) where items.kind != .generator: return items.values.count
        case .mapping(let mapping): return mapping.count
        case .undefined: return 0
        case .loop(let loop): return loop.items.count
        default: throw .fault("object of type '\(typeName)' has no len()")
        }
    }
}

extension Items.Kind {
    /// Whether two of the kind can be equal without being the same.
    fileprivate var comparable: Bool {
        switch self {
        case .list, .tuple, .group: true
        case .range, .view, .generator: false
        }
    }
}
