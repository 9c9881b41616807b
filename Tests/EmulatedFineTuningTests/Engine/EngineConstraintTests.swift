import TestSupport
import Testing

@testable import EmulatedFineTuning

@Suite(.timeLimit(.minutes(10))) struct EngineConstraintTests {
    /// Tokens come in turns of three: every token's id leaves the remainder of its position.
    final class Turns: TokenConstraint {
        let position: Int

        init(position: Int = 0) { self.position = position }

        func restrict(_ scores: UnsafeMutableBufferPointer<Float>) {
            for token in scores.indices where token % 3 != position % 3 {
                scores[token] = -.infinity
            }
        }

        func advanced(by token: TokenID) -> any TokenConstraint {
            precondition(token % 3 == position % 3, "a forbidden token was drawn")
            return Turns(position: position + 1)
        }
    }

    static func request(_ options: SamplingOptions = SamplingOptions()) -> GenerationRequest {
        var request = GenerationRequest.of([1, 2, 3], seed: 5, maxTokens: 24)
        request.sampling = options
        request.constraint = Turns()
        return request
    }

    @Test("only allowed tokens are drawn, the same ones with any block")
    func onlyAllowedTokensAreDrawnTheSameOnesWithAnyBlock() async throws {
        for options in [SamplingOptions(), .greedy, SamplingOptions(topP: 0.8, presencePenalty: 1)]
        {
            var plainly = Self.request(options)
            plainly.speculation = .off
            let plain = try await TestEngine().reply(plainly)
            #expect(plain.ids.enumerated().allSatisfy { $1 % 3 == $0 % 3 })
            for block in [1, 2, 5, 30] {
                var request = Self.request(options)
                request.speculation = .block(block)
                let speculative = try await TestEngine().reply(request)
                #expect(speculative.ids == plain.ids)
                #expect(speculative.logProbabilities == plain.logProbabilities)
                #expect(speculative.result?.statistics.accepted ?? 0 > 0)
            }
        }
    }

    @Test("reported log-probabilities are those without the constraint")
    func reportedLogProbabilitiesAreThoseWithoutTheConstraint() async throws {
        let reply = try await TestEngine().reply(Self.request())
        var scored = Self.request()
        scored.kind = .score(reply.ids)
        #expect(try await TestEngine().reply(scored).logProbabilities == reply.logProbabilities)
    }
}
