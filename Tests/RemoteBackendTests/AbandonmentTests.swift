import EmulatedFineTuning
import Foundation
import TestSupport
import Testing

@testable import RemoteBackend

/// Replies that are given up while a server is waited for, and servers that stop in the middle.
@Suite(.timeLimit(.minutes(10))) struct AbandonmentTests {
    private static func count(
        _ engine: Engine, _ prompt: [TokenID], _ tokens: Int
    ) async throws -> Int {
        let request = GenerationRequest(
            prompt: prompt, maxTokens: tokens, ignoresEnd: true, speculation: .off)
        var count = 0
        for try await event in engine.generate(request) {
            if case .token = event { count += 1 }
        }
        return count
    }

    private static func until(_ isReached: () async throws -> Bool) async throws {
        while try await !isReached() { try await Task.sleep(for: .milliseconds(2)) }
    }

    @Test("a prompt that is being read outlives the reply beside it")
    func aPromptThatIsBeingReadOutlivesTheReplyBesideIt() async throws {
        let far = FarEnd()
        try await far.serve { port in
            let engine = Engine(
                try RemoteModelTests.composite(
                    try await FarEnd.connect(port: port, timeout: .seconds(60))),
                options: EngineOptions(prefillChunk: 2))
            far.misbehave { _, _ in
                try await Task.sleep(for: .milliseconds(200))
                return nil
            }
            let before = far.calls.count
            let first = Task { try await Self.count(engine, [1, 2], 50) }
            try await Self.until { far.calls.count > before }
            let second = Task { try await Self.count(engine, Array(1...60), 3) }
            try await Self.until { await engine.load.running == 2 }
            // A pass that carries tokens of both is on its way.
            let calls = far.calls.count
            try await Self.until { far.calls.count > calls }
            first.cancel()
            #expect(try await second.value == 3)
        }
    }

    @Test("giving up a reply reaches every far end") func givingUpAReplyReachesEveryFarEnd()
        async throws
    {
        let ends = [FarEnd(), FarEnd()]
        try await ends[0].serve { first in
            try await ends[1].serve { second in
                let random = { TableModel.random(seed: $0, vocabulary: FarEnd.vocabulary) }
                let composite = try Composite(
                    members: [
                        Member(
                            "large", try await FarEnd.connect(port: first, timeout: .seconds(60))),
                        Member(
                            "other", try await FarEnd.connect(port: second, timeout: .seconds(60))),
                        Member("chat", random(2)), Member("small", random(3)),
                    ],
                    formula: 0.5 * "large" + 0.5 * "other" + "chat" - "small", fallback: "chat",
                    mask: Mask(.nucleus(0.9)))
                let engine = Engine(composite)
                let before = ends.map(\.calls.count)
                for end in ends {
                    end.misbehave { _, _ in
                        try await Task.sleep(for: .seconds(20))
                        return nil
                    }
                }
                let reply = Task { try await Self.count(engine, [1, 2], 5) }
                try await Self.until { zip(ends, before).allSatisfy { $0.calls.count > $1 } }
                let start = ContinuousClock.now
                reply.cancel()
                try await Self.until { ends.allSatisfy { $0.closed > 0 } }
                #expect(ContinuousClock.now - start < .seconds(5))
            }
        }
    }

    @Test("an answer that stops in the middle is given up in time")
    func anAnswerThatStopsInTheMiddleIsGivenUpInTime() async throws {
        let far = FarEnd()
        try await far.serve { port in
            // Time enough for connecting while other tests take the cores.
            let model = try await FarEnd.connect(port: port, timeout: .seconds(4)) { _ in }
            far.misbehave { _, _ in
                var answer = FarEnd.Answer(#"{"choices": ["#)
                answer.stops = true
                return answer
            }
            let start = ContinuousClock.now
            let error = await #expect(throws: RemoteError.self) {
                try await model.forward(RobustnessTests.pass)
            }
            guard case .timedOut(_, .seconds(4))? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(ContinuousClock.now - start < .seconds(10))
        }
    }
}
