/// A value as Python has it, as far as chat templates can meet one.
enum Value {
    case undefined(Undefined)
    case none
    case bool(Bool)
    case integer(Int)
    /// A whole number that no `Int` can hold, by its digits: it is written as it came, and computed with as a
    /// `float`.
    case large(String)
    case float(Double)
    case text(MarkedText)
    case items(Items)
    case mapping(Mapping)
    case namespace(Namespace)
    case function(Function)
    case loop(Loop)
}

/// A name or attribute that has no value: it prints as nothing, and fails where it is used.
struct Undefined {
    /// What is said when it is used.
    let reason: String
}

/// A sequence: lists and tuples, and what Python makes of `range`, `items()` and generators.
final class Items {
    enum Kind: Equatable {
        case list, tuple
        /// The numbers of a `range`.
        case range(start: Int, end: Int, step: Int)
        /// A view of a mapping, by Python's name for it.
        case view(String)
        /// Can be read once, has no length, and is true even when empty.
        case generator
        /// A pair of `groupby`: a tuple with names.
        case group
    }

    let kind: Kind
    let values: [Value]
    /// How deep it holds others.
    let depth: Int
    /// Values and characters in it, those of values that occur twice counted twice.
    let size: Int
    private var isConsumed = false

    init(_ kind: Kind, _ values: [Value]) {
        self.kind = kind
        self.values = values
        depth = 1 + (values.lazy.map(\.depth).max() ?? 0)
        size = values.reduce(1) { $0.addingClamped($1.size) }
    }

    /// The values from here on; a generator has none left afterwards.
    func read() -> [Value] {
        guard kind == .generator else { return values }
        defer { isConsumed = true }
        return isConsumed ? [] : values
    }

    var isTuple: Bool { kind == .tuple || kind == .group }
}

extension Int {
    func addingClamped(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}

/// A `namespace`: the one value that a template can change.
final class Namespace {
    /// Names keep where they came from: they can be printed.
    var names: [(name: MarkedText, value: Value)] = []

    subscript(name: MarkedText) -> Value? {
        get { names.first { $0.name == name }?.value }
        set {
            guard let newValue else { return }
            if let index = names.firstIndex(where: { $0.name == name }) {
                names[index].value = newValue
            } else {
                names.append((name, newValue))
            }
        }
    }
}

/// Something that can be called.
enum Function {
    /// A function that every template has, by its name.
    case global(String)
    /// A method of a text, a sequence or a mapping.
    indirect case method(of: Value, String)
    case macro(Macro)
    case cycler(Cycler)
    case joiner(Joiner)
}

/// `cycler('a', 'b')`.
final class Cycler {
    let values: [Value]
    var index = 0
    init(_ values: [Value]) { self.values = values }
    var current: Value { values[index] }
}

/// `joiner(', ')`: nothing when it is first called, then its separator.
final class Joiner {
    let separator: MarkedText
    var wasCalled = false
    init(_ separator: MarkedText) { self.separator = separator }
}

extension Value {
    static func undefined(_ reason: String) -> Value { .undefined(Undefined(reason: reason)) }
    static func text(_ text: String) -> Value { .text(MarkedText(text, isGiven: false)) }
    static func list(_ values: [Value]) -> Value { .items(Items(.list, values)) }
    static func tuple(_ values: [Value]) -> Value { .items(Items(.tuple, values)) }
    static func generator(_ values: [Value]) -> Value { .items(Items(.generator, values)) }

    /// How deep the value holds others.
    var depth: Int {
        switch self {
        case .items(let items): items.depth
        case .mapping(let mapping): mapping.depth
        case .loop(let loop): loop.valueDepth
        case .function(.cycler(let cycler)): 1 + (cycler.values.lazy.map(\.depth).max() ?? 0)
        case .function(.method(let value, _)): 1 + value.depth
        default: 0
        }
    }

    /// Values and characters in the value: what comparing, hashing or writing it takes at most.
    var size: Int {
        switch self {
        case .text(let text): 1 + text.count
        case .items(let items): items.size
        case .mapping(let mapping): mapping.size
        default: 1
        }
    }

    var isUndefined: Bool { if case .undefined = self { true } else { false } }

    /// Python's name for the type, for errors.
    var typeName: String {
        switch self {
        case .undefined: "Undefined"
        case .none: "NoneType"
        case .bool: "bool"
        case .integer, .large: "int"
        case .float: "float"
        case .text: "str"
        case .items(let items):
            switch items.kind {
            case .list: "list"
            case .tuple, .group: "tuple"
            case .range: "range"
            case .view(let name): name
            case .generator: "generator"
            }
        case .mapping: "dict"
        case .namespace: "Namespace"
        case .function(.global), .function(.method): "function"
        case .function(.macro): "Macro"
        case .function(.cycler): "Cycler"
        case .function(.joiner): "Joiner"
        case .loop: "LoopContext"
        }
    }

    /// Python's truth value.
    var isTrue: Bool {
        switch self {
        case .undefined, .none: false
        case .bool(let value): value
        case .integer(let value): value != 0
        case .large: true
        case .float(let value): value != 0
        case .text(let text): !text.isEmpty
        case .items(let items): items.kind == .generator || !items.values.isEmpty
        case .mapping(let mapping): !mapping.isEmpty
        case .loop(let loop): !loop.items.isEmpty
        case .namespace, .function: true
        }
    }

    /// The whole number, where the value is one; a truth value is 0 or 1.
    var asInteger: Int? {
        switch self {
        case .integer(let value): value
        case .bool(let value): value ? 1 : 0
        default: nil
        }
    }

    /// The number, where the value is one.
    var asDouble: Double? {
        switch self {
        case .float(let value): value
        case .large(let digits): Double(digits)
        default: asInteger.map(Double.init)
        }
    }
}
