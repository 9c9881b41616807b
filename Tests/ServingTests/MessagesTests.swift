import ChatTemplates
import EmulatedFineTuning
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSONValues
import TestSupport
import Testing

@testable import Serving

/// `POST /v1/messages`: Anthropic's Messages API over what chats are made of.
@Suite(.timeLimit(.minutes(10))) struct MessagesTests {
    static let uri = "/v1/messages"
    static let turns = #"[{"role": "user", "content": "Hi"}]"#

    static func body(_ more: String = "", messages: String = turns) -> String {
        #"{"model": "eft", "seed": 7, "max_tokens": 24, "messages": \#(messages)\#(more)}"#
    }

    @Test("a message says what a chat completion says, in one piece and in events")
    func aMessageSaysWhatAChatCompletionSays() async throws {
        try await TestServer().test { client in
            let chat = try await client.post("/v1/chat/completions", ServerTests.chat())
            let text = chat.json["choices"][0]["message"]["content"].string
            for uri in [Self.uri, "/messages"] {
                let whole = try await client.post(uri, Self.body())
                #expect(whole.status == 200, "\(whole.text)")
                #expect(whole.json["content"][0]["text"].string == text)
                let (own, usage) = (whole.json["usage"], chat.json["usage"])
                let input =
                    (own["input_tokens"].int ?? 0) + (own["cache_read_input_tokens"].int ?? 0)
                #expect(input == usage["prompt_tokens"].int)
                #expect(own["output_tokens"] == usage["completion_tokens"])
                // What was cached is no input token.
                #expect(own["cache_read_input_tokens"].int ?? 0 > 0)
            }
            let streamed = try await client.post(Self.uri, Self.body(#", "stream": true"#))
            let events = streamed.named
            #expect(events.compactMap { $0.data["delta"]["text"].string }.joined() == text)
            let names = events.map(\.name).filter { $0 != "content_block_delta" }
            #expect(
                names == [
                    "message_start", "ping", "content_block_start", "content_block_stop",
                    "message_delta", "message_stop",
                ])
            #expect(events.allSatisfy { $0.data["type"].string == $0.name })
            #expect(!streamed.text.contains("[DONE]"))
            let end = events[events.count - 2].data
            #expect(end["delta"]["stop_reason"].string == "max_tokens")
            #expect(end["usage"]["output_tokens"].int == 24)
        }
    }

    @Test("why a message ended") func whyAMessageEnded() async throws {
        try await TestServer().test { client in
            let whole = try await client.post(Self.uri, Self.body())
            #expect(whole.json["stop_reason"].string == "max_tokens")
            #expect(whole.json["stop_sequence"] == .null)
            let text = try #require(whole.json["content"][0]["text"].string)
            let stop = text.dropFirst(3).prefix(2)
            let cut = try await client.post(
                Self.uri, Self.body(#", "stop_sequences": ["\#(stop)", "~"]"#))
            #expect(cut.json["content"][0]["text"].string == String(text.prefix(3)))
            #expect(cut.json["stop_reason"].string == "stop_sequence")
            #expect(cut.json["stop_sequence"].string == String(stop))
        }
        #expect(MessageEnd(.endOfGeneration(0), sequences: []).stopReason == "end_turn")
        // A recipe's own stop string is how its model ends.
        let own = MessageEnd(.stopString("</s>"), sequences: ["~"])
        #expect(own.stopReason == "end_turn" && own.stopSequence == nil)
    }

    @Test("system and blocks are what a chat's messages are")
    func systemAndBlocksAreWhatAChatsMessagesAre() async throws {
        try await TestServer().test { client in
            let chat = try await client.post(
                "/v1/chat/completions",
                """
                {"model": "eft", "seed": 7, "max_tokens": 24, "messages": [
                    {"role": "system", "content": "Be\\nshort."}, {"role": "user", "content": "a\\nb"},
                    {"role": "assistant", "content": "Yes."}, {"role": "user", "content": "c\\nd"}]}
                """)
            let system = [
                #""Be\nshort.""#,
                """
                [{"type": "text", "text": "Be", "cache_control": {"type": "ephemeral"}},
                 {"type": "text", "text": "short.", "citations": null}]
                """,
            ]
            let messages = """
                [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
                 {"role": "assistant", "content": [{"type": "text", "text": "Yes.", "citations": []}]},
                 {"role": "user", "content": "c"}, {"role": "user", "content": "d"}]
                """
            for system in system {
                let answer = try await client.post(
                    Self.uri, Self.body(", \"system\": \(system)", messages: messages))
                #expect(answer.status == 200, "\(answer.text)")
                #expect(
                    answer.json["content"][0]["text"]
                        == chat.json["choices"][0]["message"]["content"])
                let count = try await client.post(
                    "/v1/messages/count_tokens",
                    "{\"model\": \"eft\", \"system\": \(system), \"messages\": \(messages)}")
                #expect(count.json["input_tokens"] == chat.json["usage"]["prompt_tokens"])
            }
        }
    }

    @Test("eft's own fields work as in chats") func eftsOwnFieldsWorkAsInChats() async throws {
        try await TestServer().test { client in
            let eft = #", "eft": {"parameters": {"alpha": 0}, "attributions": true}"#
            let chat = try await client.post("/v1/chat/completions", ServerTests.chat(eft))
            let expected = chat.json["choices"][0]["eft"]["attributions"]
            let answer = try await client.post(Self.uri, Self.body(eft))
            #expect(answer.json["eft"]["attributions"].agrees(with: expected))
            let streamed = try await client.post(Self.uri, Self.body(eft + #", "stream": true"#))
            let tokens = streamed.named.flatMap { $0.data["eft"]["attributions"].list }
            #expect(JSON.array(tokens).agrees(with: expected))
            #expect(
                streamed.named.contains {
                    $0.name == "message_delta" && $0.data["eft"]["statistics"] != .null
                })
        }
    }

    static let harmless = [
        #""metadata": {"user_id": "u"}"#, #""tools": []"#, #""tool_choice": {"type": "auto"}"#,
        #""service_tier": "auto""#, #""thinking": {"type": "disabled"}"#, #""container": null"#,
        #""cache_control": {"type": "ephemeral"}"#, #""system": """#, #""stop_sequences": []"#,
        #""stream": false"#, #""no_such_field": null"#,
    ]

    @Test("a field that changes nothing is accepted", arguments: harmless)
    func aFieldThatChangesNothingIsAccepted(_ field: String) async throws {
        let answer = try await TestServer().test {
            try await $0.post(Self.uri, Self.body(", " + field))
        }
        #expect(answer.status == 200, "\(answer.text)")
    }

    /// A whole body, and words of the error.
    static let refused: [(body: String, text: String)] = [
        ("{", "at byte 1"), (#"{"model": "eft", "max_tokens": 1}"#, "`messages` is missing"),
        (#"{"model": "eft", "messages": \#(turns)}"#, "`max_tokens` is missing"),
        (body(#", "n": 2"#), "no field `n`"),
        (body(#", "stop": ["x"]"#), "no field `stop`"),
        (
            body(#", "thinking": {"type": "enabled", "budget_tokens": 1024}"#),
            "`thinking` is not supported"
        ),
        (body(#", "temperature": 3"#), "from 0 to 2"),
        (body(#", "system": 5"#), "must be a string"),
        (body(#", "stop_sequences": "x""#), "`stop_sequences` must be an array"),
        (body(#", "stop_sequences": [5]"#), "`stop_sequences` must be"),
        (body(messages: "[]"), "at least one message"),
        (body(messages: #"[{"role": "system", "content": "x"}]"#), "goes into `system`"),
        (
            body(
                messages:
                    #"[{"role": "user", "content": "x"}, {"role": "assistant", "content": "He"}]"#),
            "must be of the user"
        ),
        (
            body(messages: #"[{"role": "user", "content": [{"type": "image", "source": {}}]}]"#),
            "`messages[0].content[0].type` must be `text` or `tool_result`: received `image`"
        ),
        (
            body(
                messages:
                    #"[{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1"}]}]"#
            ),
            "`messages[0].content[0].tool_use_id` must be the id of an earlier call"
        ),
        (
            body(messages: #"[{"role": "user", "content": [{"type": "tool_use", "id": "1"}]}]"#),
            "received `tool_use`"
        ),
        (
            body(
                messages:
                    #"[{"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "f", "input": []}]}]"#
            ),
            "`messages[0].content[0].input` must be an object"
        ),
        (body(messages: #"[{"role": "user", "content": [{"text": "x"}]}]"#), "received null"),
        (
            body(messages: #"[{"role": "user", "content": [{"type": "text"}]}]"#),
            "[0].text` is missing"
        ),
        (body(messages: #"[{"role": "user", "content": 5}]"#), "must be a string"),
    ]

    @Test("a request that cannot be kept is an error of Anthropic's form", arguments: refused)
    func aRequestThatCannotBeKeptIsAnErrorOfAnthropicsForm(
        _ test: (body: String, text: String)
    ) async throws {
        let server = try TestServer()
        let answer = try await server.test { try await $0.post(Self.uri, test.body) }
        #expect(answer.status == 400, "\(answer.text)")
        #expect(answer.json["type"].string == "error")
        #expect(answer.json["error"]["type"].string == "invalid_request_error")
        #expect(
            answer.json["error"]["message"].string?.contains(test.text) == true, "\(answer.text)")
        #expect(await server.chat.passes.isEmpty)
    }

    @Test("every error has Anthropic's form here, and OpenAI's elsewhere")
    func everyErrorHasAnthropicsFormHere() async throws {
        let key = try #require(HTTPField.Name("x-api-key"))
        let options = ServerOptions(keys: ["secret"], isStrict: true, bodyLimit: 2000)
        try await TestServer(options: options).test { client in
            func type(_ uri: String, _ body: String, _ headers: HTTPFields) async throws -> String?
            {
                let answer = try await client.post(uri, body, headers: headers)
                #expect(answer.json["type"].string == "error", "\(answer.text)")
                return answer.json["error"]["type"].string
            }
            let known: HTTPFields = [key: "secret"]
            #expect(try await client.post(Self.uri, Self.body(), headers: known).status == 200)
            #expect(try await type(Self.uri, Self.body(), [:]) == "authentication_error")
            let other = Self.body().replacing("\"eft\"", with: "\"claude\"")
            #expect(try await type(Self.uri, other, known) == "not_found_error")
            #expect(try await type("/v1/messages/batches", "{}", known) == "not_found_error")
            #expect(
                try await type("/messages/count_tokens", "{}", known) == "invalid_request_error")
            let large = String(repeating: " ", count: 3000)
            #expect(try await type(Self.uri, large, known) == "request_too_large")
            let chat = try await client.post("/v1/chat/completions", Self.body(), headers: [:])
            #expect(chat.json["error"]["code"].string == "invalid_api_key")
        }
        try await TestServer().test { client in
            let page = try await client.post(
                Self.uri, Self.body(), headers: [.origin: "https://evil.example"])
            #expect(page.status == 403 && page.json["error"]["type"].string == "permission_error")
        }
        try await TestServer(waiting: 0).test { client in
            let answers = try await ServerTests.together(12) {
                try await client.post(Self.uri, Self.body())
            }
            for answer in answers where answer.status != 200 {
                #expect(answer.status == 429 && answer.headers[.retryAfter] == "1")
                #expect(answer.json["error"]["type"].string == "rate_limit_error")
            }
        }
    }

    @Test("a stream that fails ends with an error")
    func aStreamThatFailsEndsWithAnError() async throws {
        let options = ServerOptions(replyTimeout: .milliseconds(150))
        try await TestServer(options: options, delay: .milliseconds(20)).test { client in
            let streamed = try await client.post(
                Self.uri,
                Self.body(#", "ignore_eos": true, "stream": true"#).replacing(
                    "\"max_tokens\": 24", with: "\"max_tokens\": 400"))
            let end = try #require(streamed.named.last)
            #expect(end.name == "error" && end.data["type"].string == "error")
            #expect(end.data["error"]["type"].string == "timeout_error")
        }
    }
}
