import EmulatedFineTuning
import Foundation
import TestSupport
import Testing

@testable import RemoteBackend

/// Servers that are slow, overloaded, dead, or lie.
@Suite(.timeLimit(.minutes(10))) struct RobustnessTests {
    /// One scored position.
    static let pass = ForwardPass([RemoteModelTests.part(0, 0, [1], [[5, 6]])])

    /// Connects while the server behaves, then scores while it does not.
    static func score(
        timeout: Duration = .seconds(60), key: RemoteKey? = nil,
        _ mischief: @escaping FarEnd.Mischief,
        _ check: @escaping @Sendable (FarEnd, Int, Result<[[Float]], any Error>) -> Void
    ) async throws {
        let far = FarEnd()
        try await far.serve { port in
            let model = try await FarEnd.connect(port: port, timeout: timeout) { $0.key = key }
            let before = far.calls.count
            far.misbehave { call, count in try await mischief(call, count - before) }
            let result: Result<[[Float]], any Error>
            do {
                result = .success(RemoteModelTests.values(try await model.forward(pass)))
            } catch {
                result = .failure(error)
            }
            check(far, far.calls.count - before, result)
        }
    }

    static func error(_ result: Result<[[Float]], any Error>) -> RemoteError? {
        if case .failure(let error) = result { error as? RemoteError } else { nil }
    }

    @Test("what passes is asked again", arguments: [408, 429, 500, 502, 503, 504])
    func whatPassesIsAskedAgain(status: Int) async throws {
        try await Self.score { _, count in
            count <= 2 ? .init("no", status: status, headers: ["Retry-After": "0"]) : nil
        } _: { _, calls, result in
            #expect(calls == 3)
            #expect((try? result.get()) == [RemoteModelTests.expected([1], [5, 6])])
        }
    }

    @Test("what does not pass ends with the server's words", arguments: [429, 500, 503])
    func whatDoesNotPassEndsWithTheServersWords(status: Int) async throws {
        try await Self.score { _, _ in
            .init(#"{"error": {"message": "out of\nmemory [1, 2]"}}"#, status: status)
        } _: { _, calls, result in
            #expect(calls == 3)
            guard case .failing(_, status, "out of", 3)? = Self.error(result) else {
                Issue.record("\(result)")
                return
            }
        }
    }

    @Test("a server is left alone as long as it asks for") func aServerIsLeftAlone() async throws {
        let start = ContinuousClock.now
        try await Self.score { _, count in
            count == 1 ? .init("busy", status: 429, headers: ["Retry-After": "1"]) : nil
        } _: { _, calls, result in
            #expect(calls == 2)
            #expect((try? result.get()) != nil)
        }
        #expect(ContinuousClock.now - start >= .seconds(1))
    }

    @Test("a wait beyond the time for an answer is not begun") func aWaitTooLongIsNotBegun()
        async throws
    {
        let start = ContinuousClock.now
        try await Self.score { _, _ in
            .init("busy", status: 503, headers: ["Retry-After": "3600"])
        } _: { _, calls, result in
            #expect(calls == 1)
            #expect(Self.error(result) != nil)
        }
        // The server wants an hour.
        #expect(ContinuousClock.now - start < .seconds(600))
    }

    @Test("waits grow, with jitter, up to a bound") func waitsGrow() {
        let policy = RetryPolicy(attempts: 9, first: .milliseconds(100), longest: .seconds(1))
        #expect(
            (1...6).map { policy.bound(after: $0) } == [
                .milliseconds(100), .milliseconds(200), .milliseconds(400), .milliseconds(800),
                .seconds(1), .seconds(1),
            ])
        #expect(policy.bound(after: 5000) == .seconds(1))
        let delays = Set((0..<50).map { _ in policy.delay(after: 3) })
        #expect(
            delays.count > 25 && delays.allSatisfy { (.zero ... .milliseconds(400)).contains($0) })
    }

    @Test("a refusal is not asked again", arguments: [400, 404, 405, 413, 422, 301])
    func aRefusalIsNotAskedAgain(status: Int) async throws {
        try await Self.score { _, _ in
            .init("no", status: status)
        } _: { _, calls, result in
            #expect(calls == 1)
            guard case .refused(_, status, _)? = Self.error(result) else {
                Issue.record("\(result)")
                return
            }
        }
    }

    @Test("a server that hangs is given up in time") func aServerThatHangsIsGivenUp() async throws {
        try await Self.score(timeout: .seconds(4)) { _, _ in
            try await Task.sleep(for: .seconds(15))
            return nil
        } _: { far, _, result in
            #expect(
                Self.error(result)
                    == .timedOut(
                        address: Self.address(result) ?? "", limit: .seconds(4)))
        }
    }

    private static func address(_ result: Result<[[Float]], any Error>) -> String? {
        if case .timedOut(let address, _)? = error(result) { address } else { nil }
    }

    @Test("TLS takes a trusted authority") func tlsTakesATrustedAuthority() async throws {
        let far = FarEnd()
        try await far.serve(withTLS: true) { port in
            var options = FarEnd.options(port: port)
            options.url = "https://127.0.0.1:\(port)"
            let error = await #expect(throws: RemoteError.self) {
                try await RemoteModel(connecting: options, vocabulary: FarEnd.vocabulary)
            }
            guard case .unreachable(_, let reason, _)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(reason.contains("certificate"))
            #expect(far.calls.isEmpty)
            options.authorities = RepositoryFiles.path("Tests/Fixtures/tls/authority.pem")
            let model = try await RemoteModel(connecting: options, vocabulary: FarEnd.vocabulary)
            let scores = RemoteModelTests.values(try await model.forward(Self.pass))
            #expect(scores == [RemoteModelTests.expected([1], [5, 6])])
            options.authorities = RepositoryFiles.path("README.md")
            let path = RepositoryFiles.path("README.md")
            await #expect(throws: RemoteError.unreadableAuthorities(path: path)) {
                try await RemoteModel(connecting: options, vocabulary: FarEnd.vocabulary)
            }
        }
    }

    @Test("nobody there is said so") func nobodyThereIsSaidSo() async throws {
        let error = await #expect(throws: RemoteError.self) { try await FarEnd.connect(port: 1) }
        guard case .unreachable("http://127.0.0.1:1", _, 3)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    /// Answers to `[[1]]`, tokens 5 and 6, that are none.
    static let lies: [(body: String, reason: String)] = [
        ("", "not the JSON"), ("{", "not the JSON"), ("[]", "not the JSON"),
        (#"{"choices": 5}"#, "not the JSON"),
        (#"{"choices": []}"#, "0 choices for 1"),
        (choices(#"{"token_id:5": -1, "token_id:6": -1}"#, twice: true), "2 choices for 1"),
        (
            #"{"choices": [{"index": 7, "logprobs": {"top_logprobs": [{}]}}]}"#, "index 7"
        ),
        (
            #"{"choices": [{"index": -1, "logprobs": {"top_logprobs": [{}]}}]}"#, "index -1"
        ),
        (#"{"choices": [{"index": 0, "logprobs": null}]}"#, "without log-prob"),
        (#"{"choices": [{"index": 0, "logprobs": {"top_logprobs": []}}]}"#, "without log-prob"),
        (choices("null"), "without log-prob"),
        (choices(#"{"token_id:5": -1}"#), "no log-probability of token 6"),
        (choices(#"{"five": -1, "six": -1}"#), "no log-probability of token 5"),
        (choices(#"{"token_id:5": NaN, "token_id:6": -1}"#), "not the JSON"),
        (choices(#"{"token_id:5": 1e999, "token_id:6": -1}"#), "not the JSON"),
        (choices(#"{"token_id:5": "-1", "token_id:6": -1}"#), "not the JSON"),
        (choices(#"{"token_id:5": 3.5, "token_id:6": -1}"#), "3.5 as a log-prob"),
        (choices(#"{"token_id:5": -0.1, "token_id:6": -0.1}"#), "sum to 1.8"),
        (String(repeating: " ", count: 9 << 20), "more than"),
        (String(repeating: "[", count: 100_000), "not the JSON"),
    ]

    static func choices(_ top: String, twice: Bool = false) -> String {
        let choice = #"{"index": 0, "logprobs": {"top_logprobs": [\#(top)]}}"#
        return #"{"choices": [\#(choice)\#(twice ? ", " + choice : "")]}"#
    }

    @Test("an answer that is none is an error, and is not asked again", arguments: lies.indices)
    func anAnswerThatIsNoneIsAnError(index: Int) async throws {
        let (body, reason) = Self.lies[index]
        try await Self.score { _, _ in
            .init(body)
        } _: { _, calls, result in
            #expect(calls == 1)
            guard case .malformed(_, let said)? = Self.error(result) else {
                Issue.record("\(result)")
                return
            }
            #expect(said.contains(reason), "\(said)")
        }
    }

    @Test("−9999 is a token that cannot be") func minus9999IsATokenThatCannotBe() async throws {
        try await Self.score { _, _ in
            .init(Self.choices(#"{"token_id:5": -9999.0, "token_id:6": -0.0, "token_id:7": -3}"#))
        } _: { _, _, result in
            #expect((try? result.get()) == [[-.infinity, 0]])
        }
    }

    @Test("the key is sent, and is in no error and no description")
    func theKeyIsInNoErrorAndNoDescription() async throws {
        let secret = "sk-very-secret"
        try await Self.score(key: RemoteKey(secret)) { _, count in
            .init(
                #"{"error": {"message": "wrong key \#(secret)!"}}"#, status: count == 1 ? 500 : 404)
        } _: { far, _, result in
            #expect(far.calls.allSatisfy { $0.authorization == "Bearer \(secret)" })
            let text = Self.error(result).map { "\($0)" } ?? ""
            #expect(text.contains("wrong key …!"))
            #expect(!text.contains(secret))
        }
        var options = FarEnd.options(port: 1)
        options.key = RemoteKey(secret)
        var dumped = ""
        dump(options, to: &dumped)
        #expect(!"\(options) \(String(reflecting: options)) \(dumped)".contains(secret))
        options.url = "http://user:\(secret)@host"
        let error = #expect(throws: RemoteError.self) { try options.base() }
        #expect(!"\(error.map { "\($0)" } ?? "")".contains(secret))
    }

    @Test(
        "an address is http or https, a host, and no secret",
        arguments: [
            "", "host:8000", "ftp://host", "http://", "http://a:b@host", "http://host?key=1",
            "http://host#x", "/v1",
        ])
    func anAddressIsHttpOrHttps(url: String) {
        var options = FarEnd.options(port: 1)
        options.url = url
        #expect(throws: RemoteError.self) { try options.base() }
    }

    @Test("an address may end in /v1, and in slashes") func anAddressMayEndInV1() throws {
        var options = FarEnd.options(port: 1)
        for url in [
            "https://host:1/a", "https://host:1/a/", "https://host:1/a/v1", "https://host:1/a/v1/",
        ] {
            options.url = url
            #expect(try options.base() == "https://host:1/a")
        }
    }

    @Test("a server that dies ends the replies that need it, and no others")
    func aServerThatDiesEndsTheRepliesThatNeedIt() async throws {
        let far = FarEnd()
        try await far.serve { port in
            let engine = Engine(
                try RemoteModelTests.composite(try await FarEnd.connect(port: port)))
            let before = far.calls.count
            far.misbehave { _, count in count > before + 3 ? .init("dead", status: 500) : nil }
            var request = GenerationRequest(
                prompt: [1, 2], maxTokens: 20, ignoresEnd: true, speculation: .off)
            var alone = request
            alone.formula = "chat"
            async let other = Self.count(engine, alone)
            let error = await #expect(throws: RemoteError.self) {
                try await Self.count(engine, request)
            }
            guard case .failing(_, 500, _, 3)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(try await other == 20)
            // It is back: so are the replies.
            far.misbehave { _, _ in nil }
            request.maxTokens = 4
            #expect(try await Self.count(engine, request) == 4)
        }
    }

    private static func count(_ engine: Engine, _ request: GenerationRequest) async throws -> Int {
        var count = 0
        for try await event in engine.generate(request) {
            if case .token = event { count += 1 }
        }
        return count
    }

    @Test("giving up a reply reaches the far end") func givingUpAReplyReachesTheFarEnd()
        async throws
    {
        let far = FarEnd()
        try await far.serve { port in
            let engine = Engine(
                try RemoteModelTests.composite(
                    try await FarEnd.connect(port: port, timeout: .seconds(60))))
            far.misbehave { _, _ in
                try await Task.sleep(for: .seconds(5))
                return nil
            }
            let before = far.calls.count
            let task = Task {
                try await Self.count(
                    engine, GenerationRequest(prompt: [1, 2], maxTokens: 5, speculation: .off))
            }
            while far.calls.count == before { try await Task.sleep(for: .milliseconds(5)) }
            let start = ContinuousClock.now
            task.cancel()
            while far.closed == 0 { try await Task.sleep(for: .milliseconds(5)) }
            #expect(ContinuousClock.now - start < .seconds(3))
            while await engine.load.running > 0 { try await Task.sleep(for: .milliseconds(5)) }
        }
    }
}
