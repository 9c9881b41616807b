import Grammars
import JSONValues
import Testing

/// JSON schemas that are refused: the error names the keyword and where it stands.
@Suite struct SchemaErrorTests {
    private static let never = "it cannot be expressed as a grammar"

    static let errors: [(String, keyword: String, pointer: String, reason: String)] = [
        (#"{"not": {}}"#, "not", "#", never),
        (#"{"properties": {"a/b": {"not": {}}}}"#, "not", "#/properties/a~1b", never),
        (#"{"if": {}, "then": {}}"#, "if", "#", "\(never); write the cases as `anyOf`"),
        (
            #"{"patternProperties": {"a": {}}}"#, "patternProperties", "#",
            "\(never); name the keys in `properties`, or use `additionalProperties`"
        ),
        (#"{"uniqueItems": true}"#, "uniqueItems", "#", never),
        (#"{"items": {"contains": {}}}"#, "contains", "#/items", never),
        (#"{"multipleOf": 2}"#, "multipleOf", "#", "\(never), apart from 1"),
        (
            #"{"dependentRequired": {"a": ["b"]}}"#, "dependentRequired", "#",
            "\(never); write the cases as `anyOf`"
        ),
        (
            #"{"dependentSchemas": {"a": {}}}"#, "dependentSchemas", "#",
            "\(never); write the cases as `anyOf`"
        ),
        (
            #"{"dependencies": {"a": []}}"#, "dependencies", "#",
            "\(never); write the cases as `anyOf`"
        ),
        (
            #"{"unevaluatedProperties": false}"#, "unevaluatedProperties", "#",
            "\(never); use `additionalProperties`"
        ),
        (#"{"unevaluatedItems": false}"#, "unevaluatedItems", "#", "\(never); use `items`"),
        (#"{"propertyNames": {"maxLength": 3}}"#, "propertyNames", "#", never),
        (##"{"$dynamicRef": "#a"}"##, "$dynamicRef", "#", never),
        (
            #"{"$ref": "https://example.com/s"}"#, "$ref", "#",
            "only references into the same schema (`#/…`) are followed, and not `https://example.com/s`"
        ),
        (
            ##"{"$ref": "#anchor"}"##, "$ref", "#",
            "only references into the same schema (`#/…`) are followed, and not `#anchor`"
        ),
        (##"{"$ref": "#/$defs/x"}"##, "$ref", "#", "`#/$defs/x` leads nowhere"),
        (
            ##"{"$ref": "#"}"##, "$ref", "#",
            "it leads back to itself, without a property or an item in between"
        ),
        (
            ##"{"$ref": "#/$defs/a", "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}, {"type": "null"}]}}}"##,
            "$ref", "#/$defs/a", "it leads back to itself, without a property or an item in between"
        ),
        (#"{"$ref": 1}"#, "$ref", "#", "expected a text"),
        (
            #"{"oneOf": [{"type": "integer"}, {"type": "number"}]}"#, "oneOf", "#",
            "alternatives 0 and 1 may hold at once; use `anyOf`, or a required property with different `const`s"
        ),
        (#"{"anyOf": []}"#, "anyOf", "#", "expected an array of schemas"),
        (#"{"allOf": {}}"#, "allOf", "#", "expected an array of schemas"),
        (
            #"{"type": "text"}"#, "type", "#",
            "expected `null`, `boolean`, `integer`, `number`, `string`, `array` or `object`"
        ),
        (#"{"enum": 1}"#, "enum", "#", "expected an array"),
        (#"{"properties": []}"#, "properties", "#", "expected an object"),
        (
            #"{"properties": {"a": 1}}"#, "schema", "#/properties/a",
            "expected an object, `true` or `false` there"
        ),
        (#"{"required": true}"#, "required", "#", "expected an array"),
        (#"{"required": [1]}"#, "required", "#", "expected names"),
        (#"{"nullable": 1}"#, "nullable", "#", "expected a flag"),
        (#"{"minimum": "1"}"#, "minimum", "#", "expected a number"),
        (
            #"{"type": "number", "minimum": 1e-30}"#, "minimum", "#",
            "numbers have at most 16 digits before and after the point"
        ),
        (
            #"{"maximum": 1e30}"#, "maximum", "#",
            "numbers have at most 16 digits before and after the point"
        ),
        (#"{"minLength": -1}"#, "minLength", "#", "expected a whole number from 0 up"),
        (#"{"maxItems": 1.5}"#, "maxItems", "#", "expected a whole number from 0 up"),
        (#"{"pattern": 1}"#, "pattern", "#", "expected a text"),
        (#"{"prefixItems": {}}"#, "prefixItems", "#", "expected an array"),
        (
            #"{"prefixItems": [{}], "items": []}"#, "items", "#",
            "expected one schema beside `prefixItems`"
        ),
        (
            #"{"type": "string", "pattern": "(?=a)"}"#, "pattern", "#",
            "character 1: looking around and flags (`(?…)`) are not supported"
        ),
        (
            #"{"allOf": [{"type": "string", "pattern": "a"}, {"pattern": "b"}]}"#, "pattern", "#",
            "several patterns cannot hold at once"
        ),
        (
            #"{"type": "string", "pattern": "ab*", "maxLength": 5}"#, "maxLength", "#",
            "beside `pattern` or `format`, it must follow from that: write the length into the pattern"
        ),
        (
            #"{"type": "string", "pattern": "^(ab)*$", "minLength": 5}"#, "minLength", "#",
            "beside `pattern` or `format`, it must follow from that: write the length into the pattern"
        ),
        (
            #"{"type": "string", "format": "regex"}"#, "format", "#",
            "`regex` is not supported; leave it out, or use `pattern`"
        ),
        (
            #"{"type": "string", "format": "date", "pattern": "^2"}"#, "format", "#",
            "it cannot be combined with `pattern` or another format"
        ),
        (
            #"{"type": "object", "maxProperties": 2}"#, "maxProperties", "#",
            "the number of properties cannot be counted by a grammar"
        ),
        (
            #"{"type": "object", "minProperties": 2}"#, "minProperties", "#",
            "the number of properties cannot be counted by a grammar"
        ),
        ("false", "schema", "#", "no value is valid"),
        (#"{"type": "integer", "minimum": 2, "maximum": 1}"#, "schema", "#", "no value is valid"),
        (
            ##"{"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}"##,
            "schema", "#", "no value is valid"
        ),
        ("1", "schema", "#", "expected an object, `true` or `false` there"),
    ]

    @Test("an error names the keyword and where it stands", arguments: errors)
    func anErrorNamesTheKeywordAndWhereItStands(
        _ text: String, _ keyword: String, _ pointer: String, _ reason: String
    ) throws {
        let error = try #require(throws: GrammarError.self) { try Grammar(schema: schema(text)) }
        #expect(error == .schema(keyword: keyword, pointer: pointer, reason: reason))
        #expect(
            error.description
                == "The JSON schema cannot be followed: `\(keyword)` at `\(pointer)`: \(reason).")
        #expect(error.description.count < 400)
    }
}
