import ChatTemplates
import EmulatedFineTuning
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSONValues
import TestSupport
import Testing

@testable import Serving

/// `POST /v1/responses`: OpenAI's Responses API over what chats are made of.
@Suite(.timeLimit(.minutes(10))) struct ResponsesTests {
    static let uri = "/v1/responses"

    static func body(_ more: String = "", input: String = #""Hi""#) -> String {
        #"{"model": "eft", "seed": 7, "input": \#(input)\#(more)}"#
    }

    @Test("a response says what a chat completion says, in one piece and in events")
    func aResponseSaysWhatAChatCompletionSays() async throws {
        try await TestServer().test { client in
            let chat = try await client.post("/v1/chat/completions", ServerTests.chat())
            let text = chat.json["choices"][0]["message"]["content"].string
            for uri in [Self.uri, "/responses"] {
                let whole = try await client.post(uri, Self.body())
                #expect(whole.status == 200, "\(whole.text)")
                #expect(whole.json["output"][0]["content"][0]["text"].string == text)
                let usage = (whole.json["usage"], chat.json["usage"])
                #expect(usage.0["input_tokens"] == usage.1["prompt_tokens"])
                #expect(usage.0["output_tokens"] == usage.1["completion_tokens"])
                #expect(usage.0["total_tokens"] == usage.1["total_tokens"])
            }
            let streamed = try await client.post(Self.uri, Self.body(#", "stream": true"#))
            let deltas = streamed.named.filter { $0.name == "response.output_text.delta" }
            #expect(deltas.compactMap { $0.data["delta"].string }.joined() == text)
        }
    }

    @Test("events come in the order of OpenAI's, numbered, and end with the response itself")
    func eventsComeInTheOrderOfOpenAIs() async throws {
        try await TestServer().test { client in
            let answer = try await client.post(
                Self.uri,
                Self.body(#", "stream": true, "max_output_tokens": 4, "ignore_eos": true"#))
            let events = answer.named
            #expect(answer.headers[.contentType] == "text/event-stream; charset=utf-8")
            #expect(!answer.text.contains("[DONE]"))
            #expect(events.map { $0.data["sequence_number"].int } == Array(events.indices))
            #expect(events.allSatisfy { $0.data["type"].string == $0.name })
            let names = events.map(\.name).filter { $0 != "response.output_text.delta" }
            #expect(
                names == [
                    "response.created", "response.in_progress", "response.output_item.added",
                    "response.content_part.added", "response.output_text.done",
                    "response.content_part.done", "response.output_item.done",
                    "response.incomplete",
                ])
            let end = try #require(events.last).data["response"]
            let start = try #require(events.first).data["response"]
            #expect(start["status"].string == "in_progress" && start["output"].list.isEmpty)
            #expect(end["id"] == start["id"] && end["usage"]["output_tokens"].int == 4)
            let item = end["output"][0]
            for event in events where event.data["item_id"] != .null {
                #expect(event.data["item_id"] == item["id"])
            }
            let text = item["content"][0]["text"]
            #expect(events.first { $0.name == "response.output_text.done" }?.data["text"] == text)
            #expect(events.first { $0.name == "response.output_item.done" }?.data["item"] == item)
        }
    }

    @Test("a reply that is cut is incomplete, one that ends is complete")
    func aReplyThatIsCutIsIncomplete() async throws {
        try await TestServer().test { client in
            let cut = try await client.post(
                Self.uri, Self.body(#", "max_output_tokens": 3, "ignore_eos": true"#))
            #expect(cut.json["status"].string == "incomplete")
            #expect(cut.json["incomplete_details"]["reason"].string == "max_output_tokens")
            #expect(cut.json["output"][0]["status"].string == "incomplete")
            #expect(cut.json["max_output_tokens"].int == 3)
            #expect(cut.json["completed_at"] == .null)
            let whole = try await client.post(Self.uri, Self.body())
            let text = try #require(whole.json["output"][0]["content"][0]["text"].string)
            let ended = try await client.post(
                Self.uri, Self.body(#", "stop": "\#(text.dropFirst(3).prefix(2))""#))
            #expect(ended.json["status"].string == "completed")
            #expect(ended.json["output"][0]["content"][0]["text"].string == String(text.prefix(3)))
        }
    }

    @Test("input is what a chat's messages are, whatever its form")
    func inputIsWhatAChatsMessagesAre() async throws {
        let texts = [
            #"[{"role": "user", "content": "Hi"}]"#,
            #"[{"type": "message", "role": "user", "content": "Hi"}]"#,
            #"[{"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}]"#,
        ]
        try await TestServer().test { client in
            let plain = try await client.post(Self.uri, Self.body())
            for input in texts {
                let answer = try await client.post(Self.uri, Self.body(input: input))
                #expect(answer.json["output"][0]["content"] == plain.json["output"][0]["content"])
            }
            // A client sends what it got back with what it says next.
            let chat = try await client.post(
                "/v1/chat/completions",
                """
                {"model": "eft", "seed": 7, "messages": [
                    {"role": "system", "content": "Be short."}, {"role": "system", "content": "Please."},
                    {"role": "user", "content": "a\\nb"}, {"role": "assistant", "content": "Yes."},
                    {"role": "user", "content": "c"}]}
                """)
            let answer = try await client.post(
                Self.uri,
                """
                {"model": "eft", "seed": 7, "instructions": "Be short.", "input": [
                    {"role": "developer", "content": "Please."},
                    {"role": "user", "content": [{"type": "input_text", "text": "a"},
                                                 {"type": "input_text", "text": "b"}]},
                    {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "phase": null,
                     "content": [{"type": "output_text", "text": "Yes.", "annotations": [], "logprobs": []}]},
                    {"role": "user", "content": "c"}]}
                """)
            #expect(answer.json["instructions"].string == "Be short.")
            #expect(answer.json["usage"]["input_tokens"] == chat.json["usage"]["prompt_tokens"])
            #expect(
                answer.json["output"][0]["content"][0]["text"]
                    == chat.json["choices"][0]["message"]["content"])
        }
    }

    @Test("eft's own fields work as in chats") func eftsOwnFieldsWorkAsInChats() async throws {
        try await TestServer().test { client in
            let eft = #", "eft": {"parameters": {"alpha": 0}, "attributions": true}"#
            let chat = try await client.post("/v1/chat/completions", ServerTests.chat(eft))
            let answer = try await client.post(Self.uri, Self.body(eft))
            let expected = chat.json["choices"][0]
            #expect(
                answer.json["output"][0]["content"][0]["text"] == expected["message"]["content"])
            let attributions = expected["eft"]["attributions"]
            #expect(answer.json["eft"]["attributions"].agrees(with: attributions))
            #expect(answer.json["eft"]["statistics"]["generated_tokens"] != .null)
            let streamed = try await client.post(Self.uri, Self.body(eft + #", "stream": true"#))
            let tokens = streamed.named.flatMap { $0.data["eft"]["attributions"].list }
            #expect(JSON.array(tokens).agrees(with: attributions))
        }
    }

    @Test("what a response repeats of its request, and that nothing is stored")
    func whatAResponseRepeatsOfItsRequest() async throws {
        try await TestServer().test { client in
            for store in ["", #", "store": true"#, #", "store": false"#, #", "store": null"#] {
                let answer = try await client.post(
                    Self.uri,
                    Self.body(
                        store + #", "metadata": {"a_B": "c"}, "temperature": 0.5, "top_p": 0.25"#))
                #expect(answer.status == 200, "\(answer.text)")
                #expect(answer.json["store"] == .flag(false))
                #expect(answer.json["metadata"] == .object([.init(key: "a_B", value: .text("c"))]))
                #expect(answer.json["temperature"] == .number(0.5))
                #expect(answer.json["top_p"] == .number(0.25))
            }
        }
    }

    static let harmless = [
        #""truncation": "disabled""#, #""include": []"#, #""tools": []"#, #""tool_choice": "auto""#,
        #""parallel_tool_calls": false"#, #""background": false"#, #""reasoning": {}"#,
        #""reasoning": {"effort": null, "summary": null}"#,
        #""text": {"format": {"type": "text"}}"#,
        #""text": {"verbosity": "medium"}"#, #""service_tier": "auto""#, #""user": "someone""#,
        #""prompt_cache_key": "k""#, #""safety_identifier": "s""#, #""max_tool_calls": 3"#,
        #""top_logprobs": 0"#, #""previous_response_id": null"#, #""conversation": null"#,
        #""no_such_field": null"#, #""stream_options": null"#,
    ]

    @Test("a field that changes nothing is accepted, and changes nothing", arguments: harmless)
    func aFieldThatChangesNothingIsAccepted(_ field: String) async throws {
        try await TestServer().test { client in
            let without = try await client.post(Self.uri, Self.body())
            let with = try await client.post(Self.uri, Self.body(", " + field))
            #expect(with.status == 200, "\(with.text)")
            #expect(with.json["output"][0]["content"] == without.json["output"][0]["content"])
        }
    }

    /// Fields, the one that is at fault, and words of the error.
    static let refused: [(fields: String, param: String, text: String)] = [
        (
            #""previous_response_id": "resp_1""#, "previous_response_id",
            "send the earlier messages again"
        ),
        (#""conversation": "conv_1""#, "conversation", "not supported"),
        (#""prompt": {"id": "pmpt_1"}"#, "prompt", "not supported"),
        (#""background": true"#, "background", "not supported"),
        (#""include": ["message.output_text.logprobs"]"#, "include", "not supported"),
        (#""truncation": "auto""#, "truncation", "not supported"),
        (#""reasoning": {"effort": "high"}"#, "reasoning.effort", "not supported"),
        (
            #""text": {"format": {"type": "yaml"}}"#, "text.format.type",
            "must be `text`, `json_object` or `json_schema`"
        ),
        (
            #""text": {"format": {"type": "json_schema", "name": "x", "schema": {"not": {}}}}"#,
            "text.format", "`not`"
        ),
        (#""text": {"verbosity": "low"}"#, "text.verbosity", "not supported"),
        (#""n": 2"#, "n", "no field"), (#""max_tokens": 5"#, "max_tokens", "no field"),
        (#""messages": []"#, "messages", "no field"),
        (#""max_output_tokens": 0"#, "max_output_tokens", "from 1"),
        (#""max_output_tokens": 100000"#, "max_output_tokens", "must fit the context"),
        (#""temperature": 3"#, "temperature", "from 0 to 2"),
        (#""metadata": {"a": 1}"#, "metadata.a", "a string"),
        (
            #""stream_options": {"include_usage": true}, "stream": true"#,
            "stream_options.include_usage", "no field"
        ),
        (#""eft": {"parameters": {"alpha": 9}}"#, "eft", "between 0 and 2"),
    ]

    @Test("a request that cannot be kept names the field", arguments: refused)
    func aRequestThatCannotBeKeptNamesTheField(
        _ test: (fields: String, param: String, text: String)
    ) async throws {
        let server = try TestServer()
        let answer = try await server.test {
            try await $0.post(Self.uri, Self.body(", " + test.fields))
        }
        #expect(answer.status == 400, "\(answer.text)")
        #expect(answer.json["error"]["param"].string == test.param, "\(answer.text)")
        #expect(
            answer.json["error"]["message"].string?.contains(test.text) == true, "\(answer.text)")
        #expect(await server.chat.passes.isEmpty)
    }

    static let inputs: [(input: String, param: String, text: String)] = [
        ("5", "input", "a string or an array"), ("[]", "input", "at least one item"),
        ("null", "input", "required"),
        (#"[5]"#, "input[0]", "an object"),
        (#"[{"role": "user"}]"#, "input[0].content", "required"),
        (#"[{"content": "x"}]"#, "input[0].role", "required"),
        (#"[{"role": "tool", "content": "x"}]"#, "input[0].role", "must be one of"),
        (#"[{"role": "user", "content": null}]"#, "input[0].content", "required"),
        (
            #"[{"type": "function_call_output", "call_id": "1", "output": "x"}]"#,
            "input[0].call_id", "the id of an earlier call"
        ),
        (
            #"[{"type": "item_reference", "id": "msg_1"}]"#, "input[0].type",
            "received `item_reference`"
        ),
        (
            #"[{"type": "function_call", "call_id": "1", "name": "f"}]"#, "input[0].arguments",
            "missing"
        ),
        (
            #"[{"type": "function_call", "call_id": "1", "name": "f", "arguments": {}}]"#,
            "input[0].arguments", "a string"
        ),
        (#"[{"type": 5, "role": "user", "content": ""}]"#, "input[0].type", "the number 5"),
        (
            #"[{"role": "user", "content": [{"type": "input_image", "image_url": "x"}]}]"#,
            "input[0].content[0].type", "received `input_image`"
        ),
        (
            #"[{"role": "user", "content": [{"text": "x"}]}]"#, "input[0].content[0].type",
            "received null"
        ),
        (
            #"[{"role": "user", "content": [{"type": "input_text"}]}]"#, "input[0].content[0].text",
            "required"
        ),
        (#"[{"role": "user", "content": "x", "no_such": 1}]"#, "input[0].no_such", "no field"),
    ]

    @Test("input that cannot be read names its place", arguments: inputs)
    func inputThatCannotBeReadNamesItsPlace(
        _ test: (input: String, param: String, text: String)
    ) async throws {
        let answer = try await TestServer().test {
            try await $0.post(Self.uri, Self.body(input: test.input))
        }
        #expect(answer.status == 400, "\(answer.text)")
        #expect(answer.json["error"]["param"].string == test.param, "\(answer.text)")
        #expect(
            answer.json["error"]["message"].string?.contains(test.text) == true, "\(answer.text)")
    }

    @Test("input that is too long is refused under its own name")
    func inputThatIsTooLongIsRefusedUnderItsOwnName() async throws {
        let long = "\"" + String(repeating: "x", count: 600) + "\""
        let answer = try await TestServer().test {
            try await $0.post(Self.uri, Self.body(input: long))
        }
        #expect(answer.status == 400 && answer.json["error"]["param"].string == "input")
        #expect(answer.json["error"]["code"].string == "context_length_exceeded")
    }

    @Test("a strict server refuses what it does not keep, a stored response included")
    func aStrictServerRefusesWhatItDoesNotKeep() async throws {
        try await TestServer(options: ServerOptions(isStrict: true)).test { client in
            #expect(try await client.post(Self.uri, Self.body()).status == 200)
            for field in [
                #""store": true"#, #""truncation": "disabled""#, #""include": []"#,
                #""no_such": null"#,
            ] {
                let answer = try await client.post(Self.uri, Self.body(", " + field))
                #expect(answer.status == 400, "\(field): \(answer.text)")
            }
        }
    }

    @Test("a stream that fails ends with a response that failed")
    func aStreamThatFailsEndsWithAResponseThatFailed() async throws {
        let options = ServerOptions(replyTimeout: .milliseconds(150))
        try await TestServer(options: options, delay: .milliseconds(20)).test { client in
            let more = #", "ignore_eos": true, "max_output_tokens": 400"#
            let streamed = try await client.post(Self.uri, Self.body(more + #", "stream": true"#))
            let end = try #require(streamed.named.last)
            #expect(end.name == "response.failed")
            #expect(end.data["response"]["status"].string == "failed")
            #expect(end.data["response"]["error"]["code"].string == "server_error")
            #expect(
                end.data["response"]["error"]["message"].string?.contains("must be complete within")
                    == true)
            let whole = try await client.post(Self.uri, Self.body(more))
            #expect(whole.status == 504)
        }
    }

    @Test("embeddings are refused in plain words") func embeddingsAreRefusedInPlainWords()
        async throws
    {
        try await TestServer().test { client in
            for uri in ["/v1/embeddings", "/embeddings"] {
                let answer = try await client.post(uri, #"{"model": "eft", "input": "x"}"#)
                #expect(answer.status == 404)
                #expect(
                    answer.json["error"]["message"].string?.contains("makes no embeddings") == true)
            }
        }
    }
}

/// An event that has a name.
struct NamedEvent: Sendable {
    var name: String
    var data: JSON
}

extension Answer {
    /// The events of a stream whose events have names.
    var named: [NamedEvent] {
        text.split(separator: "\n\n").compactMap { event in
            let lines = event.split(separator: "\n")
            guard lines.count == 2, lines[0].hasPrefix("event: "), lines[1].hasPrefix("data: "),
                let data = try? JSONParser.parse(Array(lines[1].utf8.dropFirst(6)))
            else { return nil }
            return NamedEvent(name: String(lines[0].dropFirst(7)), data: data)
        }
    }
}
