import ChatTemplates
import EmulatedFineTuning
import Foundation
import HummingbirdTesting
import TestSupport
import Testing

@testable import Serving

/// Fields that this server does not keep are accepted where they change nothing, and refused elsewhere.
@Suite(.timeLimit(.minutes(10))) struct UnkeptFieldTests {
    /// A request, and a field of it.
    struct Case: CustomTestStringConvertible, Sendable {
        enum Place: String { case chat, completion, message, assistant, part }

        var place: Place
        /// `"store": false`
        var field: String
        /// What an error calls the field; nil: the field's own name.
        var param: String?

        init(_ place: Place, _ field: String, _ param: String? = nil) {
            self.place = place
            self.field = field
            self.param = param ?? String(field.split(separator: "\"")[0])
        }

        var testDescription: String { "\(place): \(field.prefix(60))" }

        var uri: String { place == .completion ? "/v1/completions" : "/v1/chat/completions" }

        /// The request, with the field in its place, or without.
        func body(_ field: String) -> String {
            func more(_ place: Place) -> String {
                field.isEmpty || self.place != place ? "" : ", " + field
            }
            let options = #""model": "eft", "seed": 7, "max_tokens": 4"#
            guard place != .completion else {
                return "{\(options), \"prompt\": \"ab\"\(more(.completion))}"
            }
            let part = "{\"type\": \"text\", \"text\": \"Hi\"\(more(.part))}"
            let hasContent = place == .assistant && field.hasPrefix("\"content\"")
            let content = hasContent ? "" : ", \"content\": \"\""
            return """
                {\(options), "messages": [
                    {"role": "user", "content": [\(part)]\(more(.message))},
                    {"role": "assistant"\(content)\(more(.assistant))},
                    {"role": "user", "content": "Hi"}]\(more(.chat))}
                """
        }
    }

    static let harmless: [Case] =
        [
            #""metadata": {}"#, #""metadata": {"purpose": "test"}"#, #""service_tier": "auto""#,
            #""service_tier": "default""#, #""store": false"#, #""prompt_cache_key": "k""#,
            #""safety_identifier": "someone""#, #""user": "someone""#, #""min_tokens": 0"#,
            #""min_tokens": 0.0"#, #""stop_token_ids": []"#, #""skip_special_tokens": true"#,
            #""n": 1"#, #""priority": 0"#, #""length_penalty": 1.0"#, #""top_n_sigma": -1"#,
            #""stop": []"#, #""logit_bias": {}"#, #""no_such_field": null"#,
            #""guided_json": null"#,
            #""stream": false"#, #""cache_prompt": true"#,
        ].flatMap { [Case(.chat, $0), Case(.completion, $0)] }
        + [
            #""modalities": ["text"]"#, #""parallel_tool_calls": true"#,
            #""parallel_tool_calls": false"#, #""tools": []"#, #""tool_choice": "none""#,
            #""tool_choice": "auto""#, #""functions": []"#, #""function_call": "none""#,
            #""response_format": {"type": "text", "json_schema": null}"#, #""audio": null"#,
            #""add_generation_prompt": true"#,
            #""continue_final_message": false"#, #""verbosity": "medium""#,
            #""reasoning_effort": null"#, #""logprobs": false"#, #""eft": {"no_such_field": null}"#,
        ].map { Case(.chat, $0) }
        + [
            #""best_of": 1"#, #""n": 1, "best_of": 1"#, #""suffix": """#,
            #""response_format": {"type": "text"}"#, #""add_special_tokens": true"#,
            #""parse_special": true"#,
        ].map { Case(.completion, $0) }
        + [
            #""name": "Ada""#, #""cache_control": {"type": "ephemeral"}"#, #""tool_calls": []"#,
            #""tool_call_id": null"#, #""no_such_field": null"#,
        ].map { Case(.message, $0) }
        + [
            #""content": null"#, #""refusal": null"#, #""annotations": []"#, #""audio": null"#,
            #""function_call": null"#, #""tool_calls": null"#, #""reasoning_content": null"#,
            #""reasoning_content": """#, #""name": "Eve""#,
        ].map { Case(.assistant, $0) }
        + [#""cache_control": {"type": "ephemeral"}"#, #""annotations": []"#].map {
            Case(.part, $0)
        }

    @Test("a field that changes nothing is accepted, and changes nothing", arguments: harmless)
    func aFieldThatChangesNothingIsAccepted(_ test: Case) async throws {
        try await TestServer().test { client in
            let without = try await client.post(test.uri, test.body(""))
            let with = try await client.post(test.uri, test.body(test.field))
            #expect(without.status == 200 && with.status == 200, "\(with.text)")
            #expect(with.json["choices"] == without.json["choices"])
            #expect(with.json["usage"]["prompt_tokens"] == without.json["usage"]["prompt_tokens"])
        }
    }

    static let harmful: [Case] =
        [
            #""service_tier": "flex""#, #""store": true"#, #""min_tokens": 5"#,
            #""stop_token_ids": [5]"#, #""skip_special_tokens": false"#, #""guided_json": 1"#,
            #""priority": 1"#, #""length_penalty": 0.5"#, #""grammar": "root""#,
            #""no_such_field": 0"#, #""no_such_field": false"#,
        ].flatMap { [Case(.chat, $0), Case(.completion, $0)] }
        + [
            #""modalities": ["text", "audio"]"#, #""modalities": []"#,
            #""tool_choice": "required""#, #""parallel_tool_calls": 1"#,
            #""reasoning_effort": "high""#, #""verbosity": "low""#,
            #""continue_final_message": true"#, #""web_search_options": {}"#,
        ].map { Case(.chat, $0) }
        + [#""best_of": 2"#, #""suffix": "b""#].map { Case(.completion, $0) }
        + [
            Case(.message, #""no_such_field": 1"#, "messages[0].no_such_field"),
            Case(.assistant, #""tool_calls": [{}]"#, "messages[1].tool_calls[0].function"),
            Case(.assistant, #""refusal": "No.""#, "messages[1].refusal"),
            Case(.part, #""no_such_field": 1"#, "messages[0].content[0].no_such_field"),
        ]

    @Test("a value that would change the reply is refused by name", arguments: harmful)
    func aValueThatWouldChangeTheReplyIsRefusedByName(_ test: Case) async throws {
        let answer = try await TestServer().test { client in
            try await client.post(test.uri, test.body(test.field))
        }
        #expect(answer.status == 400, "\(answer.text)")
        #expect(answer.json["error"]["param"].string == test.param, "\(answer.text)")
    }

    @Test("as many best ones as there are choices are all of them")
    func asManyBestOnesAsThereAreChoicesAreAllOfThem() async throws {
        try await TestServer().test { client in
            let rest = #""model": "eft", "prompt": "ab", "seed": 1, "max_tokens": 2, "n": 2"#
            let plain = try await client.post("/v1/completions", "{\(rest)}")
            let best = try await client.post("/v1/completions", "{\(rest), \"best_of\": 2}")
            #expect(best.status == 200 && best.json["choices"] == plain.json["choices"])
            let three = try await client.post("/v1/completions", "{\(rest), \"best_of\": 3}")
            #expect(three.status == 400 && three.json["error"]["param"].string == "best_of")
        }
    }

    @Test(
        "a strict server refuses all that it does not keep",
        arguments: harmless.filter { test in
            // These are fields that it keeps, or `null` for ones that it knows by name.
            ![
                "user", "n", "stop", "logit_bias", "stream", "logprobs", "add_special_tokens",
                "tools", "tool_choice", "tool_calls", "parallel_tool_calls", "response_format",
                "reasoning_content",
            ].contains { test.field.hasPrefix("\"\($0)\"") }
                && !test.field.hasSuffix("null") && !test.field.contains("\"json_schema\": null")
                && !test.field.contains("parse_special")
        })
    func aStrictServerRefusesAllThatItDoesNotKeep(_ test: Case) async throws {
        try await TestServer(options: ServerOptions(isStrict: true)).test { client in
            let without = try await client.post(test.uri, test.body(""))
            #expect(without.status == 200, "\(without.text)")
            let with = try await client.post(test.uri, test.body(test.field))
            #expect(with.status == 400, "\(with.text)")
        }
    }

    @Test("a strict server refuses unknown fields that are null, and contents that are")
    func aStrictServerRefusesUnknownFieldsThatAreNull() async throws {
        try await TestServer(options: ServerOptions(isStrict: true)).test { client in
            for test in [
                Case(.chat, #""no_such_field": null"#), Case(.assistant, #""content": null"#),
                Case(.message, #""no_such_field": null"#),
            ] {
                let answer = try await client.post(test.uri, test.body(test.field))
                #expect(answer.status == 400, "\(answer.text)")
            }
        }
    }

    @Test("a message of someone else needs its content")
    func aMessageOfSomeoneElseNeedsItsContent() async throws {
        let answer = try await TestServer().test { client in
            try await client.post(
                "/v1/chat/completions",
                #"{"model": "eft", "messages": [{"role": "user", "content": null}]}"#)
        }
        #expect(answer.status == 400)
        #expect(answer.json["error"]["param"].string == "messages[0].content", "\(answer.text)")
    }

    @Test("/tokenize and /detokenize accept what changes nothing, too")
    func tokenizeAndDetokenizeAcceptWhatChangesNothingToo() async throws {
        let chat = #"{"messages": [{"role": "user", "content": "Hi"}], "#
        func statuses(_ bodies: [(String, String)], strict: Bool) async throws -> [Int] {
            try await TestServer(options: ServerOptions(isStrict: strict)).test { client in
                var statuses: [Int] = []
                for (uri, body) in bodies {
                    statuses.append(try await client.post(uri, body).status)
                }
                return statuses
            }
        }
        let harmless = [
            ("/tokenize", chat + #""continue_final_message": false}"#),
            ("/tokenize", chat + #""mm_processor_kwargs": {}}"#),
            ("/tokenize", #"{"prompt": "a", "no_such_field": null}"#),
            ("/detokenize", #"{"tokens": [97], "no_such_field": null}"#),
        ]
        #expect(try await statuses(harmless, strict: false) == [200, 200, 200, 200])
        #expect(try await statuses(harmless, strict: true) == [400, 400, 400, 400])
        let harmful = [
            ("/tokenize", chat + #""chat_template": "x"}"#),
            ("/tokenize", chat + #""continue_final_message": true}"#),
            ("/detokenize", #"{"tokens": [97], "no_such_field": 1}"#),
        ]
        #expect(try await statuses(harmful, strict: false) == [400, 400, 400])
    }

    @Test(
        "every field that is not kept stands in the API's document",
        arguments: [
            UnkeptField.chat, UnkeptField.completion, UnkeptField.message, UnkeptField.part,
            UnkeptField.tokenize, UnkeptField.applyTemplate, UnkeptField.responses,
            UnkeptField.reasoning, UnkeptField.textOptions, UnkeptField.inputItem,
            UnkeptField.inputPart, UnkeptField.messages, UnkeptField.block,
            UnkeptField.reasoningItem, UnkeptField.responsesTool, UnkeptField.messagesTool,
            UnkeptField.toolBlock, UnkeptField.thoughtBlock, UnkeptField.structuredOutputs,
        ])
    func everyFieldThatIsNotKeptStandsInTheDocument(_ table: [String: UnkeptField]) throws {
        let document = try String(
            contentsOfFile: RepositoryFiles.path("Documentation/openapi.yaml"), encoding: .utf8)
        for (name, field) in table {
            if case .refused = field { continue }
            #expect(document.contains(" \(name):"), "\(name)")
        }
    }
}
