import JSONValues

/// Writes a JSON schema as rules.
///
/// A rule stands for the schemas that apply to one value; rules refer to those of the value's parts, so
/// that references may go round.
struct SchemaConverter {
    var rules: Rules
    private var reader: SchemaReader
    private var numbers: [String: Int] = [:]
    private var waiting: [(rule: Int, schemas: [Schema])] = []
    private var shared: [Shared: Int] = [:]
    /// Schemas of a layout, so far.
    private var documents = 0

    /// Rules that any schema may use.
    enum Shared: String {
        case space, value, object, array, string, character, number, integer
    }

    /// - Throws: ``GrammarError``.
    static func rules(of json: JSON, limits: GrammarLimits) throws(GrammarError) -> Rules {
        try rules(of: .value(json), limits: limits)
    }

    /// - Throws: ``GrammarError``.
    static func rules(of layout: Layout, limits: GrammarLimits) throws(GrammarError) -> Rules {
        var converter = SchemaConverter(limits)
        if case .value(let json) = layout {
            converter.rules.root = try converter.rule(for: [Schema(document: json)])
        } else {
            converter.rules.root = try converter.rules.add("root")
            let expression = try converter.expression(for: layout)
            converter.rules.set(converter.rules.root, expression)
        }
        while let (rule, schemas) = converter.waiting.popLast() {
            let expression = try converter.expression(for: schemas)
            converter.rules.set(rule, expression)
        }
        return converter.rules
    }

    private mutating func expression(for layout: Layout) throws(GrammarError) -> Expression {
        func expressions(_ layouts: [Layout]) throws(GrammarError) -> [Expression] {
            var expressions: [Expression] = []
            for layout in layouts { expressions.append(try expression(for: layout)) }
            return expressions
        }
        switch layout {
        case .text(let text): return .text(text)
        case .space: return JSONText.space
        case .value(let json):
            documents += 1
            return .rule(try rule(for: [Schema(document: json, at: "#\(documents)")]))
        case .sequence(let layouts): return .sequence(try expressions(layouts))
        case .choice(let layouts): return .choice(try expressions(layouts))
        case .repeated(let layout, let most):
            return .repeated(try expression(for: layout), min: 1, max: most)
        }
    }

    /// Any JSON object.
    static func anyObject(limits: GrammarLimits) throws(GrammarError) -> Rules {
        var converter = SchemaConverter(limits)
        guard case .rule(let object) = try converter.shared(.object) else { return converter.rules }
        converter.rules.root = object
        return converter.rules
    }

    private init(_ limits: GrammarLimits) {
        rules = Rules(limits: limits)
        reader = SchemaReader(limits: limits)
    }

    var limits: GrammarLimits { rules.limits }

    /// The rule for a value that schemas apply to; made when it is asked for first.
    private mutating func rule(for schemas: [Schema]) throws(GrammarError) -> Int {
        let pointers = Set(schemas.map(\.pointer)).sorted()
        let name = pointers.joined(separator: "\n")
        if let known = numbers[name] { return known }
        let rule = try rules.add(pointers[0])
        numbers[name] = rule
        waiting.append((rule, schemas))
        return rule
    }

    /// A value that schemas apply to; any value where there are none.
    mutating func value(_ schemas: [Schema]) throws(GrammarError) -> Expression {
        let asking = schemas.filter { $0.json != .flag(true) && $0.json != .object([]) }
        return asking.isEmpty ? try shared(.value) : .rule(try rule(for: asking))
    }

    private mutating func expression(for schemas: [Schema]) throws(GrammarError) -> Expression {
        var ways: [Expression] = []
        for facts in try reader.alternatives(of: schemas) {
            ways.append(try expression(for: facts))
        }
        return ways.isEmpty ? .nothing : ways.count == 1 ? ways[0] : .choice(ways)
    }

    private mutating func expression(for facts: Facts) throws(GrammarError) -> Expression {
        if let values = facts.values {
            var words: [[UInt8]] = []
            for value in values.values where try reader.accepts(value, facts) {
                words.append(try JSONText.bytes(of: value, nesting: limits.nesting))
            }
            return words.isEmpty ? .nothing : .words(words)
        }
        let types = facts.meantTypes
        if types == .all, !facts.saysOfObjects, !facts.saysOfArrays, !facts.saysOfStrings,
            !facts.saysOfNumbers
        {
            return try shared(.value)
        }
        var ways: [Expression] = []
        if types.contains(.object) { ways.append(try object(facts)) }
        if types.contains(.array) { ways.append(try array(facts)) }
        if types.contains(.string) { ways.append(try string(facts)) }
        if types.contains(.number) {
            ways.append(
                facts.saysOfNumbers ? NumberRange.numbers(facts.bounds) : try shared(.number))
        } else if types.contains(.integer) {
            ways.append(
                facts.saysOfNumbers ? NumberRange.integers(facts.bounds) : try shared(.integer))
        }
        if types.contains(.boolean) {
            ways.append(.words([Array("true".utf8), Array("false".utf8)]))
        }
        if types.contains(.null) { ways.append(.text("null")) }
        return ways.count == 1 ? ways[0] : .choice(ways)
    }
}

extension SchemaConverter {
    /// A shared rule, made when it is asked for first.
    mutating func shared(_ name: Shared) throws(GrammarError) -> Expression {
        if let known = shared[name] { return .rule(known) }
        let rule = try rules.add(name.rawValue)
        shared[name] = rule
        rules.set(rule, try definition(of: name))
        return .rule(rule)
    }

    /// Source: matches `PRIMITIVE_RULES` of llama.cpp's `json-schema-to-grammar.cpp`, except that halves
    /// of surrogate pairs are left out, `\/` is allowed, and exponents have at most two digits, so that
    /// numbers stay finite.
    private mutating func definition(of name: Shared) throws(GrammarError) -> Expression {
        switch name {
        case .space: return JSONText.space
        case .character: return JSONText.character
        case .string:
            let character = try shared(.character)
            return .sequence([.text("\""), .any(character), .text("\"")])
        case .integer: return JSONText.integer
        case .number: return JSONText.number
        case .value:
            return .choice([
                try shared(.object), try shared(.array), try shared(.string), try shared(.number),
                .words(["true", "false", "null"].map { Array($0.utf8) }),
            ])
        case .object:
            let (string, space) = (try shared(.string), try shared(.space))
            let entry = Expression.sequence([
                string, space, .text(":"), space, try shared(.value),
            ])
            return try enclosed(
                "{", .sequence([entry, .any(.sequence([.text(","), space, entry]))]), "}",
                mayBeEmpty: true)
        case .array:
            let (value, space) = (try shared(.value), try shared(.space))
            return try enclosed(
                "[", .sequence([value, .any(.sequence([.text(","), space, value]))]), "]",
                mayBeEmpty: true)
        }
    }

    /// Brackets, and white space inside them.
    mutating func enclosed(
        _ open: String, _ content: Expression, _ close: String, mayBeEmpty: Bool
    ) throws(GrammarError) -> Expression {
        let space = try shared(.space)
        let inside = Expression.sequence([content, space])
        return .sequence([
            .text(open), space, mayBeEmpty ? .optional(inside) : inside, .text(close),
        ])
    }

    /// `,` and the white space after it.
    mutating func comma() throws(GrammarError) -> Expression {
        .sequence([.text(","), try shared(.space)])
    }
}
