extension Renderer {
    /// The methods of a type, and those that would change a value, which no template may.
    static func methods(of value: Value) -> (safe: Set<String>, changing: Set<String>)? {
        switch value {
        case .text: (textMethods, [])
        case .float: (["is_integer"], [])
        case .mapping: (["get", "items", "keys", "values", "copy"], mappingChanges)
        case .items(let items):
            switch items.kind {
            case .list: (["index", "count", "copy"], listChanges)
            case .tuple, .range, .group: (["index", "count"], [])
            case .view, .generator: ([], [])
            }
        default: nil
        }
    }

    private static let mappingChanges: Set = ["clear", "pop", "popitem", "setdefault", "update"]
    private static let listChanges: Set = [
        "append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove",
    ]
    private static let textMethods: Set = [
        "capitalize", "casefold", "center", "count", "endswith", "expandtabs", "find", "format",
        "index", "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier", "islower",
        "isnumeric", "isprintable", "isspace", "istitle", "isupper", "join", "ljust", "lower",
        "lstrip", "partition", "removeprefix", "removesuffix", "replace", "rfind", "rindex",
        "rjust", "rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith", "strip",
        "swapcase", "title", "upper", "zfill",
    ]

    func callMethod(_ name: String, of value: Value, _ given: Given) throws(TemplateError) -> Value
    {
        switch value {
        case .text(let text): return try callTextMethod(name, text, given)
        case .float(let number):
            _ = try bind(given, [], of: name)
            return .bool(number == number.rounded() && number.isFinite)
        case .mapping(let mapping): return try callMappingMethod(name, mapping, given)
        case .items(let items): return try callListMethod(name, items, given)
        case .loop(let loop):
            if name == "cycle" {
                guard !given.positional.isEmpty else { throw .fault("no items for cycling given") }
                return given.positional[loop.index % given.positional.count]
            }
            let isSame =
                loop.lastChecked.map { old in
                    old.count == given.positional.count
                        && zip(old, given.positional).allSatisfy { Value.areEqual($0, $1) }
                } ?? false
            loop.lastChecked = given.positional
            return .bool(!isSame)
        case .function(.cycler(let cycler)):
            let current = cycler.current
            cycler.index = name == "next" ? (cycler.index + 1) % cycler.values.count : 0
            return name == "next" ? current : .none
        default: throw .fault("'\(value.typeName)' has no method '\(name)'")
        }
    }

    private func callMappingMethod(
        _ name: String, _ mapping: Mapping, _ given: Given
    ) throws(TemplateError) -> Value {
        if name == "get" {
            let given = try bind(given, ["key", "default"], of: "get", required: 1)
            let key = given["key"] ?? .none
            guard Mapping.Key(key) != nil else {
                throw .fault("unhashable type: '\(key.typeName)'")
            }
            return mapping[key] ?? given["default"] ?? .none
        }
        _ = try bind(given, [], of: name)
        switch name {
        case "items":
            return .items(
                Items(
                    .view("dict_items"), zip(mapping.keys, mapping.values).map { .tuple([$0, $1]) })
            )
        case "keys": return .items(Items(.view("dict_keys"), mapping.keys))
        case "values": return .items(Items(.view("dict_values"), mapping.values))
        default: return .mapping(mapping)
        }
    }

    private func callListMethod(
        _ name: String, _ items: Items, _ given: Given
    ) throws(TemplateError) -> Value {
        if name == "copy" { return .items(items) }
        guard given.named.isEmpty, let wanted = given.positional.first else {
            throw .fault("`\(name)` needs a value")
        }
        if name == "count" {
            return .integer(items.values.count { Value.areEqual($0, wanted) })
        }
        func bound(_ index: Int, _ standard: Int) throws(TemplateError) -> Int {
            guard given.positional.count > index else { return standard }
            let place = try integer(given.positional[index], standard, of: name)
            return min(max(place < 0 ? place + items.values.count : place, 0), items.values.count)
        }
        let start = try bound(1, 0)
        let end = try bound(2, items.values.count)
        guard start < end,
            let index = items.values[start..<end].firstIndex(where: { Value.areEqual($0, wanted) })
        else { throw .fault("the value is not in the \(items.isTuple ? "tuple" : "list")") }
        return .integer(index)
    }
}
