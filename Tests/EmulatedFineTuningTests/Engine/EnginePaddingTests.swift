import TestSupport
import Testing

@testable import EmulatedFineTuning

/// Passes are padded to a width that was measured to be cheaper.
@Suite struct EnginePaddingTests {
    @Test("a padded pass is as wide as the cheapest, and the reply is the same")
    func aPaddedPassIsAsWideAsTheCheapestAndTheReplyIsTheSame() async throws {
        var request = GenerationRequest.of([1, 2], maxTokens: 40)
        let plain = try await TestEngine().reply(request)
        let test = try TestEngine()
        await test.engine.pretend(member: 0, costs: [1: 20, 2: 96, 8: 75])
        request.speculation = .block(1)
        let reply = try await test.reply(request)
        #expect(reply.said == plain.said)
        let widths = await test.large.passes.dropFirst().map(\.tokenCount)
        #expect(widths.contains(8))
        // Not where the reply's last tokens leave no room for it.
        #expect(widths.suffix(2).allSatisfy { $0 < 8 })
        #expect(await test.small.passes.allSatisfy { $0.tokenCount <= 2 })
    }

    @Test("members that cannot go back are not padded")
    func membersThatCannotGoBackAreNotPadded() async throws {
        let limits = ModelLimits(
            context: 512, cells: 2048, tokensPerPass: 64, sequences: 2, rewind: .none)
        let test = try TestEngine(small: limits)
        await test.engine.pretend(member: 2, costs: [1: 9, 8: 2])
        _ = try await test.reply(.of([1, 2], maxTokens: 20))
        #expect(await test.small.passes.allSatisfy { $0.tokenCount == 1 })
    }
}

extension Engine {
    /// Puts measured costs of a member's passes in place.
    fileprivate func pretend(member: Int, costs: [Int: Double]) {
        for (width, seconds) in costs {
            for _ in 0..<3 { controller.costs[member].record(width: width, seconds: seconds) }
        }
    }
}
