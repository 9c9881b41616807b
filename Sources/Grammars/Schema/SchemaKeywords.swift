import JSONValues

/// What becomes of each keyword.
enum SchemaKeywords {
    /// Keywords that say nothing about what is valid, or that others read: `then` without `if`, `$defs`.
    /// Like them, keywords that no draft knows are passed over.
    static let isConstraint: Set<String> = [
        "$ref", "additionalItems", "additionalProperties", "allOf", "anyOf", "const", "enum",
        "exclusiveMaximum", "exclusiveMinimum", "format", "items", "maxItems", "maxLength",
        "maxProperties", "maximum", "minItems", "minLength", "minProperties", "minimum",
        "multipleOf", "nullable", "oneOf", "pattern", "prefixItems", "properties", "required",
        "type",
    ]

    /// Keywords that change what is valid and have no grammar here.
    static let refused: Set<String> = [
        "$dynamicRef", "$recursiveRef", "contains", "dependencies", "dependentRequired",
        "dependentSchemas", "disallow", "divisibleBy", "extends", "if", "not", "patternProperties",
        "propertyNames", "unevaluatedItems", "unevaluatedProperties", "uniqueItems",
    ]

    /// Whether a refused keyword changes nothing after all, by its value or without its partner.
    static func changesNothing(_ keyword: String, _ value: JSON, in schema: Schema) -> Bool {
        switch (keyword, value) {
        case ("uniqueItems", .flag(false)), ("unevaluatedItems", .flag(true)),
            ("unevaluatedProperties", .flag(true)), ("propertyNames", .flag(true)):
            true
        case ("not", .flag(false)): true
        case ("if", _): schema.json.member("then") == nil && schema.json.member("else") == nil
        case ("contains", _):
            schema.json.member("minContains") == .integer(0)
                && schema.json.member("maxContains") == nil
        case ("dependencies", .object(let entries)), ("dependentRequired", .object(let entries)),
            ("dependentSchemas", .object(let entries)), ("patternProperties", .object(let entries)),
            ("propertyNames", .object(let entries)), ("unevaluatedItems", .object(let entries)),
            ("unevaluatedProperties", .object(let entries)):
            entries.isEmpty
        case ("disallow", .array(let values)), ("extends", .array(let values)): values.isEmpty
        default: false
        }
    }

    static let advice: [String: String] = [
        "if": "write the cases as `anyOf`",
        "dependencies": "write the cases as `anyOf`",
        "dependentRequired": "write the cases as `anyOf`",
        "dependentSchemas": "write the cases as `anyOf`",
        "patternProperties": "name the keys in `properties`, or use `additionalProperties`",
        "unevaluatedProperties": "use `additionalProperties`",
        "unevaluatedItems": "use `items`",
    ]
}
