import ChatTemplates
import EmulatedFineTuning
import JSONValues
import TestSupport
import Testing

@testable import Serving

/// Tools on `/v1/responses` and `/v1/messages`: what they are on `/v1/chat/completions`, in other words.
@Suite(.timeLimit(.minutes(10))) struct ToolRouteTests {
    static let schema = StructuredReplyTests.schema

    /// A route, and its words for the same things.
    struct Route: CustomTestStringConvertible, Sendable {
        var uri: String
        var start: String
        var limit: String
        var chat: String
        /// A tool by its name and the schema of its arguments.
        var tool: @Sendable (String, String) -> String
        /// Fields of a reply that calls one function once.
        var named: @Sendable (String) -> String
        /// A chat in which `now` was called, and returned `noon`.
        var history: String
        var testDescription: String { uri }
    }

    static let chat = Route(
        uri: "/v1/chat/completions", start: #""messages": "#, limit: "max_tokens",
        chat: #"[{"role": "user", "content": "Hi"}]"#,
        tool: {
            #"{"type": "function", "function": {"name": "\#($0)", "description": "D", "parameters": \#($1)}}"#
        },
        named: {
            #", "parallel_tool_calls": false, "tool_choice": {"type": "function", "function": {"name": "\#($0)"}}"#
        },
        history: #"""
            [{"role": "user", "content": "Hi"},
             {"role": "assistant", "content": "So:", "reasoning_content": "Hm.", "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "now", "arguments": "{\"n\": 123456789012345678901}"}},
                {"id": "c2", "type": "function", "function": {"name": "now", "arguments": "{}"}}]},
             {"role": "tool", "tool_call_id": "c1", "content": "noon\nor so"},
             {"role": "tool", "tool_call_id": "c2", "content": "late"},
             {"role": "user", "content": "And?"}]
            """#)

    static let responses = Route(
        uri: "/v1/responses", start: #""input": "#, limit: "max_output_tokens",
        chat: #"[{"role": "user", "content": "Hi"}]"#,
        tool: {
            #"{"type": "function", "name": "\#($0)", "parameters": \#($1), "strict": false, "description": "D"}"#
        },
        named: {
            #", "parallel_tool_calls": false, "tool_choice": {"type": "function", "name": "\#($0)"}"#
        },
        history: #"""
            [{"role": "user", "content": "Hi"},
             {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": null,
              "content": [{"type": "reasoning_text", "text": "Hm."}]},
             {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "So:"}]},
             {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "now", "status": "completed",
              "arguments": "{\"n\":  123456789012345678901}"},
             {"type": "function_call", "call_id": "c2", "name": "now", "arguments": "{}"},
             {"type": "function_call_output", "call_id": "c1",
              "output": [{"type": "input_text", "text": "noon"}, {"type": "input_text", "text": "or so"}]},
             {"type": "function_call_output", "call_id": "c2", "output": "late"},
             {"role": "user", "content": "And?"}]
            """#)

    static let messages = Route(
        uri: "/v1/messages", start: #""messages": "#, limit: "max_tokens",
        chat: #"[{"role": "user", "content": "Hi"}]"#,
        tool: {
            #"{"name": "\#($0)", "input_schema": \#($1), "description": "D", "cache_control": {"type": "ephemeral"}}"#
        },
        named: {
            #", "tool_choice": {"type": "tool", "name": "\#($0)", "disable_parallel_tool_use": true}"#
        },
        history: #"""
            [{"role": "user", "content": "Hi"},
             {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": "x"}, {"type": "text", "text": "So:"},
                {"type": "tool_use", "id": "c1", "name": "now", "input": {"n": 123456789012345678901}},
                {"type": "tool_use", "id": "c2", "name": "now", "input": {}}]},
             {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "c1",
                 "content": [{"type": "text", "text": "noon"}, {"type": "text", "text": "or so"}]},
                {"type": "tool_result", "tool_use_id": "c2", "content": "late", "is_error": false},
                {"type": "text", "text": "And?"}]}]
            """#)

    static let routes = [chat, responses, messages]

    static func body(
        _ route: Route, _ more: String = "", chat: String? = nil, tools: [String]? = nil,
        limit: Int = 120, seed: Int = 1
    ) -> String {
        let tools = tools ?? [route.tool("pick", schema), route.tool("now", "{}")]
        return """
            {"model": "eft", \(route.start)\(chat ?? route.chat), "\(route.limit)": \(limit), "seed": \(seed),
             "tools": [\(tools.joined(separator: ","))]\(more)}
            """
    }

    /// Tokens of a prompt, as the route counts them.
    static func promptTokens(_ answer: Answer) -> Int? {
        let usage = answer.json["usage"]
        guard let fresh = usage["input_tokens"].int ?? usage["prompt_tokens"].int else {
            return nil
        }
        return fresh + (usage["cache_read_input_tokens"].int ?? 0)
    }

    @Test("the model reads the same tools, calls and results whichever the route")
    func theModelReadsTheSameWhicheverTheRoute() async throws {
        try await TestServer().test { client in
            for chat in [\Route.chat, \Route.history] {
                var counts: Set<Int?> = []
                for route in Self.routes {
                    let answer = try await client.post(
                        route.uri,
                        Self.body(
                            route, chat: route[keyPath: chat],
                            tools: [route.tool("pick", #"{"type":"object"}"#)], limit: 1))
                    #expect(answer.status == 200, "\(answer.text)")
                    counts.insert(Self.promptTokens(answer))
                }
                let count = try await client.post(
                    "/v1/messages/count_tokens",
                    """
                    {"messages": \(Self.messages[keyPath: chat]),
                     "tools": [\(Self.messages.tool("pick", #"{"type":"object"}"#))]}
                    """)
                counts.insert(count.json["input_tokens"].int)
                #expect(counts.count == 1 && counts.first != .some(nil), "\(counts)")
            }
        }
    }

    @Test("a history is the same chat whichever the route") func aHistoryIsTheSameChat() throws {
        func json(_ route: Route) throws -> JSON {
            try JSONParser.parse(Array(Self.body(route, chat: route.history).utf8))
        }
        let (chat, responses, messages) = (
            try ChatCompletionRequest(json(Self.chat)), try ResponsesRequest(json(Self.responses)),
            try MessagesRequest(json(Self.messages))
        )
        #expect(chat.messages.map(\.role) == ["user", "assistant", "tool", "tool", "user"])
        #expect(responses.messages == chat.messages && messages.messages == chat.messages)
        #expect(responses.tools.json == chat.tools.json && messages.tools.json == chat.tools.json)
        // Digits that no `Int` holds are kept.
        let calls = chat.messages[1].fields.map(\.value.text).joined()
        #expect(calls.contains(#"{"n":123456789012345678901}"#), "\(calls)")
    }

    @Test("templates get the arguments of calls as they take them: as values, or as JSON text")
    func templatesGetArgumentsAsTheyTakeThem() {
        func call(_ arguments: JSON) -> ChatMessage {
            let function = JSON.object([
                .init(key: "name", value: .text("now")),
                .init(key: "arguments", value: arguments),
            ])
            let call = JSON.object([.init(key: "function", value: function)])
            return ChatMessage(
                role: "assistant", content: "",
                fields: [.init(key: "tool_calls", value: .array([call]))])
        }
        let values = call(.object([.init(key: "n", value: .integer(1))]))
        let text = call(.text(#"{"n":1}"#))
        for message in [values, text] {
            #expect(message.withArguments(asText: false) == values)
            #expect(message.withArguments(asText: true) == text)
        }
        let broken = call(.text("{"))
        #expect(broken.withArguments(asText: false) == broken)
    }

    /// What a route's answer calls: names and arguments; nil: it also says something, or ended otherwise.
    static func calls(_ answer: Answer, _ route: Route) throws -> [(
        name: String?, arguments: JSON
    )]? {
        func parsed(_ text: JSON) throws -> JSON {
            try JSONParser.parse(Array(try #require(text.string).utf8))
        }
        let json = answer.json
        switch route.uri {
        case messages.uri:
            let blocks = json["content"].list
            guard json["stop_reason"].string == "tool_use",
                blocks.allSatisfy({
                    $0["type"].string == "tool_use" && $0["id"].string?.hasPrefix("toolu_") == true
                })
            else { return nil }
            return blocks.map { ($0["name"].string, $0["input"]) }
        case responses.uri:
            let items = json["output"].list
            guard json["status"].string == "completed",
                items.allSatisfy({
                    $0["type"].string == "function_call" && $0["status"].string == "completed"
                        && $0["call_id"].string?.hasPrefix("call_") == true
                        && $0["id"].string?.hasPrefix("fc_") == true
                })
            else { return nil }
            return try items.map { ($0["name"].string, try parsed($0["arguments"])) }
        default:
            let choice = json["choices"][0]
            guard choice["finish_reason"].string == "tool_calls" else { return nil }
            return try choice["message"]["tool_calls"].list.map {
                ($0["function"]["name"].string, try parsed($0["function"]["arguments"]))
            }
        }
    }

    @Test("a reply that must call a tool does, and it is the same call on every route")
    func aReplyThatMustCallAToolDoes() async throws {
        try await TestServer().test { client in
            for seed in 0..<3 {
                var replies: Set<JSON> = []
                for route in Self.routes {
                    let answer = try await client.post(
                        route.uri,
                        Self.body(route, route.named("pick"), seed: seed))
                    #expect(answer.status == 200, "\(answer.text)")
                    let calls = try #require(try Self.calls(answer, route), "\(answer.text)")
                    #expect(calls.map(\.name) == ["pick"])
                    #expect(StructuredReplyTests.isOfSchema(calls[0].arguments.text))
                    replies.insert(calls[0].arguments)
                }
                #expect(replies.count == 1)
            }
        }
    }

    @Test("a response's calls come in OpenAI's events") func aResponsesCallsComeInEvents()
        async throws
    {
        let fields = #", "tool_choice": "required", "parallel_tool_calls": false"#
        @Sendable func body(_ more: String) -> String {
            Self.body(
                Self.responses, fields + more, tools: [Self.responses.tool("pick", Self.schema)])
        }
        try await TestServer().test { client in
            let whole = try await client.post(Self.responses.uri, body(""))
            #expect(whole.json["tools"].list.map { $0["name"].string } == ["pick"])
            #expect(
                whole.json["tools"][0]["parameters"]
                    == (try JSONParser.parse(Array(Self.schema.utf8))))
            #expect(whole.json["tool_choice"].string == "required")
            #expect(whole.json["parallel_tool_calls"] == .flag(false))
            let streamed = try await client.post(
                Self.responses.uri, body(#", "stream": true, "eft": {"attributions": true}"#))
            let events = streamed.named
            #expect(
                events.map(\.name) == [
                    "response.created", "response.in_progress", "response.output_item.added",
                    "response.function_call_arguments.delta",
                    "response.function_call_arguments.done", "response.output_item.done",
                    "response.completed",
                ])
            #expect(events.map { $0.data["sequence_number"].int } == Array(events.indices))
            let call = whole.json["output"][0]
            let (added, delta, done) = (events[2].data, events[3].data, events[4].data)
            #expect(added["item"]["name"] == call["name"])
            #expect(added["item"]["arguments"].string == "" && added["output_index"].int == 0)
            #expect(delta["delta"] == call["arguments"] && delta["item_id"] == added["item"]["id"])
            #expect(done["arguments"] == call["arguments"])
            let item = events[5].data["item"]
            #expect(
                item["arguments"] == call["arguments"]
                    && item["call_id"] == added["item"]["call_id"])
            #expect(events[6].data["response"]["output"] == .array([item]))
            // Every token is told of once.
            let told = events.flatMap { $0.data["eft"]["attributions"].list }
            #expect(told == events[6].data["response"]["eft"]["attributions"].list)
        }
    }

    @Test("a message's calls come in Anthropic's events") func aMessagesCallsComeInEvents()
        async throws
    {
        let fields = #", "tool_choice": {"type": "any", "disable_parallel_tool_use": true}"#
        @Sendable func body(_ more: String) -> String {
            Self.body(
                Self.messages, fields + more, tools: [Self.messages.tool("pick", Self.schema)])
        }
        try await TestServer().test { client in
            let whole = try await client.post(Self.messages.uri, body(""))
            let streamed = try await client.post(Self.messages.uri, body(#", "stream": true"#))
            let events = streamed.named
            #expect(
                events.map(\.name) == [
                    "message_start", "ping", "content_block_start", "content_block_delta",
                    "content_block_stop", "message_delta", "message_stop",
                ])
            let call = whole.json["content"][0]
            let (start, delta) = (events[2].data["content_block"], events[3].data["delta"])
            #expect(start["type"].string == "tool_use" && start["input"] == .object([]))
            #expect(
                start["name"] == call["name"] && start["id"].string?.hasPrefix("toolu_") == true)
            #expect(delta["type"].string == "input_json_delta")
            let sent = try JSONParser.parse(Array((delta["partial_json"].string ?? "").utf8))
            #expect(sent == call["input"])
            #expect(events[5].data["delta"]["stop_reason"].string == "tool_use")
        }
    }

    @Test("a form beside tools is kept, and tools that must not be called are not shown")
    func aFormBesideToolsIsKept() async throws {
        try await TestServer().test { client in
            let format =
                #"{"format": {"type": "json_schema", "name": "r", "schema": \#(Self.schema)}}"#
            let answer = try await client.post(
                Self.responses.uri, Self.body(Self.responses, #", "text": \#(format)"#))
            let text = answer.json["output"][0]["content"][0]["text"].string ?? ""
            #expect(StructuredReplyTests.isOfSchema(text), "\(answer.text)")
            let none = try await client.post(
                Self.responses.uri,
                Self.body(Self.responses, #", "tool_choice": "none""#, limit: 1))
            let plain = try await client.post(
                Self.responses.uri, Self.body(Self.responses, tools: [], limit: 1))
            #expect(Self.promptTokens(none) == Self.promptTokens(plain))
        }
    }

    /// Tools, other fields, and words of the error.
    static let refused: [(route: Route, tools: [String], fields: String, text: String)] = [
        (
            responses, [#"{"type": "web_search"}"#], "",
            "`tools[0].type` must be `function`: received `web_search`"
        ),
        (responses, [#"{"type": "custom", "name": "f"}"#], "", "received `custom`"),
        (responses, [chat.tool("f", "{}")], "", "no field `tools[0].function`"),
        (responses, [#"{"type": "function"}"#], "", "`tools[0].name` is missing"),
        (responses, [responses.tool("a b", "{}")], "", "letters, digits"),
        (responses, [responses.tool("f", "[]")], "", "`tools[0].parameters` must be an object"),
        (responses, [responses.tool("f", "{}"), responses.tool("f", "{}")], "", "distinct names"),
        (responses, [], #", "tool_choice": "required""#, "names none"),
        (responses, [], #", "tool_choice": "auto!""#, "received `auto!`"),
        (
            responses, [responses.tool("f", "{}")],
            #", "tool_choice": {"type": "function", "name": "g"}"#, "names none"
        ),
        (
            responses, [], #", "tool_choice": {"type": "web_search_preview"}"#,
            "`tool_choice.type` must be `function`"
        ),
        (
            responses, [responses.tool("f", "{}")],
            #", "tool_choice": "required", "text": {"format": {"type": "json_object"}}"#, "exclude"
        ),
        (
            responses, [responses.tool("f", #"{"not": {}}"#)], #", "tool_choice": "required""#,
            "`not`"
        ),
        (
            messages, [#"{"type": "bash_20250124", "name": "bash"}"#], "",
            "must be `custom`: received `bash_20250124`"
        ),
        (messages, [responses.tool("f", "{}")], "", "received `function`"),
        (messages, [#"{"name": "f", "parameters": {}}"#], "", "no field `tools[0].parameters`"),
        (messages, [#"{"input_schema": {}}"#], "", "`tools[0].name` is missing"),
        (messages, [#"{"name": "f"}"#], "", "`tools[0].input_schema` is missing"),
        (messages, [], #", "tool_choice": {"type": "any"}"#, "names none"),
        (messages, [], #", "tool_choice": {"type": "tool"}"#, "names none"),
        (messages, [], #", "tool_choice": {"type": "required"}"#, "received `required`"),
        (messages, [], #", "tool_choice": "any""#, "`tool_choice` must be an object"),
    ]

    @Test("tools that cannot be offered are refused", arguments: refused.indices)
    func toolsThatCannotBeOfferedAreRefused(index: Int) async throws {
        let test = Self.refused[index]
        let server = try TestServer()
        let answer = try await server.test {
            try await $0.post(test.route.uri, Self.body(test.route, test.fields, tools: test.tools))
        }
        #expect(answer.status == 400, "\(answer.text)")
        let message = answer.json["error"]["message"].string ?? ""
        #expect(message.contains(test.text) && message.count < 400, "\(message)")
        #expect(await server.chat.passes.isEmpty)
    }

    @Test("a model that cannot call tools says so on every route")
    func aModelThatCannotCallToolsSaysSo() async throws {
        try await TestServer(hasForms: false).test { client in
            for route in Self.routes {
                let answer = try await client.post(route.uri, Self.body(route))
                #expect(answer.status == 400 && answer.text.contains("cannot call tools"))
            }
        }
    }

    @Test("what a tool returned in error says so") func whatAToolReturnedInErrorSaysSo() throws {
        let body = Self.body(
            Self.messages,
            chat: Self.messages.history.replacing("\"is_error\": false", with: "\"is_error\": true")
        )
        let request = try MessagesRequest(JSONParser.parse(Array(body.utf8)))
        #expect(request.messages.map(\.role) == ["user", "assistant", "tool", "tool", "user"])
        #expect(
            request.messages.map(\.content) == ["Hi", "So:", "noon\nor so", "Error: late", "And?"])
    }
}
