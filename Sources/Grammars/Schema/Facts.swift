import JSONValues

/// What one or several schemas, taken together, ask of a value.
struct Facts: Sendable {
    /// What one schema says of objects.
    struct ObjectPart: Sendable {
        var properties: [(key: String, schema: Schema)]
        /// The schema of all other keys; nil where nothing is said.
        var additional: Schema?
    }
    /// What one schema says of arrays.
    struct ArrayPart: Sendable {
        var prefix: [Schema]
        /// The schema of all other items; nil where nothing is said.
        var rest: Schema?
    }
    struct Named: Sendable {
        var text: String
        var schema: Schema
    }

    var types = SchemaTypes.all
    /// Whether a schema said which types.
    var isTyped = false
    /// The only values, from `enum` and `const`.
    var values: ValueList?
    var bounds = NumberBounds()
    var minLength = 0
    var maxLength: Int?
    var patterns: [Named] = []
    var formats: [Named] = []
    var objects: [ObjectPart] = []
    var required: [String] = []
    var minProperties = 0
    var maxProperties: Int?
    var arrays: [ArrayPart] = []
    var minItems = 0
    var maxItems: Int?
    /// Where an error about them points.
    var schema: Schema

    init(_ schema: Schema) { self.schema = schema }

    /// Both at once; nil where no value could be meant.
    ///
    /// - Throws: ``GrammarError/limit(_:)``.
    func merged(with other: Facts, nesting: Int) throws(GrammarError) -> Facts? {
        var both = self
        both.types.formIntersection(other.types)
        both.isTyped = isTyped || other.isTyped
        if let mine = values, let others = other.values {
            both.values = try mine.intersection(others, nesting: nesting)
        } else {
            both.values = values ?? other.values
        }
        both.bounds.formIntersection(other.bounds)
        both.minLength = max(minLength, other.minLength)
        both.maxLength = Self.least(maxLength, other.maxLength)
        both.patterns += other.patterns.filter { new in
            !patterns.contains { $0.text.utf8.elementsEqual(new.text.utf8) }
        }
        both.formats += other.formats.filter { new in
            !formats.contains { $0.text.utf8.elementsEqual(new.text.utf8) }
        }
        both.objects += other.objects
        both.required += other.required
        both.minProperties = max(minProperties, other.minProperties)
        both.maxProperties = Self.least(maxProperties, other.maxProperties)
        both.arrays += other.arrays
        both.minItems = max(minItems, other.minItems)
        both.maxItems = Self.least(maxItems, other.maxItems)
        return both.types.isEmpty || both.values?.isEmpty == true ? nil : both
    }

    static func least(_ left: Int?, _ right: Int?) -> Int? {
        guard let left else { return right }
        return min(left, right ?? left)
    }

    var saysOfObjects: Bool {
        !objects.isEmpty || !required.isEmpty || minProperties > 0 || maxProperties != nil
    }
    var saysOfArrays: Bool { !arrays.isEmpty || minItems > 0 || maxItems != nil }
    var saysOfStrings: Bool {
        minLength > 0 || maxLength != nil || !patterns.isEmpty || !formats.isEmpty
    }
    var saysOfNumbers: Bool { bounds.lower != nil || bounds.upper != nil }

    /// The types that are meant where none are named: `properties` mean an object, as llama.cpp has it.
    var meantTypes: SchemaTypes {
        guard !isTyped else { return types }
        var meant: SchemaTypes = []
        if saysOfObjects { meant.insert(.object) }
        if saysOfArrays { meant.insert(.array) }
        if saysOfStrings { meant.insert(.string) }
        if saysOfNumbers { meant.formUnion(.number) }
        return meant.isEmpty ? types : types.intersection(meant)
    }
}
