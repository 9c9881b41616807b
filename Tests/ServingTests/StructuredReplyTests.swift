import EmulatedFineTuning
import JSONValues
import TestSupport
import Testing

@testable import Serving

/// Replies that are held to a form, and calls of tools.
@Suite struct StructuredReplyTests {
    static let chat = #""messages": [{"role": "user", "content": "Hi"}], "max_tokens": 120"#
    static let text = #""prompt": "Hi", "max_tokens": 120"#
    static let schema = #"""
        {"type": "object",
         "properties": {"a": {"enum": ["x", "yy"]}, "b": {"type": "boolean"}},
         "required": ["a", "b"], "additionalProperties": false}
        """#

    /// Fields, and whether a reply is of the form they ask for.
    struct Form: Sendable {
        var fields: String
        var isKept: @Sendable (String) -> Bool

        init(_ fields: String, _ isKept: @escaping @Sendable (String) -> Bool) {
            (self.fields, self.isKept) = (fields, isKept)
        }
    }

    static let strict = #"{"name": "r", "strict": true, "schema": \#(schema)}"#

    static let forms: [Form] = [
        Form(#""response_format": {"type": "json_schema", "json_schema": \#(strict)}"#, isOfSchema),
        Form(#""response_format": {"type": "json_object", "schema": \#(schema)}"#, isOfSchema),
        Form(#""json_schema": \#(schema)"#, isOfSchema),
        Form(#""guided_json": \#(schema)"#, isOfSchema),
        Form(#""structured_outputs": {"json": \#(schema)}"#, isOfSchema),
        Form(#""guided_choice": ["left", "right"]"#) { ["left", "right"].contains($0) },
        Form(#""structured_outputs": {"choice": ["left"]}"#) { $0 == "left" },
        Form(#""guided_regex": "[ab]{3}c?""#) { $0.wholeMatch(of: /[ab]{3}c?/) != nil },
        Form(#""grammar": "root ::= [0-9] \"-\" [0-9]""#) {
            $0.wholeMatch(of: /[0-9]-[0-9]/) != nil
        },
    ]

    static func isOfSchema(_ text: String) -> Bool {
        guard case .object(let entries)? = try? JSONParser.parse(Array(text.utf8)),
            entries.map(\.key) == ["a", "b"], case .flag = entries[1].value
        else { return false }
        return [.text("x"), .text("yy")].contains(entries[0].value)
    }

    @Test("a reply is of the form that was asked for", arguments: forms.indices)
    func aReplyIsOfTheFormThatWasAskedFor(index: Int) async throws {
        let form = Self.forms[index]
        try await TestServer().test { client in
            for seed in 0..<4 {
                for (uri, body) in [
                    ("/v1/chat/completions", Self.chat), ("/v1/completions", Self.text),
                ] {
                    var replies: Set<String> = []
                    for speculation in [#""off""#, "5"] {
                        let fields =
                            #""seed": \#(seed), "eft": {"speculation": \#(speculation)}"#
                        let answer = try await client.post(
                            uri, "{\(body), \(fields), \(form.fields)}")
                        #expect(answer.status == 200, "\(answer.text)")
                        let choice = answer.json["choices"][0]
                        let said =
                            choice["message"]["content"].string ?? choice["text"].string ?? ""
                        #expect(form.isKept(said), "\(said)")
                        #expect(choice["finish_reason"].string == "stop")
                        replies.insert(said)
                    }
                    // The same with and without speculation.
                    #expect(replies.count == 1)
                }
            }
        }
    }

    struct Refusal: Sendable {
        var fields: String
        var param: String
        var text: String

        init(_ fields: String, _ param: String, _ text: String) {
            (self.fields, self.param, self.text) = (fields, param, text)
        }

        func check(_ answer: Answer) {
            #expect(answer.status == 400)
            #expect(answer.json["error"]["param"].string == param, "\(answer.text)")
            let message = answer.json["error"]["message"].string ?? ""
            #expect(message.contains(text) && message.count < 400, "\(message)")
        }
    }

    static let refused: [Refusal] = [
        Refusal(
            #""guided_json": {}, "guided_regex": "a""#, "guided_regex",
            "one form only: `guided_json` and `guided_regex`"),
        Refusal(#""guided_json": {"not": {}}"#, "guided_json", "`not`"),
        Refusal(
            #""json_schema": {"$ref": "https://example.org/a"}"#, "json_schema", "`$ref`"),
        Refusal(
            #""guided_regex": "a{100000}""#, "guided_regex",
            "too much"),
        Refusal(#""guided_choice": []"#, "guided_choice", "none"),
        Refusal(#""grammar": "root ::= root \"a\"""#, "grammar", "begins with itself"),
        Refusal(#""grammar": "root ::= (""#, "grammar", "line 1"),
        Refusal(
            #""structured_outputs": {"structural_tag": "x"}"#, "structured_outputs.structural_tag",
            "not supported"),
    ]

    @Test("a form that cannot be kept is refused, by its field", arguments: refused.indices)
    func aFormThatCannotBeKeptIsRefused(index: Int) async throws {
        let refusal = Self.refused[index]
        try await TestServer().test { client in
            for (uri, body) in [
                ("/v1/chat/completions", Self.chat), ("/v1/completions", Self.text),
            ] {
                refusal.check(try await client.post(uri, "{\(body), \(refusal.fields)}"))
            }
        }
    }

    static func tool(_ function: String) -> String {
        #"{"type": "function", "function": \#(function)}"#
    }

    static let pick = tool(#"{"name": "pick", "parameters": \#(schema)}"#)
    static let tools = #""tools": [\#(pick), \#(tool(#"{"name": "now"}"#))]"#

    @Test("a reply that must call a tool does, whole and streamed")
    func aReplyThatMustCallAToolDoes() async throws {
        let named = #""tool_choice": \#(Self.tool(#"{"name": "pick"}"#))"#
        try await TestServer().test { client in
            for seed in 0..<4 {
                let fields =
                    #"\#(Self.chat), \#(Self.tools), \#(named), "parallel_tool_calls": false, "seed": \#(seed)"#
                let answer = try await client.post("/v1/chat/completions", "{\(fields)}")
                let choice = answer.json["choices"][0]
                #expect(choice["finish_reason"].string == "tool_calls", "\(answer.text)")
                #expect(choice["message"]["content"] == .null)
                let call = choice["message"]["tool_calls"][0]
                #expect(call["type"].string == "function")
                #expect(call["id"].string?.hasPrefix("call_") == true)
                #expect(call["function"]["name"].string == "pick")
                let arguments = try #require(call["function"]["arguments"].string)
                #expect(Self.isOfSchema(arguments))
                let stream = try await client.post(
                    "/v1/chat/completions", #"{\#(fields), "stream": true}"#)
                #expect(stream.text.contains(#""finish_reason":"tool_calls""#))
                let quoted = JSON.text(arguments).text
                #expect(
                    stream.text.contains(#""function":{"arguments":\#(quoted),"name":"pick"}"#))
                #expect(stream.text.contains(#""index":0,"type":"function""#))
            }
        }
    }

    @Test("what tools returned is part of the chat") func whatToolsReturnedIsPartOfTheChat()
        async throws
    {
        let call =
            #"{"id": "call_1", "type": "function", "function": {"name": "now", "arguments": "{}"}}"#
        try await TestServer().test { client in
            let answer = try await client.post(
                "/v1/chat/completions",
                #"""
                {"messages": [
                    {"role": "user", "content": "Hi"},
                    {"role": "assistant", "content": null, "tool_calls": [\#(call)]},
                    {"role": "tool", "tool_call_id": "call_1", "content": "noon"}],
                 \#(Self.tools), "max_tokens": 4}
                """#)
            #expect(answer.status == 200, "\(answer.text)")
        }
    }

    static let refusedTools: [Refusal] = [
        Refusal(#""tools": [{"type": "function"}]"#, "tools[0].function", "required"),
        Refusal(
            #""tools": [\#(tool(#"{"name": "a b"}"#))]"#, "tools[0].function.name",
            "letters, digits"),
        Refusal(
            #""tools": [\#(tool(#"{"name": "\#(String(repeating: "a", count: 10_000))"}"#))]"#,
            "tools[0].function.name", "1 to 64"),
        Refusal(#""tools": [{"type": "web_search"}]"#, "tools[0].type", "`function`"),
        Refusal(#""tools": [\#(pick), \#(pick)]"#, "tools", "distinct names"),
        Refusal(
            #""tools": [\#((0..<1000).map { tool(#"{"name": "t\#($0)"}"#) }.joined(separator: ","))]"#,
            "tools", "at most 128"),
        Refusal(#""tool_choice": "required""#, "tool_choice", "names none"),
        Refusal(
            #"\#(tools), "tool_choice": \#(tool(#"{"name": "other"}"#))"#, "tool_choice",
            "names none"),
        Refusal(
            #"\#(tools), "tool_choice": "required", "guided_regex": "a""#, "guided_regex",
            "exclude"),
        Refusal(
            #""tool_choice": "required", "tools": [\#(tool(#"{"name": "a", "parameters": {"not": {}}}"#))]"#,
            "tools", "`not`"),
    ]

    @Test("tools that cannot be offered are refused", arguments: refusedTools.indices)
    func toolsThatCannotBeOfferedAreRefused(index: Int) async throws {
        let refusal = Self.refusedTools[index]
        try await TestServer().test { client in
            refusal.check(
                try await client.post(
                    "/v1/chat/completions", "{\(Self.chat), \(refusal.fields)}"))
        }
    }

    @Test("a model that cannot call tools says so") func aModelThatCannotCallToolsSaysSo()
        async throws
    {
        try await TestServer(hasForms: false).test { client in
            let answer = try await client.post(
                "/v1/chat/completions", "{\(Self.chat), \(Self.tools)}")
            #expect(answer.status == 400 && answer.text.contains("cannot call tools"))
            let form = try await client.post(
                "/v1/chat/completions", #"{\#(Self.chat), "guided_regex": "a"}"#)
            #expect(form.status == 400 && form.text.contains("replies of a form"))
        }
    }
}
