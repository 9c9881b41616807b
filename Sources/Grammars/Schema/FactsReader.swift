import JSONValues

/// Reads the keywords of one schema that say something of a value itself.
struct FactsReader {
    private let schema: Schema
    private let nesting: Int
    private var facts: Facts

    init(_ schema: Schema, nesting: Int) {
        self.schema = schema
        self.nesting = nesting
        facts = Facts(schema)
    }

    /// What the schema says, apart from `$ref`, `allOf`, `anyOf` and `oneOf`; nil where no value fits.
    ///
    /// - Throws: ``GrammarError/schema(keyword:pointer:reason:)`` when a keyword's value is malformed.
    mutating func read() throws(GrammarError) -> Facts? {
        try readTypes()
        try readValues()
        try readNumbers()
        facts.minLength = try count("minLength") ?? 0
        facts.maxLength = try count("maxLength")
        if let text = try text("pattern") {
            facts.patterns = [Facts.Named(text: text, schema: schema)]
        }
        if let text = try text("format") {
            facts.formats = [Facts.Named(text: text, schema: schema)]
        }
        try readObjects()
        try readArrays()
        return facts.types.isEmpty || facts.values?.isEmpty == true ? nil : facts
    }

    private mutating func readTypes() throws(GrammarError) {
        var isNullable = false
        if let nullable = schema.json.member("nullable") {
            guard case .flag(let flag) = nullable else { throw expected("nullable", "a flag") }
            isNullable = flag
        }
        guard let value = schema.json.member("type") else { return }
        let names: [JSON] = if case .array(let names) = value { names } else { [value] }
        var types: SchemaTypes = []
        for name in names {
            guard case .text(let name) = name, let type = SchemaTypes(named: name) else {
                throw expected(
                    "type",
                    "`null`, `boolean`, `integer`, `number`, `string`, `array` or `object`")
            }
            types.formUnion(type)
        }
        if isNullable { types.insert(.null) }
        facts.types = types
        facts.isTyped = true
    }

    private mutating func readValues() throws(GrammarError) {
        if let value = schema.json.member("enum") {
            guard case .array(let values) = value else { throw expected("enum", "an array") }
            facts.values = try ValueList(values, nesting: nesting)
        }
        if let value = schema.json.member("const") {
            let only = try ValueList([value], nesting: nesting)
            facts.values = try facts.values?.intersection(only, nesting: nesting) ?? only
        }
    }

    private mutating func readNumbers() throws(GrammarError) {
        // In draft 4, `exclusiveMinimum: true` is about `minimum`.
        let isLowerExclusive = schema.json.member("exclusiveMinimum") == .flag(true)
        let isUpperExclusive = schema.json.member("exclusiveMaximum") == .flag(true)
        if let bound = try bound("minimum", isExclusive: isLowerExclusive) {
            facts.bounds.raise(to: bound)
        }
        if let bound = try bound("exclusiveMinimum", isExclusive: true) {
            facts.bounds.raise(to: bound)
        }
        if let bound = try bound("maximum", isExclusive: isUpperExclusive) {
            facts.bounds.cut(to: bound)
        }
        if let bound = try bound("exclusiveMaximum", isExclusive: true) {
            facts.bounds.cut(to: bound)
        }
        guard let multiple = schema.json.member("multipleOf") else { return }
        guard multiple == .integer(1) || multiple == .number(1) else {
            throw schema.error("multipleOf", "it cannot be expressed as a grammar, apart from 1")
        }
        facts.types.remove(.fraction)
    }

    private func bound(_ keyword: String, isExclusive: Bool)
        throws(GrammarError) -> NumberBounds.Bound?
    {
        guard let value = schema.json.member(keyword) else { return nil }
        if keyword.hasPrefix("exclusive"), case .flag = value { return nil }
        guard let number = DecimalNumber(value) else { throw expected(keyword, "a number") }
        guard number.whole.count <= NumberRange.digits + 3,
            number.fraction.count <= NumberRange.digits
        else {
            throw schema.error(keyword, "numbers have at most 16 digits before and after the point")
        }
        return NumberBounds.Bound(value: number, isExclusive: isExclusive)
    }

    private mutating func readObjects() throws(GrammarError) {
        let additional = schema.child(named: "additionalProperties")
        var properties: [(key: String, schema: Schema)] = []
        if let value = schema.json.member("properties") {
            guard case .object(let entries) = value else {
                throw expected("properties", "an object")
            }
            properties = entries.map { ($0.key, schema.child($0.value, "properties", $0.key)) }
        }
        if additional != nil || schema.json.member("properties") != nil {
            facts.objects = [Facts.ObjectPart(properties: properties, additional: additional)]
        }
        if let value = schema.json.member("required") {
            // Draft 3 has flags there, in the schemas of properties.
            guard case .array(let names) = value else { throw expected("required", "an array") }
            for name in names {
                guard case .text(let name) = name else { throw expected("required", "names") }
                facts.required.append(name)
            }
        }
        facts.minProperties = try count("minProperties") ?? 0
        facts.maxProperties = try count("maxProperties")
    }

    private mutating func readArrays() throws(GrammarError) {
        var (prefix, rest): ([Schema], Schema?) = ([], schema.child(named: "items"))
        if let value = schema.json.member("prefixItems") {
            guard case .array(let items) = value else { throw expected("prefixItems", "an array") }
            prefix = items.enumerated().map { schema.child($1, "prefixItems", "\($0)") }
        }
        // Before draft 2020-12, `items` with an array was what `prefixItems` is now.
        if case .array(let items)? = schema.json.member("items") {
            guard prefix.isEmpty else { throw expected("items", "one schema beside `prefixItems`") }
            prefix = items.enumerated().map { schema.child($1, "items", "\($0)") }
            rest = schema.child(named: "additionalItems")
        }
        if !prefix.isEmpty || rest != nil {
            facts.arrays = [Facts.ArrayPart(prefix: prefix, rest: rest)]
        }
        facts.minItems = try count("minItems") ?? 0
        facts.maxItems = try count("maxItems")
    }

    private func count(_ keyword: String) throws(GrammarError) -> Int? {
        switch schema.json.member(keyword) {
        case nil: return nil
        case .integer(let value)? where value >= 0: return value
        case .number(let number)?:
            guard let value = Int(exactly: number), value >= 0 else { fallthrough }
            return value
        default: throw expected(keyword, "a whole number from 0 up")
        }
    }

    private func text(_ keyword: String) throws(GrammarError) -> String? {
        switch schema.json.member(keyword) {
        case nil: return nil
        case .text(let text)?: return text
        default: throw expected(keyword, "a text")
        }
    }

    private func expected(_ keyword: String, _ what: String) -> GrammarError {
        schema.error(keyword, "expected \(what)")
    }
}
