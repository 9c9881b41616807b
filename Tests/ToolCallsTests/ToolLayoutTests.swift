import ChatTemplates
import Grammars
import JSONValues
import Testing
import ToolCalls

@Suite struct ToolLayoutTests {
    static let tools = [
        Tool(
            name: "add",
            parameters: try? JSONParser.parse(
                Array(
                    ##"{"type":"object","properties":{"a":{"$ref":"#/$defs/n"},"b":{"$ref":"#/$defs/n"}},"required":["a","b"],"additionalProperties":false,"$defs":{"n":{"type":"integer"}}}"##
                        .utf8))),
        Tool(name: "now"),
    ]

    static let formats = [
        ReplyParserTests.hermes, ReplyParserTests.llama, ReplyParserTests.nemo,
        ReplyParserTests.ministral,
    ]

    static func grammar(_ format: ToolFormat, several: Bool) throws -> Grammar {
        try Grammar(format.layout(tools, severalCalls: several))
    }

    static let replies = [
        [#"<tool_call>\#n{"name": "add", "arguments": {"a": 1, "b": -2}}\#n</tool_call>"#],
        [#"{"name": "add", "parameters": {"a": 1, "b": -2}}"#],
        [#"[TOOL_CALLS][{"name": "add", "arguments": {"a": 1, "b": -2}}]"#],
        [#"[TOOL_CALLS]add[ARGS]{"a": 1, "b": -2}"#],
    ]

    @Test("a reply that must call does, and is read back", arguments: formats.indices)
    func aReplyThatMustCallDoes(index: Int) throws {
        let format = Self.formats[index]
        let grammar = try Self.grammar(format, several: true)
        for reply in Self.replies[index] {
            #expect(try grammar.matches(reply.utf8), "\(reply)")
            var parser = ReplyParser(format: format, tools: ["add", "now"])
            let pieces = parser.append(reply) + parser.finish()
            #expect(pieces == [ReplyParserTests.call("add", #"{"a": 1, "b": -2}"#)])
        }
        for other in [
            "Hello", "", "{}", #"<tool_call>{"name": "sub", "arguments": {}}</tool_call>"#,
            #"{"name": "add", "parameters": {"a": 1.5, "b": 2}}"#,
            #"[TOOL_CALLS]add[ARGS]{"a": 1}"#, #"[TOOL_CALLS][]"#,
        ] {
            #expect(try !grammar.matches(other.utf8), "\(other)")
        }
    }

    @Test("numbers keep their digits when they are read and written")
    func numbersKeepTheirDigits() throws {
        for text in [
            "123456789012345678901234567890", "-9223372036854775809", "9223372036854775808",
            "[18446744073709551616,1,-1]", #"{"n":340282366920938463463374607431768211456}"#,
        ] {
            #expect(try JSONParser.parse(Array(text.utf8)).text == text)
        }
        #expect(try JSONParser.parse(Array("9223372036854775807".utf8)) == .integer(.max))
        #expect(try JSONParser.parse(Array("1e3".utf8)) == .number(1000))
        // A template writes them as they came.
        let template = try ChatTemplate(jinja: "{{ messages[0].n | tojson }} {{ messages[0].n }}")
        let n = JSON.large("123456789012345678901234567890")
        let message = ChatMessage(
            role: "user", content: "", fields: [.init(key: "n", value: n)])
        #expect(
            try template.render([message]).string
                == "123456789012345678901234567890 123456789012345678901234567890")
        // A schema's values, too.
        let grammar = try Grammar(
            schema: JSONParser.parse(Array(#"{"const": 123456789012345678901}"#.utf8)))
        #expect(try grammar.matches("123456789012345678901".utf8))
        #expect(try !grammar.matches("123456789012345678902".utf8))
    }

    @Test("several calls are allowed only where they are wanted")
    func severalCallsAreAllowedOnlyWhereTheyAreWanted() throws {
        let call = #"<tool_call>{"name": "now", "arguments": {}}</tool_call>"#
        let two = call + "\n" + call
        #expect(try Self.grammar(ReplyParserTests.hermes, several: true).matches(two.utf8))
        #expect(try !Self.grammar(ReplyParserTests.hermes, several: false).matches(two.utf8))
        #expect(try Self.grammar(ReplyParserTests.hermes, several: false).matches(call.utf8))
        let list =
            #"[TOOL_CALLS][{"name": "now", "arguments": {}}, {"name": "now", "arguments": {}}]"#
        #expect(try Self.grammar(ReplyParserTests.nemo, several: true).matches(list.utf8))
        #expect(try !Self.grammar(ReplyParserTests.nemo, several: false).matches(list.utf8))
    }
}
