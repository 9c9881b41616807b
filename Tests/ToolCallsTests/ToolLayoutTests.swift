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
            #expect(pieces == [ReplyParserTests.call("add", #"{"a":1,"b":-2}"#)])
        }
        for other in [
            "Hello", "", "{}", #"<tool_call>{"name": "sub", "arguments": {}}</tool_call>"#,
            #"{"name": "add", "parameters": {"a": 1.5, "b": 2}}"#,
            #"[TOOL_CALLS]add[ARGS]{"a": 1}"#, #"[TOOL_CALLS][]"#,
        ] {
            #expect(try !grammar.matches(other.utf8), "\(other)")
        }
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
