extension Renderer {
    static let tests: Set<String> = [
        "!=", "<", "<=", "==", ">", ">=", "boolean", "callable", "defined", "divisibleby", "eq",
        "equalto", "escaped", "even", "false", "filter", "float", "ge", "greaterthan", "gt", "in",
        "integer", "iterable", "le", "lessthan", "lower", "lt", "mapping", "ne", "none", "number",
        "odd", "sameas", "sequence", "string", "test", "true", "undefined", "upper",
    ]

    private static let comparisons = [
        "==": "==", "eq": "==", "equalto": "==", "!=": "!=", "ne": "!=", "<": "<", "lt": "<",
        "lessthan": "<", "<=": "<=", "le": "<=", ">": ">", "gt": ">", "greaterthan": ">",
        ">=": ">=", "ge": ">=", "in": "in",
    ]

    /// `value is name(…)`.
    ///
    /// Source: matches `jinja2.tests`.
    func test(_ name: String, _ value: Value, _ given: Given) throws(TemplateError) -> Bool {
        try spend(1)
        if let sign = Self.comparisons[name] {
            let given = try bind(given, ["other"], of: name, required: 1)
            return try Self.compare(value, sign, given["other"] ?? .none)
        }
        switch name {
        case "divisibleby":
            let given = try bind(given, ["num"], of: name, required: 1)
            return Value.areEqual(try arithmetic("%", value, given["num"] ?? .none), .integer(0))
        case "sameas":
            let given = try bind(given, ["other"], of: name, required: 1)
            return Self.areSame(value, given["other"] ?? .none)
        default: _ = try bind(given, [], of: name)
        }
        switch name {
        case "defined": return !value.isUndefined
        case "undefined": return value.isUndefined
        case "none": if case .none = value { return true } else { return false }
        case "boolean": if case .bool = value { return true } else { return false }
        case "true": if case .bool(true) = value { return true } else { return false }
        case "false": if case .bool(false) = value { return true } else { return false }
        case "integer": return value.typeName == "int"
        case "float": if case .float = value { return true } else { return false }
        case "number": return value.asDouble != nil
        case "string": if case .text = value { return true } else { return false }
        case "mapping": if case .mapping = value { return true } else { return false }
        case "sequence":
            switch value {
            case .text, .mapping, .undefined: return true
            case .items(let items): return items.kind.isIndexed
            default: return false
            }
        case "iterable":
            switch value {
            case .text, .mapping, .items, .undefined, .loop: return true
            default: return false
            }
        case "callable":
            switch value {
            case .function(.cycler): return false
            case .function, .undefined, .loop: return true
            default: return false
            }
        case "odd", "even":
            let rest = try arithmetic("%", value, .integer(2))
            return Value.areEqual(rest, .integer(name == "odd" ? 1 : 0))
        case "lower": return try value.written(limits).isCased { $0.isLowercase }
        case "upper": return try value.written(limits).isCased { $0.isUppercase }
        case "filter", "test":
            guard Mapping.Key(value) != nil else {
                throw .fault("unhashable type: '\(value.typeName)'")
            }
            guard case .text(let text) = value else { return false }
            return (name == "filter" ? Self.filters : Self.tests).contains(text.string)
        case "escaped": if case .text(let text) = value { return text.isSafe } else { return false }
        default: throw .fault("there is no test `\(name)`")
        }
    }

    /// Python's `is`: the values that there is one of, and the same object.
    private static func areSame(_ left: Value, _ right: Value) -> Bool {
        switch (left, right) {
        case (.none, .none): true
        case (.bool(let left), .bool(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.text(let left), .text(let right)): left == right
        case (.items(let left), .items(let right)): left === right
        case (.mapping(let left), .mapping(let right)): left === right
        case (.namespace(let left), .namespace(let right)): left === right
        default: false
        }
    }
}
