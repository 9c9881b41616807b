import Testing
import ToolCalls

@Suite struct ReplyParserTests {
    static let hermes = ToolFormat(
        opening: "<tool_call>", closing: "</tool_call>",
        body: .object(nameKey: "name", argumentsKey: "arguments", isList: false))
    static let llama = ToolFormat(
        opening: "", closing: "",
        body: .object(nameKey: "name", argumentsKey: "parameters", isList: false))
    static let nemo = ToolFormat(
        opening: "[TOOL_CALLS]", closing: "",
        body: .object(nameKey: "name", argumentsKey: "arguments", isList: true))
    static let ministral = ToolFormat(
        opening: "[TOOL_CALLS]", closing: "", body: .named(separator: "[ARGS]"))

    struct Case: Sendable {
        var format: ToolFormat?
        var reply: String
        var pieces: [ReplyParser.Piece]
        var thoughts: ThoughtMarks?
        var isThinking = false
    }

    static func call(_ name: String, _ arguments: String) -> ReplyParser.Piece {
        .call(ToolCall(name: name, arguments: arguments))
    }

    static let cases: [Case] = [
        Case(format: nil, reply: "Hello <tool_call>{}", pieces: [.text("Hello <tool_call>{}")]),
        Case(format: hermes, reply: "Hello.\n", pieces: [.text("Hello.\n")]),
        Case(format: hermes, reply: "", pieces: []),
        Case(
            format: hermes,
            reply:
                "<tool_call>\n{\"name\": \"add\", \"arguments\": {\"a\": 1, \"b\": [2, \"}\"]}}\n</tool_call>",
            pieces: [call("add", #"{"a": 1, "b": [2, "}"]}"#)]),
        Case(
            format: hermes,
            reply: """
                I will ask. \n\n<tool_call>{"name":"a","arguments":{}}</tool_call>
                <tool_call>{"name":"b","arguments":null}</tool_call>\n
                """, pieces: [.text("I will ask."), call("a", "{}"), call("b", "{}")]),
        // A reply at its limit.
        Case(
            format: hermes, reply: #"<tool_call>{"name": "a", "arguments": {"x": "é"}}"#,
            pieces: [call("a", #"{"x": "é"}"#)]),
        Case(
            format: hermes, reply: #"<tool_call>{"name": "a", "arguments": {"x""#,
            pieces: [.text(#"<tool_call>{"name": "a", "arguments": {"x""#)]),
        Case(
            format: hermes, reply: "The mark <tool_call> begins one.",
            pieces: [.text("The mark <tool_call> begins one.")]),
        Case(
            format: hermes,
            reply: "<tool_call>{'name': 'a'}</tool_call> <tool_call>{\"name\": \"b\"}",
            pieces: [.text("<tool_call>{'name': 'a'}</tool_call>"), call("b", "{}")]),
        Case(format: hermes, reply: "a < b <tool", pieces: [.text("a < b <tool")]),
        // The model's own text, digit by digit.
        Case(
            format: hermes,
            reply:
                #"<tool_call>{"arguments": { "n":123456789012345678901234567890, "x":1.10 } , "name": "a"}"#,
            pieces: [call("a", #"{ "n":123456789012345678901234567890, "x":1.10 }"#)]),
        Case(
            format: ministral, reply: #"[TOOL_CALLS]a[ARGS] {"n": -98765432109876543210}"#,
            pieces: [call("a", #"{"n": -98765432109876543210}"#)]),
        // What cannot be JSON is text at once.
        Case(
            format: hermes,
            reply:
                #"<tool_call>{"name": "a", <tool_call>{"name": "b", "arguments": {}}</tool_call>"#,
            pieces: [.text(#"<tool_call>{"name": "a","#), call("b", "{}")]),
        // Arguments as a text of JSON, and under another name.
        Case(
            format: hermes,
            reply: #"<tool_call>{"name":"a","parameters":"{\"x\": 1}"}</tool_call>"#,
            pieces: [call("a", #"{"x": 1}"#)]),
        Case(
            format: llama, reply: #" {"name": "add", "parameters": {"a": 1}}"#,
            pieces: [call("add", #"{"a": 1}"#)]),
        Case(
            format: llama,
            reply: #"{"name": "add", "parameters": {}}; {"name": "a", "parameters": {}}"#,
            pieces: [call("add", "{}"), call("a", "{}")]),
        Case(
            format: llama, reply: #"{"name": "Ada", "born": 1815}"#,
            pieces: [.text(#"{"name": "Ada", "born": 1815}"#)]),
        Case(
            format: llama, reply: #"Use {"name": "add"}"#, pieces: [.text(#"Use {"name": "add"}"#)]),
        // As Qwen2.5-Coder writes it, whatever its template says.
        Case(
            format: hermes,
            reply: "```json\n{\n  \"name\": \"add\",\n  \"arguments\": {\"a\": 1}\n}\n```",
            pieces: [call("add", #"{"a": 1}"#)]),
        Case(
            format: hermes, reply: #"{"name": "add", "arguments": {}} Done."#,
            pieces: [call("add", "{}"), .text("Done.")]),
        Case(
            format: hermes, reply: "```json\n{\"name\": \"other\"}\n```\nThat is it.",
            pieces: [.text("```json\n{\"name\": \"other\"}\n```\nThat is it.")]),
        Case(
            format: hermes, reply: "```python\nprint(1)\n```",
            pieces: [.text("```python\nprint(1)\n```")]),
        Case(format: hermes, reply: "``", pieces: [.text("``")]),
        Case(
            format: llama, reply: #"<think>x</think> {"name": "a"}"#,
            pieces: [.thought("x"), call("a", "{}")], thoughts: ThoughtMarks()),
        Case(
            format: nemo,
            reply: #"[TOOL_CALLS][{"name": "a", "arguments": {"x": 1}, "id": "1"}, {"name": "b"}]"#,
            pieces: [call("a", #"{"x": 1}"#), call("b", "{}")]),
        Case(
            format: ministral, reply: #"So: [TOOL_CALLS]a[ARGS]{"x": 1}[TOOL_CALLS]b[ARGS]{}"#,
            pieces: [.text("So:"), call("a", #"{"x": 1}"#), call("b", "{}")]),
        Case(
            format: ministral, reply: "[TOOL_CALLS]no such thing[ARGS]{}",
            pieces: [.text("[TOOL_CALLS]no such thing[ARGS]{}")]),
        Case(
            format: hermes,
            reply: "<think>\nI <tool_call> x.\n</think>\n\n<tool_call>{\"name\":\"a\"}</tool_call>",
            pieces: [.thought("\nI <tool_call> x.\n"), call("a", "{}")], thoughts: ThoughtMarks()),
        Case(
            format: nil, reply: "so\n</think>\n\nHello",
            pieces: [.thought("so\n"), .text("Hello")],
            thoughts: ThoughtMarks(), isThinking: true),
        Case(
            format: nil, reply: "<think>no end", pieces: [.thought("no end")],
            thoughts: ThoughtMarks()),
        Case(
            format: nil, reply: "A <think> in text", pieces: [.text("A <think> in text")],
            thoughts: ThoughtMarks()),
    ]

    static func read(_ test: Case, _ parts: [String]) -> [ReplyParser.Piece] {
        var parser = ReplyParser(
            format: test.format, thoughts: test.thoughts, isThinking: test.isThinking,
            tools: ["add", "a", "b"])
        var pieces: [ReplyParser.Piece] = []
        for piece in parts.flatMap({ parser.append($0) }) + parser.finish() {
            switch (pieces.last, piece) {
            case (.text(let text)?, .text(let more)): pieces[pieces.count - 1] = .text(text + more)
            case (.thought(let text)?, .thought(let more)):
                pieces[pieces.count - 1] = .thought(text + more)
            default: pieces.append(piece)
            }
        }
        return pieces
    }

    @Test("a reply is split the same way however it arrives", arguments: cases.indices)
    func aReplyIsSplitTheSameWayHoweverItArrives(index: Int) {
        let test = Self.cases[index]
        #expect(Self.read(test, [test.reply]) == test.pieces)
        #expect(Self.read(test, test.reply.map { "\($0)" }) == test.pieces)
        let cuts = test.reply.indices.filter { cut in
            Self.read(test, [String(test.reply[..<cut]), String(test.reply[cut...])]) != test.pieces
        }
        #expect(cuts.isEmpty)
    }

    @Test("text is said as soon as it can be no call") func textIsSaidAsSoonAsItCanBeNoCall() {
        var parser = ReplyParser(format: Self.hermes)
        #expect(parser.append("Hello") == [.text("Hello")])
        #expect(parser.append(" <") == [])
        #expect(parser.append("b>") == [.text(" <b>")])
        #expect(parser.append("\n<tool_call>{\"name\": \"a\"") == [])
        #expect(parser.append("}</tool_call>") == [Self.call("a", "{}")])
    }

    static let broken = [
        "<tool_call>", "<tool_call>{", "<tool_call>{\"", "<tool_call>{\"a\":\"", "<tool_call> ",
        "<tool_call>{\"a\":[\"", "<tool_call>{}", "<tool_call>{{", " ", "<tool_call>{\"a\":{",
        "```",
    ]

    @Test(
        "many broken openings take no longer than their length", .timeLimit(.minutes(10)),
        arguments: [hermes, ministral], broken)
    func manyBrokenOpeningsTakeNoLongerThanTheirLength(_ format: ToolFormat, _ opening: String) {
        // Where every opening took what is left of the reply, this would take minutes.
        let opening = opening.replacing("<tool_call>", with: format.opening)
        let reply = String(repeating: opening, count: 50_000)
        for pieces in [1, 1000] {
            var parser = ReplyParser(format: format, thoughts: ThoughtMarks(), tools: ["a"])
            var said = ""
            let length = reply.utf8.count / pieces
            var rest = reply.utf8[...]
            while !rest.isEmpty {
                for case .text(let text) in parser.append(String(rest.prefix(length)) ?? "") {
                    said += text
                }
                rest = rest.dropFirst(length)
            }
            for case .text(let text) in parser.finish() { said += text }
            #expect(said.utf8.count == reply.utf8.count)
        }
    }
}
