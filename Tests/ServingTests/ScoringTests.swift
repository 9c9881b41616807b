import EmulatedFineTuning
import JSONValues
import Testing

@testable import Serving

/// `logprob_token_ids`: what another server's remote member asks for.
@Suite struct ScoringTests {
    static func body(_ prompts: String, _ rest: String = "") -> String {
        #"{"model": "eft", "prompt": \#(prompts), "max_tokens": 1, "temperature": 0, "logprobs": 1, "#
            + #""logprob_token_ids": [97, 5, 257], "return_tokens_as_token_ids": true\#(rest)}"#
    }

    static func list(_ answer: Answer, _ choice: Int) -> JSON {
        answer.json["choices"][choice]["logprobs"]["top_logprobs"][0]
    }

    @Test("the log-probabilities of named tokens are the composite's, under their ids")
    func theLogProbabilitiesOfNamedTokensAreTheComposites() async throws {
        let server = try TestServer()
        let engine = server.engine
        try await server.test { client in
            let answer = try await client.post("/v1/completions", Self.body("[[1, 2, 3]]"))
            #expect(answer.status == 200)
            for token in [97, 5, 257] {
                var request = GenerationRequest(prompt: [1, 2, 3])
                request.kind = .score([token])
                var scored: Float?
                for try await event in engine.generate(request) {
                    if case .token(let token) = event { scored = token.logProbability }
                }
                let value = Self.list(answer, 0)["token_id:\(token)"].double
                #expect(value.map { Float($0) } == scored)
            }
        }
    }

    @Test("prompts that continue each other give what each gives alone, in one pass")
    func promptsThatContinueEachOtherGiveWhatEachGivesAlone() async throws {
        let server = try TestServer()
        let engine = server.engine
        let prompts = ["[1]", "[1, 99]", "[1, 99, 100]", "[4, 4]", "[4, 4, 5]", "[9]"]
        try await server.test { client in
            let before = await engine.rounds
            let together = try await client.post(
                "/v1/completions", Self.body("[\(prompts.joined(separator: ", "))]"))
            // Six prompts, of which three begin anew: their prompts, and one round of all.
            #expect(await engine.rounds - before <= 2)
            #expect(together.json["choices"].list.count == 6)
            for (index, prompt) in prompts.enumerated() {
                let alone = try await client.post("/v1/completions", Self.body("[\(prompt)]"))
                let (a, b) = (together.json["choices"][index], alone.json["choices"][0])
                #expect(a["index"].int == index)
                for key in ["logprobs", "text", "finish_reason"] { #expect(a[key] == b[key]) }
                // A seed draws the same at temperature 0: this goes one reply a prompt.
                let drawn = try await client.post(
                    "/v1/completions", Self.body("[\(prompt)]", #", "stop": ["zz"]"#))
                #expect(drawn.json["choices"][0]["text"] == a["text"])
                let (c, d) = (Self.list(drawn, 0), a["logprobs"]["top_logprobs"][0])
                #expect(c == d)
            }
        }
    }

    @Test(
        "lists that are none are refused",
        arguments: [
            (#"{"model": "eft", "prompt": [1], "logprob_token_ids": 5}"#, "an array"),
            (#"{"model": "eft", "prompt": [1], "logprob_token_ids": ["a"]}"#, "token ids"),
            (#"{"model": "eft", "prompt": [1], "logprob_token_ids": [-1]}"#, "token ids"),
            (#"{"model": "eft", "prompt": [1], "logprob_token_ids": [258]}"#, "258"),
            (
                #"{"model": "eft", "prompt": [1], "logprob_token_ids": ["#
                    + Array(repeating: "1", count: 129).joined(separator: ",") + "]}", "at most 128"
            ),
            (
                #"{"model": "eft", "prompt": [1], "return_tokens_as_token_ids": 1}"#,
                "true or false"
            ),
        ])
    func listsThatAreNoneAreRefused(body: String, text: String) async throws {
        try await TestServer().test { client in
            let answer = try await client.post("/v1/completions", body)
            #expect(answer.status == 400)
            #expect(answer.text.contains(text), "\(answer.text)")
        }
    }

    @Test("the token itself is always among the likeliest ones: n + 1 entries, as OpenAI has it")
    func theTokenItselfIsAlwaysAmongTheLikeliestOnes() async throws {
        try await TestServer().test { client in
            for count in [0, 1, 2] {
                let answer = try await client.post(
                    "/v1/completions",
                    """
                    {"model": "eft", "prompt": "Hello my name", "echo": true, "logprobs": \(count),
                     "max_tokens": 8, "seed": 3, "ignore_eos": true}
                    """)
                let logprobs = answer.json["choices"][0]["logprobs"]
                let tokens = logprobs["tokens"].list
                #expect(tokens.count == 13 + 8)
                #expect(logprobs["top_logprobs"][0] == .null)
                var sizes: Set<Int> = []
                for index in tokens.indices.dropFirst() {
                    let top = logprobs["top_logprobs"][index]
                    let token = try #require(tokens[index].string)
                    #expect(top[token] == logprobs["token_logprobs"][index])
                    guard case .object(let entries) = top else { continue }
                    sizes.insert(entries.count)
                }
                // A token that is one of the likeliest is not there twice.
                #expect(sizes.isSubset(of: [max(1, count), count + 1]))
                #expect(sizes.contains(count + 1))
            }
        }
    }

    @Test("log-probabilities come without an echo, too") func logProbabilitiesComeWithoutAnEcho()
        async throws
    {
        try await TestServer().test { client in
            let answer = try await client.post(
                "/v1/completions",
                #"{"model": "eft", "prompt": "ab", "max_tokens": 3, "logprobs": 2, "temperature": 0}"#
            )
            let logprobs = answer.json["choices"][0]["logprobs"]
            #expect(logprobs["token_logprobs"].list.count == 3)
            #expect(logprobs["top_logprobs"].list.count == 3)
        }
    }
}
