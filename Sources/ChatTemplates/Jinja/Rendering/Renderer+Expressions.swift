extension Renderer {
    func evaluate(_ expression: Expression, _ scope: Scope) throws(TemplateError) -> Value {
        try deeper { () throws(TemplateError) in
            try checked(try computed(expression, scope))
        }
    }

    private func computed(
        _ expression: Expression, _ scope: Scope
    ) throws(TemplateError) -> Value {
        switch expression {
        case .none: return .none
        case .bool(let value): return .bool(value)
        case .integer(let value): return .integer(value)
        case .float(let value): return .float(value)
        case .text(let text): return .text(text)
        case .name(let id): return value(of: id, scope)
        case .list(let values): return .list(try evaluate(values, scope))
        case .tuple(let values): return .tuple(try evaluate(values, scope))
        case .mapping(let entries): return try mapping(entries, scope)
        case .attribute(let value, let name):
            return try attribute(name, of: try evaluate(value, scope))
        case .item(let value, let key):
            return try item(try evaluate(key, scope), of: try evaluate(value, scope))
        case .slice(let value, let from, let to, let step):
            let value = try evaluate(value, scope)
            let bounds = [
                try bound(from, scope), try bound(to, scope), try bound(step, scope),
            ]
            return try slice(value, bounds)
        case .call(let function, let given):
            let function = try evaluate(function, scope)
            return try call(function, try arguments(given, scope))
        case .filter(let value, let name, let given):
            let value = try evaluate(value, scope)
            return try filter(name, value, try arguments(given, scope))
        case .test(let value, let name, let given):
            let value = try evaluate(value, scope)
            return .bool(try test(name, value, try arguments(given, scope)))
        case .negative(let value): return try sign(try evaluate(value, scope), isNegative: true)
        case .positive(let value): return try sign(try evaluate(value, scope), isNegative: false)
        case .not(let value): return .bool(!(try evaluate(value, scope).isTrue))
        case .and(let left, let right):
            let value = try evaluate(left, scope)
            return value.isTrue ? try evaluate(right, scope) : value
        case .or(let left, let right):
            let value = try evaluate(left, scope)
            return value.isTrue ? value : try evaluate(right, scope)
        case .binary(let sign, let left, let right):
            let left = try evaluate(left, scope)
            return try arithmetic(sign, left, try evaluate(right, scope))
        case .comparison(let first, let others): return try compare(first, others, scope)
        case .concatenation(let parts):
            var text = MarkedText()
            for part in parts {
                text.append(try evaluate(part, scope).written(limits))
                try requireRoom(text.count)
            }
            return .text(text)
        case .conditional(let value, let test, let other):
            if try evaluate(test, scope).isTrue { return try evaluate(value, scope) }
            guard let other else {
                return .undefined("a condition was false, and it has no `else`")
            }
            return try evaluate(other, scope)
        case .captured: return captured.last ?? .text(MarkedText())
        }
    }

    private func evaluate(
        _ expressions: [Expression], _ scope: Scope
    ) throws(TemplateError) -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(expressions.count)
        for expression in expressions { values.append(try evaluate(expression, scope)) }
        return values
    }

    private func mapping(
        _ entries: [(key: Expression, value: Expression)], _ scope: Scope
    ) throws(TemplateError) -> Value {
        let mapping = Mapping()
        for (key, value) in entries {
            let key = try evaluate(key, scope)
            guard mapping.set(try evaluate(value, scope), for: key) else {
                throw .fault("unhashable type: '\(key.typeName)'")
            }
        }
        return .mapping(mapping)
    }

    /// A bound of a slice.
    private enum Bound {
        case open
        case at(Int)
        /// What cannot be a bound: the slice is then undefined, as an item out of range is.
        case wrong
    }

    private func bound(_ expression: Expression?, _ scope: Scope) throws(TemplateError) -> Bound {
        guard let expression else { return .open }
        let value = try evaluate(expression, scope)
        if case .none = value { return .open }
        return value.asInteger.map(Bound.at) ?? .wrong
    }

    private func compare(
        _ first: Expression, _ others: [(sign: String, Expression)], _ scope: Scope
    ) throws(TemplateError) -> Value {
        var left = try evaluate(first, scope)
        for (sign, expression) in others {
            let right = try evaluate(expression, scope)
            guard try Self.compare(left, sign, right) else { return .bool(false) }
            left = right
        }
        return .bool(true)
    }

    static func compare(
        _ left: Value, _ sign: String, _ right: Value
    ) throws(TemplateError) -> Bool {
        switch sign {
        case "==": return Value.areEqual(left, right)
        case "!=": return !Value.areEqual(left, right)
        case "<": return try Value.isLess(left, right, sign)
        case ">": return try Value.isLess(right, left, sign)
        case "<=":
            if isUnordered(left, right) { return false }
            return !(try Value.isLess(right, left, sign))
        case ">=":
            if isUnordered(left, right) { return false }
            return !(try Value.isLess(left, right, sign))
        case "in": return try left.isContained(in: right)
        default: return !(try left.isContained(in: right))
        }
    }

    /// Whether one of them is no number.
    private static func isUnordered(_ left: Value, _ right: Value) -> Bool {
        left.asDouble?.isNaN == true || right.asDouble?.isNaN == true
    }

    // MARK: Parts of values

    /// `value.name`: an attribute, else an item.
    func attribute(_ name: String, of value: Value) throws(TemplateError) -> Value {
        if case .undefined(let undefined) = value { throw .fault(undefined.reason) }
        if let found = builtin(name, of: value) { return found }
        if case .mapping(let mapping) = value, let found = mapping[name] { return found }
        return .undefined("'\(value.typeName) object' has no attribute '\(name)'")
    }

    /// `value[key]`: an item, else an attribute.
    func item(_ key: Value, of value: Value) throws(TemplateError) -> Value {
        switch value {
        case .undefined(let undefined): throw .fault(undefined.reason)
        case .mapping(let mapping): if let found = mapping[key] { return found }
        case .items(let items) where items.kind.isIndexed:
            if let index = key.asInteger, let place = Self.place(index, items.values.count) {
                return items.values[place]
            }
        case .text(let text):
            if let index = key.asInteger, let place = Self.place(index, text.count) {
                return .text(text[place..<place + 1])
            }
        default: break
        }
        if case .text(let name) = key, let found = builtin(name.string, of: value) { return found }
        return .undefined(
            "'\(value.typeName) object' has no element "
                + (try key.represented(limits).string))
    }

    /// An attribute that Python gives to values of a type.
    func builtin(_ name: String, of value: Value) -> Value? {
        if name.hasPrefix("__") {
            return Self.internals.contains(name)
                ? .undefined(
                    "access to attribute '\(name)' of '\(value.typeName)' object is unsafe")
                : nil
        }
        switch value {
        case .namespace(let namespace): return namespace[MarkedText(name, isGiven: false)]
        case .loop(let loop): return loop.attribute(name)
        case .function(.cycler(let cycler)):
            switch name {
            case "current": return cycler.current
            case "next", "reset": return .function(.method(of: value, name))
            default: return nil
            }
        case .function(.macro(let macro)):
            switch name {
            case "name": return .text(macro.name)
            case "arguments":
                return .tuple(macro.syntax.parameters.map { .text(syntax.names[$0.name]) })
            case "catch_kwargs": return .bool(macro.syntax.takesNamed)
            case "catch_varargs": return .bool(macro.syntax.takesMore)
            case "caller": return .bool(macro.syntax.takesCaller)
            default: return nil
            }
        case .items(let items) where items.kind == .group:
            if name == "grouper" { return items.values[0] }
            if name == "list" { return items.values[1] }
        default: break
        }
        guard let methods = Self.methods(of: value) else { return nil }
        if methods.changing.contains(name) {
            return .undefined(
                "access to attribute '\(name)' of '\(value.typeName)' object is unsafe")
        }
        return methods.safe.contains(name) ? .function(.method(of: value, name)) : nil
    }

    private static let internals: Set<String> = [
        "__class__", "__dict__", "__doc__", "__init__", "__module__", "__subclasses__", "__mro__",
        "__bases__", "__getattribute__", "__eq__", "__len__", "__str__", "__repr__", "__hash__",
    ]

    static func place(_ index: Int, _ count: Int) -> Int? {
        let place = index < 0 ? index + count : index
        return place >= 0 && place < count ? place : nil
    }

    private func slice(_ value: Value, _ bounds: [Bound]) throws(TemplateError) -> Value {
        if case .undefined(let undefined) = value { throw .fault(undefined.reason) }
        let nothing = Value.undefined("'\(value.typeName) object' has no such slice")
        var numbers: [Int?] = []
        for bound in bounds {
            switch bound {
            case .open: numbers.append(nil)
            case .at(let number): numbers.append(number)
            case .wrong: return nothing
            }
        }
        switch value {
        case .text(let text):
            let places = try Slice(of: text.count, numbers).places
            return .text(MarkedText(scalars: places.map { text.scalars[$0] }))
        case .items(let items) where items.kind.isIndexed:
            let slice = try Slice(of: items.values.count, numbers)
            let values = slice.places.map { items.values[$0] }
            switch items.kind {
            case .range(let start, _, let step):
                return .items(
                    Items(
                        .range(
                            start: start + slice.start * step, end: start + slice.end * step,
                            step: step * slice.step), values))
            case .group: return .tuple(values)
            default: return .items(Items(items.kind, values))
            }
        default: return nothing
        }
    }
}

/// The bounds of a slice, as Python clamps them.
private struct Slice {
    let start: Int
    let end: Int
    let step: Int

    init(of count: Int, _ bounds: [Int?]) throws(TemplateError) {
        let step = max(bounds[2] ?? 1, -Int.max / 2)
        guard step != 0 else { throw .fault("slice step cannot be zero") }
        let (low, high) = step > 0 ? (0, count) : (-1, count - 1)
        func clamped(_ bound: Int?, _ standard: Int) -> Int {
            guard let bound else { return standard }
            return min(max(bound < 0 ? max(bound, -Int.max / 2) + count : bound, low), high)
        }
        start = clamped(bounds[0], step > 0 ? low : high)
        end = clamped(bounds[1], step > 0 ? high : low)
        // A step beyond the end is as good as any other such step.
        self.step = min(max(step, -count - 1), count + 1)
    }

    var places: [Int] { Array(stride(from: start, to: end, by: step)) }
}

extension Items.Kind {
    var isIndexed: Bool {
        switch self {
        case .list, .tuple, .range, .group: true
        case .view, .generator: false
        }
    }
}
