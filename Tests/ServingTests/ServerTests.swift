import ChatTemplates
import EmulatedFineTuning
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSONValues
import TestSupport
import Testing

@testable import Serving

@Suite(.timeLimit(.minutes(10))) struct ServerTests {
    static func chat(_ more: String = "") -> String {
        #"{"model": "eft", "messages": [{"role": "user", "content": "Hi"}], "seed": 7"# + more + "}"
    }

    /// The answers of requests that run at the same time.
    static func together(
        _ count: Int, _ ask: @escaping @Sendable () async throws -> Answer
    ) async throws -> [Answer] {
        try await withThrowingTaskGroup(of: Answer.self) { group in
            for _ in 0..<count { group.addTask { try await ask() } }
            var answers: [Answer] = []
            for try await answer in group { answers.append(answer) }
            return answers
        }
    }

    @Test("only clients with one of the keys are let in, but for /health")
    func onlyClientsWithOneOfTheKeysAreLetInButForHealth() async throws {
        let options = ServerOptions(keys: ["first-key", "second-key"])
        try await TestServer(options: options).test { client in
            for key in [nil, "", "first", "first-keyy", "FIRST-KEY", "second-kez"] as [String?] {
                let headers: HTTPFields = key.map { [.authorization: "Bearer \($0)"] } ?? [:]
                for uri in ["/v1/models", "/metrics", "/nowhere"] {
                    let answer = try await client.get(uri, headers: headers)
                    #expect(answer.status == 401)
                    #expect(answer.headers[.wwwAuthenticate] == "Bearer")
                    #expect(answer.json["error"]["code"].string == "invalid_api_key")
                }
            }
            for header in ["Bearer first-key", "bearer second-key"] {
                let answer = try await client.get(
                    "/v1/models", headers: [.authorization: header])
                #expect(answer.status == 200)
            }
            #expect(try await client.get("/health").status == 200)
        }
    }

    @Test("a streamed reply is the whole one in pieces, speculation or not")
    func aStreamedReplyIsTheWholeOneInPiecesSpeculationOrNot() async throws {
        try await TestServer().test { client in
            let whole = try await client.post("/v1/chat/completions", Self.chat())
            let text = whole.json["choices"][0]["message"]["content"].string
            for speculation in [#""off""#, #""on""#, "1", "7"] {
                let streamed = try await client.post(
                    "/v1/chat/completions",
                    Self.chat(#", "stream": true, "eft": {"speculation": \#(speculation)}"#))
                let pieces = streamed.events.compactMap {
                    $0["choices"][0]["delta"]["content"].string
                }
                #expect(pieces.joined() == text)
                #expect(streamed.text.hasSuffix("data: [DONE]\n\n"))
            }
        }
    }

    @Test("requests are together what they are alone: parameters, masks, seeds, blocks, lengths")
    func requestsAreTogetherWhatTheyAreAlone() async throws {
        let bodies = (0..<24).map { index in
            let masks = [#""none""#, #"{"nucleus": 0.6}"#, #"{"relative": 0.5, "of": "large"}"#]
            return """
                {"model": "eft", "prompt": "prompt number \(index % 5)", "seed": \(index),
                 "max_tokens": \(3 + index), "temperature": \(Double(index % 3) / 2),
                 "eft": {"parameters": {"alpha": \(Double(index % 5) / 2)},
                         "mask": \(masks[index % 3]), "speculation": \(index % 6)}}
                """
        }
        func texts(_ bodies: [String], together: Bool) async throws -> [String?] {
            try await TestServer().test { client in
                guard together else {
                    var texts: [String?] = []
                    for body in bodies {
                        let answer = try await client.post("/v1/completions", body)
                        texts.append(answer.json["choices"][0]["text"].string)
                    }
                    return texts
                }
                return try await Self.replies(to: bodies, client)
            }
        }
        let alone = try await texts(bodies, together: false)
        #expect(!alone.contains(nil))
        #expect(try await texts(bodies, together: true) == alone)
    }

    /// The texts of completions that are asked for at the same time.
    static func replies(
        to bodies: [String], _ client: any TestClientProtocol
    ) async throws -> [String?] {
        try await withThrowingTaskGroup(of: (Int, String?).self) { group in
            for (index, body) in bodies.enumerated() {
                group.addTask {
                    let answer = try await client.post("/v1/completions", body)
                    return (index, answer.json["choices"][0]["text"].string)
                }
            }
            var texts = [String?](repeating: nil, count: bodies.count)
            for try await (index, text) in group { texts[index] = text }
            return texts
        }
    }

    @Test("n choices are n replies of different seeds' noise, and the prompt counts once")
    func nChoicesAreNRepliesAndThePromptCountsOnce() async throws {
        try await TestServer().test { client in
            let one = try await client.post("/v1/chat/completions", Self.chat())
            let three = try await client.post("/v1/chat/completions", Self.chat(#", "n": 3"#))
            let texts = three.json["choices"].list.map { $0["message"]["content"].string }
            #expect(Set(texts).count == 3)
            #expect(texts[0] == one.json["choices"][0]["message"]["content"].string)
            let (a, b) = (one.json["usage"], three.json["usage"])
            #expect(a["prompt_tokens"] == b["prompt_tokens"])
            #expect(b["completion_tokens"].int == 3 * (a["completion_tokens"].int ?? 0))
        }
    }

    @Test("a reply ends before its stop strings") func aReplyEndsBeforeItsStopStrings()
        async throws
    {
        try await TestServer().test { client in
            let whole = try await client.post("/v1/chat/completions", Self.chat())
            let text = try #require(whole.json["choices"][0]["message"]["content"].string)
            let stop = text.dropFirst(3).prefix(2)
            let cut = try await client.post(
                "/v1/chat/completions", Self.chat(#", "stop": ["\#(stop)", "~"]"#))
            #expect(cut.json["choices"][0]["message"]["content"].string == String(text.prefix(3)))
            #expect(cut.json["choices"][0]["finish_reason"].string == "stop")
        }
    }

    @Test("parameters of the formula and the mask change the reply, per request")
    func parametersOfTheFormulaAndTheMaskChangeTheReply() async throws {
        try await TestServer().test { client in
            func reply(_ eft: String) async throws -> String? {
                let answer = try await client.post(
                    "/v1/completions",
                    """
                    {"model": "eft", "prompt": "abcdef", "temperature": 0, "max_tokens": 16,
                     "eft": \(eft)}
                    """)
                #expect(answer.status == 200, "\(answer.text)")
                return answer.json["choices"][0]["text"].string
            }
            let plain = try await reply("{}")
            #expect(try await reply(#"{"parameters": {"alpha": 1}}"#) == plain)
            #expect(try await reply(#"{"mask": "none"}"#) == plain)
            let chat = try await reply(#"{"mask": {"tokens": []}}"#)
            #expect(chat != plain)
            // A nucleus of almost nothing leaves the formula one token, which `chat` likes best.
            #expect(try await reply(#"{"mask": {"nucleus": 0.0001, "effect": "forbid"}}"#) == chat)
        }
    }

    @Test("echoed log-probabilities are those of the engine's scores, whatever follows")
    func echoedLogProbabilitiesAreThoseOfTheEnginesScores() async throws {
        let server = try TestServer()
        try await server.test { client in
            var scores: [JSON] = []
            for (tokens, extra) in [(0, 0), (1, 1), (3, 3)] {
                let answer = try await client.post(
                    "/v1/completions",
                    """
                    {"model": "eft", "prompt": [104, 101, 108, 108, 111], "echo": true,
                     "logprobs": 1, "max_tokens": \(tokens), "ignore_eos": true}
                    """)
                let list = answer.json["choices"][0]["logprobs"]["token_logprobs"].list
                #expect(list.count == 5 + extra)
                #expect(list.first == .null)
                if scores.isEmpty { scores = list }
                #expect(Array(list.prefix(5)) == scores)
            }
            let request = GenerationRequest(prompt: [104], kind: .score([101, 108, 108, 111]))
            var expected: [Float] = []
            for try await event in server.engine.generate(request) {
                if case .token(let token) = event { expected.append(token.logProbability) }
            }
            #expect(scores.dropFirst().compactMap(\.double).map { Float($0) } == expected)
        }
    }

    @Test("a prompt beyond the queue is refused with 429 and may come again")
    func aPromptBeyondTheQueueIsRefusedWith429AndMayComeAgain() async throws {
        let server = try TestServer(waiting: 2, delay: .milliseconds(5))
        let answers = try await server.test { client in
            try await Self.together(20) {
                try await client.post("/v1/chat/completions", Self.chat())
            }
        }
        let (served, refused) = (
            answers.filter { $0.status == 200 }, answers.filter { $0.status == 429 }
        )
        #expect(served.count + refused.count == 20)
        // Four slots and two places in the queue.
        #expect(served.count >= 6 && !refused.isEmpty)
        for answer in refused {
            #expect(answer.headers[.retryAfter] == "1")
            #expect(answer.json["error"]["code"].string == "rate_limit_exceeded")
        }
        let again = try await server.test { client in
            try await client.post("/v1/chat/completions", Self.chat())
        }
        #expect(again.status == 200)
    }

    @Test("a member that fails ends its requests with an error, and the next is served")
    func aMemberThatFailsEndsItsRequestsWithAnErrorAndTheNextIsServed() async throws {
        let server = try TestServer()
        try await server.test { client in
            let before = try await client.post("/v1/chat/completions", Self.chat())
            let failure = ModelError.failed("the device was lost")
            let whole = await server.small.passes.count
            await server.small.fail(atPass: whole + 3, with: failure)
            let answer = try await client.post("/v1/chat/completions", Self.chat())
            #expect(answer.status == 500 && answer.text.contains("the device was lost"))
            let streamed = await server.small.passes.count
            await server.small.fail(atPass: streamed + 3, with: failure)
            let stream = try await client.post(
                "/v1/chat/completions", Self.chat(#", "stream": true"#))
            #expect(stream.status == 200)
            #expect(stream.events.last?["error"]["type"].string == "server_error")
            let after = try await client.post("/v1/chat/completions", Self.chat())
            #expect(after.json["choices"] == before.json["choices"])
        }
        #expect(try await server.settled().busySlots == 0)
    }

    @Test("a reply that takes too long is ended") func aReplyThatTakesTooLongIsEnded() async throws
    {
        let options = ServerOptions(replyTimeout: .milliseconds(50))
        let server = try TestServer(options: options, delay: .milliseconds(20))
        try await server.test { client in
            let answer = try await client.post("/v1/chat/completions", Self.chat())
            #expect(answer.status == 504 && answer.json["error"]["code"].string == "timeout")
        }
        #expect(try await server.settled().busySlots == 0)
    }

    @Test("metrics count what happened, and what is held returns to zero")
    func metricsCountWhatHappenedAndWhatIsHeldReturnsToZero() async throws {
        let server = try TestServer()
        try await server.test { client in
            for _ in 0..<3 {
                _ = try await client.post(
                    "/v1/chat/completions", Self.chat(#", "ignore_eos": true"#))
            }
            _ = try await server.settled()
            let text = try await client.get("/metrics").text
            for line in [
                #"eft_num_requests_running{model_name="eft"} 0"#,
                #"eft_num_slots_busy{model_name="eft"} 0"#,
                #"eft_num_requests_open{model_name="eft"} 0"#,
                #"eft_cache_cells_reserved{model_name="eft",member="large"} 0"#,
                #"eft_generation_tokens_total{model_name="eft"} 72"#,
                #"eft_request_success_total{model_name="eft",finished_reason="length"} 3"#,
                #"eft_time_to_first_token_seconds_bucket{model_name="eft",le="+Inf"} 3"#,
                #"eft_inter_token_latency_seconds_count{model_name="eft"} 69"#,
            ] {
                #expect(text.contains(line + "\n"), "\(line)")
            }
        }
    }
}
