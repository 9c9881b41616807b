import Grammars
import JSONValues
import Testing

/// JSON schemas: which texts their grammars allow.
@Suite struct SchemaTests {
    static let matching: [(String, yes: [String], no: [String])] = [
        (#"{}"#, ["1", "null", #"{"a": [1, {}]}"#, "[]", #""x""#], ["", "nul", "[1,]", "{a:1}"]),
        ("true", ["1", "[]"], [""]),
        (#"{"type": "null"}"#, ["null"], ["0"]),
        (#"{"type": "boolean"}"#, ["true", "false"], ["True", "1"]),
        (#"{"type": ["integer", "null"]}"#, ["12", "-3", "null", "0"], ["1.5", "01", "+1", ""]),
        (
            #"{"type": "number"}"#, ["0", "-1.5", "1e10", "2.5E-3"],
            ["1.", ".5", "01", "1e", "1e999"]
        ),
        (#"{"type": "string", "nullable": true}"#, [#""a""#, "null"], ["1"]),
        (
            #"{"type": "string"}"#, [#""""#, #""é\n\"\\\/""#, #""\u00e9\ud83d\ude00""#],
            [#""a"#, "\"\n\"", #""\x""#, #""\ud83d""#, #""\ude00""#]
        ),
        (
            #"{"type": "string", "minLength": 2, "maxLength": 3}"#,
            [#""ab""#, #""é😀x""#, #""\n\ud83d\ude00""#], [#""a""#, #""abcd""#]
        ),
        (
            #"{"enum": ["a", 1, null, {"b": [1.5]}]}"#, [#""a""#, "1", "null", #"{"b":[1.5]}"#],
            [#""b""#, "2", #"{"b": [1.5]}"#]
        ),
        (#"{"const": "a\"é"}"#, [#""a\"é""#], [#""a""#]),
        (#"{"enum": [1, "a", 2.0, 2.5], "type": "integer"}"#, ["1", "2.0"], [#""a""#, "2.5"]),
        (#"{"enum": [1, 2, 3], "const": 2}"#, ["2"], ["1"]),
        // Objects.
        (#"{"type": "object"}"#, ["{}", #"{"a": 1, "b":{}}"#, "{ }"], ["[]", "{,}"]),
        (
            #"{"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "null"}, "c": {"type": "boolean"}}, "required": ["b"]}"#,
            [
                #"{"b": null}"#, #"{"a":1,"b":null,"c":true}"#, #"{ "b" : null, "c": true }"#,
                "{\n  \"b\": null\n}",
            ],
            [
                "{}", #"{"a": 1}"#, #"{"b": null, "a": 1}"#, #"{"b": null, "d": 1}"#,
                #"{"b": null,}"#, "{   \"b\": null}",
            ]
        ),
        (
            #"{"properties": {"a": {}, "b": {}, "c": {}}, "additionalProperties": false}"#,
            ["{}", #"{"a":1}"#, #"{"b":1}"#, #"{"a":1,"c":1}"#, #"{"a":1,"b":1,"c":1}"#],
            [#"{"c":1,"a":1}"#, "1"]
        ),
        (
            #"{"type": "object", "properties": {"ab": {"type": "null"}}, "additionalProperties": {"type": "integer"}}"#,
            ["{}", #"{"ab": null}"#, #"{"ab":null,"c":1,"abc":2,"a":3,"":4}"#, #"{"x":1}"#],
            [#"{"ab": 1}"#, #"{"x":1,"ab":1}"#, #"{"\u0061b":1}"#, #"{"c": null}"#]
        ),
        (
            #"{"type": "object", "required": ["x"]}"#, [#"{"x":1}"#, #"{"x":1,"y":2}"#],
            ["{}", #"{"y":2}"#]
        ),
        (
            #"{"type": "object", "properties": {"a": {}}, "minProperties": 1}"#, [#"{"a":1}"#],
            ["{}"]
        ),
        (
            #"{"type": "object", "properties": {"a": false, "b": {}}}"#, ["{}", #"{"b":1}"#],
            [#"{"a":1}"#]
        ),
        (#"{"type": "object", "additionalProperties": false}"#, ["{}", "{ }"], [#"{"a":1}"#]),
        // Arrays.
        (
            #"{"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 3}"#,
            ["[1]", "[1, 2,3]", "[ 1 ]"], ["[]", "[1,2,3,4]", "[null]"]
        ),
        (#"{"type": "array", "maxItems": 0}"#, ["[]", "[ ]"], ["[1]"]),
        (
            #"{"type": "array", "prefixItems": [{"type": "integer"}, {"type": "null"}], "items": {"type": "boolean"}, "minItems": 1}"#,
            ["[1]", "[1,null]", "[1,null,true,false]"], ["[]", "[null]", "[1,true]", "[1,null,1]"]
        ),
        (
            #"{"prefixItems": [{"const": 1}, {"const": 2}], "items": false}"#,
            ["[]", "[1]", "[1,2]"], ["[1,2,3]", "[2]"]
        ),
        (
            #"{"items": [{"const": 1}], "additionalItems": {"const": 2}}"#, ["[]", "[1,2,2]"],
            ["[2]"]
        ),
        (
            #"{"prefixItems": [{"const": 1}, {"const": 2}, {"const": 3}], "minItems": 2, "maxItems": 2}"#,
            ["[1,2]"], ["[1]", "[1,2,3]"]
        ),
        (
            #"{"type": "array", "prefixItems": [{"const": 1}], "minItems": 3, "maxItems": 4}"#,
            ["[1,0,0]", "[1,0,0,0]"], ["[1,0]", "[1,0,0,0,0]"]
        ),
        // Combinations.
        (
            #"{"anyOf": [{"type": "integer"}, {"type": "string", "maxLength": 1}]}"#,
            ["12", #""a""#], [#""ab""#, "null"]
        ),
        (
            #"{"oneOf": [{"type": "integer", "maximum": 0}, {"type": "integer", "minimum": 5}, {"type": "null"}]}"#,
            ["0", "-5", "5", "null"], ["1", "4"]
        ),
        (#"{"oneOf": [{"enum": [1, 2]}, {"enum": [2, 3]}]}"#, ["1", "3"], ["2"]),
        // To many validators a format is a note, and "a" fits both.
        (
            #"{"oneOf": [{"enum": [1, "a"]}, {"type": "string", "format": "date"}]}"#,
            ["1", "\"2024-02-29\""], ["\"a\""]
        ),
        (
            #"{"oneOf": [{"type": "object", "properties": {"k": {"const": "a"}, "v": {"type": "integer"}}, "required": ["k"]}, {"type": "object", "properties": {"k": {"const": "b"}}, "required": ["k"]}]}"#,
            [#"{"k":"a","v":1}"#, #"{"k":"b"}"#], [#"{"k":"b","v":1}"#, #"{"k":"c"}"#]
        ),
        (
            #"{"allOf": [{"properties": {"a": {"type": "integer"}}}, {"properties": {"b": {"type": "null"}, "a": {"minimum": 3}}, "required": ["a"]}]}"#,
            [#"{"a":3}"#, #"{"a":4,"b":null}"#], [#"{"a":2}"#, #"{"b":null}"#]
        ),
        (
            #"{"type": "object", "properties": {"a": {}, "b": {}}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}"#,
            [#"{"a":1}"#, #"{"b":1}"#, #"{"a":1,"b":1}"#], ["{}"]
        ),
        (
            #"{"allOf": [{"type": ["integer", "null"]}, {"type": ["null", "string"]}]}"#, ["null"],
            ["1", #""a""#]
        ),
        // References.
        (
            ##"{"$ref": "#/$defs/a", "$defs": {"a": {"type": "object", "properties": {"next": {"anyOf": [{"$ref": "#/$defs/a"}, {"type": "null"}]}}, "required": ["next"]}}}"##,
            [#"{"next":null}"#, #"{"next":{"next":null}}"#], ["{}", "null"]
        ),
        (
            ##"{"definitions": {"x/y~z%": {"const": 1}}, "$ref": "#/definitions/x~1y~0z%25"}"##,
            ["1"], ["2"]
        ),
        (
            ##"{"type": "array", "items": {"$ref": "#"}, "maxItems": 2}"##, ["[]", "[[],[[]]]"],
            ["[1]", "[[],[],[]]"]
        ),
        (
            ##"{"$id": "http://x/y", "properties": {"a": {"$ref": "http://x/y#/$defs/b"}}, "$defs": {"b": {"const": 1}}}"##,
            [#"{"a":1}"#], [#"{"a":2}"#]
        ),
        (
            ##"{"properties": {"a": {"$ref": "#/$defs/b", "minimum": 2}}, "$defs": {"b": {"type": "integer"}}}"##,
            [#"{"a":2}"#], [#"{"a":1}"#]
        ),
        (
            ##"{"properties": {"a": {"$id": "inner", "$ref": "#/$defs/b", "$defs": {"b": {"const": 1}}}}}"##,
            [#"{"a":1}"#], [#"{"a":2}"#]
        ),
        // Numbers.
        (
            #"{"type": "integer", "minimum": -12, "maximum": 130}"#,
            ["-12", "-9", "-0", "0", "7", "99", "130"], ["-13", "131", "200", "1.0", "007"]
        ),
        (
            #"{"type": "integer", "exclusiveMinimum": 9.5, "exclusiveMaximum": 12}"#, ["10", "11"],
            ["9", "12"]
        ),
        (
            #"{"type": "integer", "minimum": 95}"#, ["95", "99", "100", "123456"],
            ["94", "9", "-95"]
        ),
        (#"{"type": "integer", "maximum": -3}"#, ["-3", "-10"], ["-2", "3", "0"]),
        (
            #"{"type": "number", "minimum": 0, "maximum": 1}"#, ["0", "0.5", "1", "1.0", "0.999"],
            ["1.01", "-0.1", "2", "1e0"]
        ),
        (
            #"{"type": "number", "exclusiveMinimum": 0.25, "maximum": 2.5}"#,
            ["0.251", "0.3", "1", "2.5", "2.500"], ["0.25", "0.2", "2.51", "0.250"]
        ),
        (
            #"{"type": "number", "minimum": -1.5, "exclusiveMaximum": 0}"#, ["-1.5", "-0.1", "-1"],
            ["0", "-0", "-1.51", "-2"]
        ),
        (#"{"type": "number", "multipleOf": 1}"#, ["1"], ["1.5"]),
        // Strings.
        (#"{"type": "string", "pattern": "^[a-z]{2}$"}"#, [#""ab""#], [#""abc""#, #""AB""#]),
        (#"{"type": "string", "pattern": "b"}"#, [#""abc""#, #""b""#, #""\nb""#], [#""ac""#]),
        (#"{"type": "string", "pattern": "^[\"\\\\\n]+$"}"#, [#""\"\\\n""#], ["\"\n\"", #"""""#]),
        (#"{"type": "string", "pattern": "^a|b$"}"#, [#""ax""#, #""xb""#], [#""xa""#]),
        (
            #"{"type": "string", "pattern": "^[a-z]*$", "minLength": 2, "maxLength": 3}"#,
            [#""ab""#, #""abc""#], [#""a""#, #""abcd""#]
        ),
        (
            #"{"type": "string", "format": "date"}"#,
            [#""2024-02-29""#, #""2023-12-31""#, #""2000-02-29""#],
            [#""2023-02-29""#, #""1900-02-29""#, #""2024-04-31""#, #""0000-01-01""#]
        ),
        (
            #"{"type": "string", "format": "date-time"}"#,
            [#""2024-01-01T23:59:59.123Z""#, #""2024-01-01T00:00:00+01:00""#],
            [#""2024-01-01 00:00:00Z""#, #""2024-01-01T24:00:00Z""#]
        ),
        (#"{"type": "string", "format": "time"}"#, [#""12:00:00Z""#], [#""12:00""#]),
        (
            #"{"type": "string", "format": "uuid"}"#, [#""01234567-89ab-cdef-0123-456789ABCDEF""#],
            [#""0123""#]
        ),
        (
            #"{"type": "string", "format": "ipv6"}"#,
            [#""::1""#, #""1:2:3:4:5:6:7:8""#, #""fe80::1:2""#, #""::""#],
            [#""1:2""#, #""1::2::3""#]
        ),
        (#"{"type": "string", "format": "something-else"}"#, [#""x""#], ["1"]),
        // Annotations, and keywords without effect.
        (
            ##"{"type": "null", "title": "t", "description": "d", "default": 1, "examples": [], "$comment": "c", "$schema": "s", "$id": "i", "deprecated": true, "readOnly": true, "x-y": 1, "uniqueItems": false, "then": {}, "minContains": 2}"##,
            ["null"], ["1"]
        ),
    ]

    @Test("a text is allowed or is not", arguments: matching)
    func aTextIsAllowedOrIsNot(_ text: String, _ yes: [String], _ no: [String]) throws {
        let grammar = try Grammar(schema: schema(text))
        for text in yes { #expect(try grammar.matches(text), "\(text)") }
        for text in no { #expect(try !grammar.matches(text), "\(text)") }
    }

    @Test("white space cannot go on and on") func whiteSpaceCannotGoOnAndOn() throws {
        let grammar = try Grammar.jsonObject()
        for space in [" ", "\n", "\n\n", "\n\n" + String(repeating: "\t", count: 20)] {
            #expect(
                try grammar.matches(
                    "{\(space)\"a\"\(space):\(space)[\(space)1,\(space)2\(space)]\(space)}"))
        }
        for space in ["  ", "\n\n\n", "\n" + String(repeating: " ", count: 21)] {
            #expect(try !grammar.matches("{\(space)\"a\":1}"))
        }
        #expect(try !grammar.matches("[]"))
        #expect(try !grammar.matches(" {}"))
    }
}
