import ChatTemplates
import EmulatedFineTuning
import Hummingbird
import JSONValues
import TestSupport
import Testing

@testable import Serving

/// What clients send in error or malice: refused with a status, and an error that names the field.
@Suite(.timeLimit(.minutes(10))) struct RefusalTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var fields: String
        var param: String?
        var text: String
        var status = 400

        var testDescription: String { String(fields.prefix(60)) }
    }

    static let chat = #""model": "eft", "messages": [{"role": "user", "content": "Hi"}]"#

    static let fields = [
        Case(fields: #""n": 1000000000"#, param: "n", text: "from 1 to 128"),
        Case(fields: #""n": 0"#, param: "n", text: "received the number 0"),
        Case(fields: #""n": 1.5"#, param: "n", text: "a whole number"),
        Case(fields: #""n": true"#, param: "n", text: "received true"),
        Case(fields: #""max_tokens": -1"#, param: "max_tokens", text: "from 1 to 1000000000"),
        Case(fields: #""max_tokens": 0"#, param: "max_tokens", text: "from 1"),
        Case(
            fields: #""max_tokens": 100000"#, param: "max_tokens",
            text: "Prompt and reply must fit the context"),
        Case(
            fields: #""max_tokens": 9223372036854775808"#, param: "max_tokens", text: "from 1"),
        Case(
            fields: #""max_tokens": 5, "max_completion_tokens": 6"#, param: "max_tokens",
            text: "Give only one"),
        Case(fields: #""temperature": -0.1"#, param: "temperature", text: "from 0 to 2"),
        Case(fields: #""temperature": "hot""#, param: "temperature", text: "received a string"),
        Case(fields: #""temperature": NaN"#, param: nil, text: "at byte"),
        Case(fields: #""temperature": 1e999"#, param: nil, text: "too large"),
        Case(fields: #""top_p": 1.01"#, param: "top_p", text: "from 0 to 1"),
        Case(fields: #""min_p": -1"#, param: "min_p", text: "from 0 to 1"),
        Case(fields: #""presence_penalty": 3"#, param: "presence_penalty", text: "from -2 to 2"),
        Case(fields: #""seed": 0.5"#, param: "seed", text: "whole number"),
        Case(fields: #""stop": 5"#, param: "stop", text: "a string or an array"),
        Case(fields: #""stop": """#, param: "stop", text: "none empty"),
        Case(fields: #""stop": ["a", null]"#, param: "stop", text: "received null"),
        Case(fields: #""top_logprobs": 5"#, param: "top_logprobs", text: "needs `logprobs"),
        Case(
            fields: #""logprobs": true, "top_logprobs": 21"#, param: "top_logprobs",
            text: "from 0 to 20"),
        Case(fields: #""logit_bias": {"x": 1}"#, param: "logit_bias", text: "token ids"),
        Case(fields: #""logit_bias": {"1": 101}"#, param: "logit_bias", text: "-100 to 100"),
        Case(fields: #""logit_bias": {"258": 1}"#, param: "logit_bias", text: "token ids 0 to 257"),
        Case(fields: #""logit_bias": [1]"#, param: "logit_bias", text: "an object"),
        Case(fields: #""stream": 1"#, param: "stream", text: "true or false"),
        Case(fields: #""stream_options": {}"#, param: "stream_options", text: "needs `stream"),
        Case(
            fields: #""stream": true, "stream_options": {"x": 1}"#, param: "stream_options.x",
            text: "no field"),
        Case(fields: #""tools": [1]"#, param: "tools[0]", text: "must be an object"),
        Case(fields: #""temprature": 1"#, param: "temprature", text: "Did you mean `temperature`"),
        Case(
            fields: #""repeat_penalty": 1.1"#, param: "repeat_penalty",
            text: "There is no field `repeat_penalty`. Did you mean `repetition_penalty`?"),
        Case(
            fields: #""num_predict": 8"#, param: "num_predict", text: "Did you mean `max_tokens`?"),
        Case(
            fields: #""num_ctx": 8"#, param: "num_ctx", text: "The recipe sets it, as `context`."),
        Case(fields: #""n": 1, "n": 2"#, param: nil, text: "given twice"),
        Case(
            fields: #""response_format": {"type": "json_schema"}"#,
            param: "response_format.json_schema", text: "is missing"),
        Case(
            fields: #""response_format": {"type": "yaml"}"#,
            param: "response_format.type", text: "`text`, `json_object` or `json_schema`"),
        Case(fields: #""eft": 1"#, param: "eft", text: "must be an object"),
        Case(fields: #""eft": {"lambda": 1}"#, param: "eft.lambda", text: "no field"),
        Case(
            fields: #""eft": {"parameters": {"alhpa": 1}}"#, param: "eft",
            text: "Did you mean `alpha`"),
        Case(
            fields: #""eft": {"parameters": {"alpha": 9}}"#, param: "eft", text: "between 0 and 2"),
        Case(
            fields: #""eft": {"parameters": {"alpha": "1"}}"#, param: "eft.parameters.alpha",
            text: "a number"),
        Case(
            fields: #""eft": {"speculation": 99}"#, param: "eft.speculation", text: "from 0 to 64"),
        Case(fields: #""eft": {"mask": {}}"#, param: "eft.mask", text: "exactly one"),
        Case(
            fields: #""eft": {"mask": {"nucleus": 0}}"#, param: "eft", text: "more than 0"),
        Case(
            fields: #""eft": {"mask": {"nucleus": 0.5, "of": "chat +"}}"#, param: "eft",
            text: "chat"),
        Case(
            fields: #""eft": {"only": "larg"}"#, param: "eft.only",
            text: "`larg` is not one. There are: `large`, `chat`, `small`."),
        Case(fields: #""eft": {"only": 1}"#, param: "eft.only", text: "must be a string"),
        Case(
            fields: #""eft": {"only": "large", "mask": "none"}"#, param: "eft.mask",
            text: "Give either `eft.mask` or `eft.only`"),
        Case(
            fields: #""eft": {"only": "large", "parameters": {"alpha": 9}}"#, param: "eft",
            text: "between 0 and 2"),
        Case(fields: #""n": 100"#, param: nil, text: "at most 68 replies"),
    ]

    @Test("a chat request that cannot be kept names the field", arguments: fields)
    func aChatRequestThatCannotBeKeptNamesTheField(_ test: Case) async throws {
        let server = try TestServer()
        let answer = try await server.test { client in
            try await client.post("/v1/chat/completions", "{\(Self.chat), \(test.fields)}")
        }
        #expect(answer.status == 400, "\(answer.text)")
        #expect(answer.json["error"]["param"].string == test.param, "\(answer.text)")
        let message = answer.json["error"]["message"].string ?? ""
        #expect(message.contains(test.text), "\(message)")
        #expect(answer.json["error"]["type"].string == "invalid_request_error")
        #expect(try await server.settled().busySlots == 0)
    }

    static let bodies = [
        Case(fields: "", text: "at byte 0, the text ends"),
        Case(fields: "{", text: "at byte 1"),
        Case(fields: "[]", text: "must be a JSON object"),
        Case(fields: "null", text: "must be a JSON object"),
        Case(fields: #"{"model": "eft"} x"#, text: "nothing may follow"),
        Case(fields: #"{"a": "\ud800"}"#, text: "surrogate"),
        Case(fields: #"{"a": 01}"#, text: "expected a number"),
        Case(fields: String(repeating: "[", count: 100_000), text: "32 deep"),
        Case(fields: #"{"model": "eft"}"#, param: "messages", text: "required"),
        Case(fields: #"{"messages": []}"#, param: "messages", text: "at least one"),
        Case(fields: #"{"model": "eft", "messages": []}"#, param: "messages", text: "at least one"),
        Case(
            fields: #"{"model": "eft", "messages": "Hi"}"#, param: "messages", text: "an array"),
        Case(
            fields: #"{"model": "eft", "messages": [{"role": "critic", "content": ""}]}"#,
            param: "messages[0].role", text: "must be one of"),
        Case(
            fields:
                #"{"model": "eft", "messages": [{"role": "user", "content": [{"type": "image_url"}]}]}"#,
            param: "messages[0].content[0].type", text: "must be `text`"),
        Case(fields: #"{"model": 5, "messages": []}"#, param: "model", text: "a string"),
        Case(
            fields: #"{"model": "eft", "messages": [{"role": "user", "content": ""#
                + String(repeating: "x", count: 600) + #""}]}"#,
            param: "messages", text: "the prompt has 607 tokens"),
    ]

    @Test("a body that is no request says where and why", arguments: bodies)
    func aBodyThatIsNoRequestSaysWhereAndWhy(_ test: Case) async throws {
        let answer = try await TestServer().test { client in
            try await client.post("/v1/chat/completions", test.fields)
        }
        #expect(answer.status == test.status, "\(answer.text)")
        #expect(answer.json["error"]["param"].string == test.param, "\(answer.text)")
        let message = answer.json["error"]["message"].string ?? ""
        #expect(message.contains(test.text), "\(message)")
    }

    static let completions = [
        Case(fields: #""prompt": []"#, param: "prompt", text: "must be a string"),
        Case(fields: #""prompt": """#, param: "prompt", text: "at least one token"),
        Case(fields: #""prompt": [[]]"#, param: "prompt", text: "at least one token"),
        Case(fields: #""prompt": [1, "a"]"#, param: "prompt", text: "token ids"),
        Case(fields: #""prompt": [258]"#, param: "prompt", text: "258 is not"),
        Case(fields: #""prompt": [-1]"#, param: "prompt", text: "token ids"),
        Case(fields: #""prompt": {"a": 1}"#, param: "prompt", text: "received an object"),
        Case(fields: #""prompt": "a", "max_tokens": 0"#, param: "max_tokens", text: "from 1"),
        Case(fields: #""prompt": "a", "logprobs": 21"#, param: "logprobs", text: "from 0 to 20"),
        Case(fields: #""prompt": "a", "best_of": 2"#, param: "best_of", text: "not supported"),
        Case(fields: #""prompt": "a", "suffix": "b""#, param: "suffix", text: "not supported"),
    ]

    @Test("a completion request that cannot be kept names the field", arguments: completions)
    func aCompletionRequestThatCannotBeKeptNamesTheField(_ test: Case) async throws {
        let answer = try await TestServer().test { client in
            try await client.post("/v1/completions", "{\"model\": \"eft\", \(test.fields)}")
        }
        #expect(answer.status == 400, "\(answer.text)")
        #expect(answer.json["error"]["param"].string == test.param, "\(answer.text)")
        #expect(answer.text.contains(test.text), "\(answer.text)")
    }

    @Test("a million stop strings and a hundred megabytes are refused")
    func aMillionStopStringsAndAHundredMegabytesAreRefused() async throws {
        let server = try TestServer(options: ServerOptions(bodyLimit: 8 << 20))
        try await server.test { client in
            let stops = Array(repeating: #""a""#, count: 1_000_000).joined(separator: ",")
            let many = try await client.post(
                "/v1/chat/completions", "{\(Self.chat), \"stop\": [\(stops)]}")
            let some = try await client.post(
                "/v1/chat/completions",
                "{\(Self.chat), \"stop\": [\(stops.prefix(400_000 - 1))]}")
            #expect(some.status == 400 && some.text.contains("received 100000"))
            #expect(many.status == 400 && many.text.contains("at most 262144 values"))
            let large = try await client.post(
                "/v1/chat/completions", bytes: [UInt8](repeating: 0x20, count: 100 << 20))
            #expect(
                large.status == 413 && large.json["error"]["code"].string == "request_too_large")
        }
    }

    @Test("bytes that are not UTF-8 are refused") func bytesThatAreNotUTF8AreRefused() async throws
    {
        let answer = try await TestServer().test { client in
            try await client.post("/v1/chat/completions", bytes: [0x7b, 0x22, 0xff, 0x22, 0x7d])
        }
        #expect(answer.status == 400 && answer.text.contains("must be UTF-8"))
    }

    @Test("an unknown route is an error in the same shape")
    func anUnknownRouteIsAnErrorInTheSameShape() async throws {
        try await TestServer().test { client in
            let answer = try await client.get("/v1/engines")
            #expect(answer.status == 404)
            #expect(answer.json["error"]["type"].string == "invalid_request_error")
            let card = try await client.get("/v1/models/gpt-4")
            #expect(card.status == 404 && card.json["error"]["code"].string == "model_not_found")
        }
    }

    @Test("prompts that are repeated count as replies")
    func promptsThatAreRepeatedCountAsReplies() async throws {
        try await TestServer(waiting: 4).test { client in
            let prompts = Array(repeating: "[1,2]", count: 8).joined(separator: ",")
            let refused = try await client.post(
                "/v1/completions",
                "{\"model\": \"eft\", \"prompt\": [\(prompts)], \"max_tokens\": 0, \"echo\": true, "
                    + "\"n\": 128}")
            #expect(refused.status == 400)
            #expect(refused.text.contains("1024 were asked for"))
        }
    }

    @Test("a chat that cannot fit is refused before it is read")
    func aChatThatCannotFitIsRefusedBeforeItIsRead() async throws {
        try await TestServer().test { client in
            let message = #"{"role": "user", "content": "<|im_end|>"}"#
            let chat = Array(repeating: message, count: 20_000).joined(separator: ",")
            let start = ContinuousClock.now
            let refused = try await client.post(
                "/v1/chat/completions", "{\"model\": \"eft\", \"messages\": [\(chat)]}")
            #expect(refused.status == 400)
            #expect(refused.json["error"]["code"].string == "context_length_exceeded")
            #expect(refused.json["error"]["param"].string == "messages")
            #expect(refused.text.contains("or more. Shorten it"))
            #expect(ContinuousClock.now - start < .seconds(10))
        }
    }

    @Test("a reply can be no longer than the server allows")
    func aReplyCanBeNoLongerThanTheServerAllows() async throws {
        try await TestServer(outputLimit: 4).test { client in
            let refused = try await client.post(
                "/v1/chat/completions", "{\(Self.chat), \"max_tokens\": 5}")
            #expect(refused.status == 400 && refused.text.contains("at most 4 here"))
            let short = try await client.post(
                "/v1/chat/completions", "{\(Self.chat), \"ignore_eos\": true}")
            #expect(short.json["usage"]["completion_tokens"].int == 4)
        }
    }
}
