import ChatTemplates
import EmulatedFineTuning
import JSONValues
import TestSupport
import Testing

@testable import Serving

/// Raw prompts: marks in them are control tokens, and a model that wants a start token gets one.
@Suite(.timeLimit(.minutes(10))) struct RawTextTests {
    static let (end, turn) = (ByteTokenizer.endOfText, ByteTokenizer.endOfTurn)

    struct Case: CustomTestStringConvertible, Sendable {
        var fields: String
        var tokens: [TokenID]

        var testDescription: String { fields }
    }

    /// By a model that wants `<end>` at the start of a text.
    static let cases = [
        Case(fields: #""prompt": "a<turn>b""#, tokens: [end, 97, turn, 98]),
        Case(fields: #""prompt": "<turn>""#, tokens: [end, turn]),
        Case(fields: #""prompt": "<turn>", "add_special_tokens": false"#, tokens: [turn]),
        Case(fields: #""prompt": "a<tur""#, tokens: [end, 97, 60, 116, 117, 114]),
        Case(
            fields: #""prompt": "<turn>", "parse_special": false"#,
            tokens: [end, 60, 116, 117, 114, 110, 62]),
        Case(
            fields: #""prompt": "<end>", "parse_special": false, "add_special_tokens": false"#,
            tokens: [60, 101, 110, 100, 62]),
        // As llama-server and vLLM have it: the text is the caller's, and is not looked at.
        Case(fields: #""prompt": "<end>a""#, tokens: [end, end, 97]),
        Case(fields: #""prompt": "<end>a", "add_special_tokens": false"#, tokens: [end, 97]),
        // Nothing is cut off.
        Case(fields: #""prompt": " a\n\n""#, tokens: [end, 32, 97, 10, 10]),
        Case(
            fields: #""messages": [{"role": "user", "content": "<turn>"}]"#,
            tokens: Array("user: <turn>\n".utf8).map { TokenID($0) }),
        Case(
            fields:
                #""add_special_tokens": true, "messages": [{"role": "user", "content": "<turn>"}]"#,
            tokens: [end] + Array("user: <turn>\n".utf8).map { TokenID($0) }),
    ]

    @Test("/tokenize reads a raw text as the model will", arguments: cases)
    func tokenizeReadsARawTextAsTheModelWill(_ test: Case) async throws {
        let answer = try await TestServer(starts: true).test { client in
            try await client.post("/tokenize", "{\(test.fields)}")
        }
        #expect(answer.json["tokens"].list.map(\.int) == test.tokens, "\(answer.text)")
        #expect(answer.json["count"].int == test.tokens.count)
    }

    @Test(
        "a text to complete is worth the tokens that /tokenize gives for it",
        arguments: cases.filter { !$0.fields.contains("messages") })
    func aTextToCompleteIsWorthTheTokensThatTokenizeGivesForIt(_ test: Case) async throws {
        try await TestServer(starts: true).test { client in
            let rest = #""model": "eft", "seed": 3, "max_tokens": 6, "echo": true, "logprobs": 1"#
            let text = try await client.post("/v1/completions", "{\(rest), \(test.fields)}")
            let ids = try await client.post(
                "/v1/completions", "{\(rest), \"prompt\": \(test.tokens)}")
            let (a, b) = (text.json["choices"][0], ids.json["choices"][0])
            #expect(text.json["usage"] == ids.json["usage"], "\(text.text)")
            #expect(a["finish_reason"] == b["finish_reason"])
            for key in ["tokens", "token_logprobs", "top_logprobs"] {
                #expect(a["logprobs"][key].agrees(with: b["logprobs"][key]))
            }
        }
    }

    @Test("offsets point at the marks that an echoed text spells, and an added token has no width")
    func offsetsPointAtTheMarksThatAnEchoedTextSpells() async throws {
        func offsets(_ fields: String, starts: Bool) async throws -> [Int?] {
            let answer = try await TestServer(starts: starts).test { client in
                try await client.post(
                    "/v1/completions",
                    "{\"model\": \"eft\", \"echo\": true, \"logprobs\": 0, \"max_tokens\": 1, "
                        + "\"temperature\": 0, \(fields)}")
            }
            #expect(answer.status == 200, "\(answer.text)")
            return answer.json["choices"][0]["logprobs"]["text_offset"].list.map(\.int)
        }
        let text = #""prompt": "<turn>a<end>b""#
        #expect(try await offsets(text, starts: false) == [0, 6, 7, 12, 13])
        #expect(try await offsets(text, starts: true) == [0, 0, 6, 7, 12, 13])
        #expect(
            try await offsets(text + #", "add_special_tokens": false"#, starts: true)
                == [0, 6, 7, 12, 13])
        // The text of ids is without control tokens.
        #expect(
            try await offsets(#""prompt": [257, 97, 256, 98]"#, starts: true) == [0, 0, 1, 1, 2])
    }

    @Test("fields that say how to read a raw text are checked")
    func fieldsThatSayHowToReadARawTextAreChecked() async throws {
        try await TestServer().test { client in
            for (uri, body, param) in [
                ("/tokenize", #"{"prompt": "a", "parse_special": 1}"#, "parse_special"),
                (
                    "/tokenize",
                    #"{"messages": [{"role": "user", "content": "a"}], "parse_special": true}"#,
                    "parse_special"
                ),
                (
                    "/v1/completions",
                    #"{"model": "eft", "prompt": "a", "add_special_tokens": "no"}"#,
                    "add_special_tokens"
                ),
            ] {
                let answer = try await client.post(uri, body)
                #expect(answer.status == 400)
                #expect(answer.json["error"]["param"].string == param, "\(answer.text)")
            }
        }
    }
}
