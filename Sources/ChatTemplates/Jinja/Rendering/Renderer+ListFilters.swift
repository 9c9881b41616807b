extension Renderer {
    func listFilter(
        _ name: String, _ value: Value, _ given: Given
    ) throws(TemplateError) -> Value {
        switch name {
        case "map": return try map(value, given)
        case "select", "reject", "selectattr", "rejectattr": return try select(name, value, given)
        case "sort": return try sort(value, given)
        case "dictsort": return try dictSort(value, given)
        case "unique": return try unique(value, given)
        case "groupby": return try group(value, given)
        case "min", "max": return try extreme(name, value, given)
        case "sum":
            let given = try bind(given, ["attribute", "start"], of: name)
            var sum = given["start"] ?? .integer(0)
            for item in try value.iterated() {
                try spend(1)
                sum = try checked(try arithmetic("+", sum, try part(given["attribute"], of: item)))
            }
            return sum
        case "join":
            let given = try bind(given, ["d", "attribute"], of: name)
            var texts: [MarkedText] = []
            for item in try value.iterated() {
                texts.append(try part(given["attribute"], of: item).written(limits))
            }
            return .text(
                try join(texts, separator: try (given["d"] ?? .text(MarkedText())).written(limits)))
        case "batch", "slice": return try cut(name, value, given)
        default: break
        }
        _ = try bind(given, [], of: name)
        switch name {
        case "length", "count": return .integer(try value.length())
        case "list": return .list(try value.iterated())
        case "first":
            return try value.iterated().first ?? .undefined("No first item, sequence was empty.")
        case "last":
            if case .items(let items) = value, items.kind == .generator {
                throw .fault("'generator' object is not reversible")
            }
            return try value.iterated().last ?? .undefined("No last item, sequence was empty.")
        case "reverse":
            if case .text(let text) = value {
                return .text(MarkedText(scalars: text.scalars.reversed()))
            }
            let values = Array(try value.iterated().reversed())
            if case .items(let items) = value, items.kind == .generator { return .list(values) }
            return .generator(values)
        default:
            if value.isUndefined { return .generator([]) }
            guard case .mapping(let mapping) = value else {
                throw .fault("Can only get item pairs from a mapping.")
            }
            return .generator(zip(mapping.keys, mapping.values).map { .tuple([$0, $1]) })
        }
    }

    // MARK: Attributes

    /// The part of an item that an `attribute` names: a path with dots, a number, or nothing.
    private func part(
        _ attribute: Value?, of item: Value, standard: Value? = nil
    ) throws(TemplateError) -> Value {
        var keys: [Value]
        switch attribute {
        case nil, .some(.none): return item
        case .text(let path)?:
            keys = path.split(".", limit: nil).map { key in
                key.all { ("0"..."9").contains($0) }
                    ? Int(key.string).map(Value.integer) ?? .text(key) : .text(key)
            }
        case let key?: keys = [key]
        }
        var value = item
        for key in keys {
            value = try self.item(key, of: value)
            if value.isUndefined, let standard { value = standard }
        }
        return value
    }

    /// In lower case, where it is a text.
    private func folded(_ value: Value, _ isExact: Bool) -> Value {
        if !isExact, case .text(let text) = value { return .text(text.lowercased) }
        return value
    }

    // MARK: Choosing

    private func map(_ value: Value, _ given: Given) throws(TemplateError) -> Value {
        guard value.isTrue else { return .generator([]) }
        var made: [Value] = []
        if given.positional.isEmpty, given.named.contains(where: { $0.name.string == "attribute" })
        {
            let bound = try bind(given, ["attribute", "default"], of: "map")
            var standard = bound["default"]
            if case .some(.none) = standard { standard = nil }
            for item in try value.iterated() {
                try spend(1)
                made.append(try part(bound["attribute"], of: item, standard: standard))
            }
            return .generator(made)
        }
        guard let first = given.positional.first else {
            throw .fault("map requires a filter argument")
        }
        let name = try text(first, of: "map").string
        let rest = Given(positional: Array(given.positional.dropFirst()), named: given.named)
        for item in try value.iterated() { made.append(try checked(try filter(name, item, rest))) }
        return .generator(made)
    }

    private func select(
        _ name: String, _ value: Value, _ given: Given
    ) throws(TemplateError) -> Value {
        let keeps = name.hasPrefix("select")
        var rest = given
        var attribute: Value?
        if name.hasSuffix("attr") {
            guard let first = rest.positional.first else {
                throw .fault("Missing parameter for attribute name")
            }
            attribute = first
            rest.positional.removeFirst()
        }
        let test = try rest.positional.first.map { (value) throws(TemplateError) in
            try text(value, of: name).string
        }
        if test != nil { rest.positional.removeFirst() }
        guard value.isTrue else { return .generator([]) }
        var kept: [Value] = []
        for item in try value.iterated() {
            try spend(1)
            let tested = try part(attribute, of: item)
            let isSo =
                try test.map { (test) throws(TemplateError) in
                    try self.test(test, tested, rest)
                } ?? tested.isTrue
            if isSo == keeps { kept.append(item) }
        }
        return .generator(kept)
    }

    private func unique(_ value: Value, _ given: Given) throws(TemplateError) -> Value {
        let given = try bind(given, ["case_sensitive", "attribute"], of: "unique")
        var seen = Set<Mapping.Key>()
        var kept: [Value] = []
        for item in try value.iterated() {
            try spend(1)
            let tested = folded(
                try part(given["attribute"], of: item), given["case_sensitive"]?.isTrue == true)
            guard let key = Mapping.Key(tested) else {
                throw .fault("unhashable type: '\(tested.typeName)'")
            }
            if seen.insert(key).inserted { kept.append(item) }
        }
        return .generator(kept)
    }

    // MARK: Ordering

    private func sorted(
        _ values: [Value], isReversed: Bool, by key: (Value) throws(TemplateError) -> [Value]
    ) throws(TemplateError) -> [Value] {
        var keyed: [(key: [Value], value: Value)] = []
        for value in isReversed ? values.reversed() : values {
            try spend(8)
            keyed.append((try key(value), value))
        }
        let order = try keyed.sortedAsPython { (left, right) throws(TemplateError) in
            for (first, second) in zip(left.key, right.key) where !Value.areEqual(first, second) {
                return try Value.isLess(first, second)
            }
            return false
        }
        // Equal values stay in their order, also the other way round.
        return isReversed ? order.reversed().map(\.value) : order.map(\.value)
    }

    private func sort(_ value: Value, _ given: Given) throws(TemplateError) -> Value {
        let given = try bind(given, ["reverse", "case_sensitive", "attribute"], of: "sort")
        let isExact = given["case_sensitive"]?.isTrue == true
        var attributes: [Value?] = [given["attribute"]]
        if case .text(let text)? = given["attribute"] {
            attributes = text.split(",", limit: nil).map(Value.text)
        }
        return .list(
            try sorted(
                try value.iterated(), isReversed: given["reverse"]?.isTrue == true
            ) { (item) throws(TemplateError) in
                var keys: [Value] = []
                for attribute in attributes {
                    keys.append(folded(try part(attribute, of: item), isExact))
                }
                return keys
            })
    }

    private func dictSort(_ value: Value, _ given: Given) throws(TemplateError) -> Value {
        let given = try bind(given, ["case_sensitive", "by", "reverse"], of: "dictsort")
        guard case .mapping(let mapping) = value else {
            if case .undefined(let undefined) = value { throw .fault(undefined.reason) }
            throw .fault("'\(value.typeName)' object has no attribute 'items'")
        }
        let by =
            try given["by"].map { (value) throws(TemplateError) in
                try text(value, of: "dictsort").string
            } ?? "key"
        guard by == "key" || by == "value" else {
            throw .fault("You can only sort by either \"key\" or \"value\"")
        }
        let isExact = given["case_sensitive"]?.isTrue == true
        let pairs = zip(mapping.keys, mapping.values).map { Value.tuple([$0, $1]) }
        return .list(
            try sorted(pairs, isReversed: given["reverse"]?.isTrue == true) {
                (pair) throws(TemplateError) in
                [folded(try pair.iterated()[by == "key" ? 0 : 1], isExact)]
            })
    }

    private func group(_ value: Value, _ given: Given) throws(TemplateError) -> Value {
        let given = try bind(
            given, ["attribute", "default", "case_sensitive"], of: "groupby", required: 1)
        let isExact = given["case_sensitive"]?.isTrue == true
        var standard = given["default"]
        if case .some(.none) = standard { standard = nil }
        func key(_ item: Value) throws(TemplateError) -> Value {
            try part(given["attribute"], of: item, standard: standard)
        }
        let items = try sorted(try value.iterated(), isReversed: false) {
            (item) throws(TemplateError) in [folded(try key(item), isExact)]
        }
        var groups: [(key: Value, folded: Value, items: [Value])] = []
        for item in items {
            let own = try key(item)
            let folded = folded(own, isExact)
            if let last = groups.last, Value.areEqual(last.folded, folded) {
                groups[groups.count - 1].items.append(item)
            } else {
                groups.append((own, folded, [item]))
            }
        }
        return .list(groups.map { .items(Items(.group, [$0.key, .list($0.items)])) })
    }

    private func extreme(
        _ name: String, _ value: Value, _ given: Given
    ) throws(TemplateError) -> Value {
        let given = try bind(given, ["case_sensitive", "attribute"], of: name)
        let isExact = given["case_sensitive"]?.isTrue == true
        var best: (key: Value, item: Value)?
        for item in try value.iterated() {
            try spend(1)
            let key = folded(try part(given["attribute"], of: item), isExact)
            guard let current = best else {
                best = (key, item)
                continue
            }
            let isBetter =
                name == "min"
                ? try Value.isLess(key, current.key) : try Value.isLess(current.key, key, ">")
            if isBetter { best = (key, item) }
        }
        return best?.item ?? .undefined("No aggregated item, sequence was empty.")
    }

    // MARK: Cutting

    private func cut(_ name: String, _ value: Value, _ given: Given) throws(TemplateError) -> Value
    {
        let given = try bind(
            given, [name == "batch" ? "linecount" : "slices", "fill_with"], of: name, required: 1)
        let count = try integer(given[name == "batch" ? "linecount" : "slices"], 0, of: name)
        let values = try value.iterated()
        var fill = given["fill_with"]
        if case .some(.none) = fill { fill = nil }
        try requireItems(fill == nil && name == "batch" ? 0 : count)
        try requireItems(values.count)
        try spend(values.count + max(0, min(count, limits.items)))
        var parts: [Value] = []
        if name == "batch" {
            // Python starts a new line when the last one has this length, and never for a negative one.
            var index = 0
            while index < values.count {
                let end =
                    count > 0
                    ? min(values.count, index + count) : count == 0 && index == 0 ? 0 : values.count
                if count == 0, index == 0 { parts.append(.list([])) }
                let stop = count == 0 ? values.count : end
                var line = Array(values[index..<stop])
                if let fill, line.count < count {
                    line += Array(repeating: fill, count: count - line.count)
                }
                parts.append(.list(line))
                index = stop
            }
            return .generator(parts)
        }
        guard count != 0 else { throw .fault("integer division or modulo by zero") }
        guard count > 0 else { return .generator([]) }
        let (size, extra) = values.count.quotientAndRemainder(dividingBy: count)
        var index = 0
        for number in 0..<count {
            let end = index + size + (number < extra ? 1 : 0)
            let line = Array(values[index..<end])
            parts.append(.list(number >= extra && fill != nil ? line + [fill ?? .none] : line))
            index = end
        }
        return .generator(parts)
    }
}
