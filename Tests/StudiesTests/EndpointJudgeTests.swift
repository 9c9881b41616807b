import Synchronization
import Testing

@testable import Studies

@Suite struct EndpointJudgeTests {
    /// The pauses that a judge asked for; none is waited.
    final class Pauses: Sendable {
        private let list = Mutex<[Double]>([])
        var all: [Double] { list.withLock { $0 } }
        func add(_ seconds: Double) { list.withLock { $0.append(seconds) } }
    }

    private static func judge(
        _ url: String, _ pauses: Pauses = Pauses(), timeout: Double = 20
    ) throws -> EndpointJudge {
        var options = EndpointOptions(url: url, model: "judge")
        options.timeout = timeout
        return try EndpointJudge(options) { pauses.add($0) }
    }

    private static func ask(_ judge: EndpointJudge) async throws -> VerdictRecord {
        try await judge.ask(
            .helpfulness, about: "Lima.", to: "What is the capital of Peru?", key: "k", judge: "j")
    }

    @Test("reasoning and verdict are recorded, with what they cost")
    func reasoningAndVerdict() async throws {
        let server = JudgeServer(then: .says("Short and right.\nVERDICT: 90"))
        try await server.run { url in
            let record = try await Self.ask(Self.judge(url))
            #expect(record.value == 90)
            #expect(record.reasoning == "Short and right.")
            #expect(record.failure == nil)
            #expect(record.attempts == 1)
            #expect(record.promptTokens == 100 && record.completionTokens == 10)
        }
        #expect(server.requests.count == 1)
        #expect(server.requests[0].contains("What is the capital of Peru?"))
    }

    @Test("an answer without a verdict is asked for again, and the answer is shown to the judge")
    func nonsenseIsAskedAgain() async throws {
        let server = JudgeServer(
            [.says("I like it a lot."), .says("VERDICT: very")], then: .says("Good.\nVERDICT: 80"))
        try await server.run { url in
            let record = try await Self.ask(Self.judge(url))
            #expect(record.value == 80)
            #expect(record.attempts == 3)
            #expect(record.promptTokens == 300)
        }
        #expect(server.requests[1].contains("I like it a lot."))
        #expect(server.requests[1].contains("did not end with a verdict"))
    }

    @Test("a judge that only answers nonsense gives a failure, never a score")
    func nonsenseIsAFailure() async throws {
        let server = JudgeServer(then: .says("VERDICT: 1000000000000"))
        try await server.run { url in
            let record = try await Self.ask(Self.judge(url))
            #expect(record.value == nil)
            #expect(record.failure == "none of 4 answers had the required form")
        }
    }

    @Test("refusals for the moment are waited for, longer each time, as long as the server says")
    func backoff() async throws {
        let server = JudgeServer(
            [.status(429, retryAfter: "7"), .status(503), .raw("not json")],
            then: .says("VERDICT: 50"))
        let pauses = Pauses()
        try await server.run { url in
            let record = try await Self.ask(Self.judge(url, pauses))
            #expect(record.value == 50)
            #expect(record.attempts == 4)
        }
        #expect(pauses.all == [7, 2, 4])
    }

    @Test("429 without end is a failure, never a score")
    func tooManyRequestsIsAFailure() async throws {
        let server = JudgeServer(then: .status(429))
        try await server.run { url in
            let record = try await Self.ask(Self.judge(url))
            #expect(record.value == nil)
            #expect(record.failure == "status 429, after 4 attempts")
        }
        #expect(server.requests.count == 4)
    }

    @Test("a judge that hangs is a failure after its time")
    func aTimeoutIsAFailure() async throws {
        let server = JudgeServer(then: .hangs)
        try await server.run { url in
            let record = try await Self.ask(Self.judge(url, timeout: 0.1))
            #expect(record.value == nil)
            #expect(record.failure == "no answer within 0.1 s, after 4 attempts")
        }
    }

    @Test("an endpoint that nobody listens at is a failure")
    func noConnectionIsAFailure() async throws {
        let record = try await Self.ask(Self.judge("http://127.0.0.1:9/v1", timeout: 2))
        #expect(record.value == nil)
        #expect(record.failure?.hasSuffix("after 4 attempts") == true)
    }

    @Test("a wrong key or address stops the study at once")
    func aWrongKeyStops() async throws {
        let server = JudgeServer(then: .status(401))
        try await server.run { url in
            await #expect(throws: StudyError.judgeRefused(url: url, status: 401)) {
                _ = try await Self.ask(Self.judge(url))
            }
        }
        #expect(server.requests.count == 1)
    }

    @Test("a judge that always prefers the first reply gives a tie")
    func positionsAreSwapped() async throws {
        let server = JudgeServer(then: .says("First is best.\nVERDICT: A"))
        try await server.run { url in
            let record = try await Self.judge(url).compare(
                "ours", with: "theirs", to: "q", key: "k", judge: "j")
            #expect(record.value == 0.5)
        }
        #expect(server.requests.count == 2)
        let orders = server.requests.map { body in
            (body.firstRange(of: "ours")?.lowerBound).flatMap { ours in
                body.firstRange(of: "theirs").map { ours < $0.lowerBound }
            }
        }
        #expect(orders == [true, false])
    }

    @Test("a judge that prefers our reply in both orders gives 1")
    func aConsistentPreference() async throws {
        let server = JudgeServer([.says("VERDICT: A"), .says("VERDICT: B")], then: .says(""))
        try await server.run { url in
            let record = try await Self.judge(url).compare(
                "ours", with: "theirs", to: "q", key: "k", judge: "j")
            #expect(record.value == 1)
        }
    }

    @Test("a key that is not in the environment is named")
    func aMissingKeyIsNamed() {
        var options = EndpointOptions(url: "http://localhost/v1", model: "m")
        options.key = "EFT_NO_SUCH_VARIABLE"
        #expect(throws: StudyError.missingKey(variable: "EFT_NO_SUCH_VARIABLE")) {
            _ = try EndpointJudge(options)
        }
    }
}
