import EmulatedFineTuning
import LlamaBackend
import Testing

@Suite struct CancellationTests {
    @Test("a cancelled task starts no pass") func aCancelledTaskStartsNoPass() async throws {
        let model = try Tiny.model()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await model.rows([1, 2], start: 0)
        }
        await #expect(throws: ModelError.cancelled) { try await task.value }
        #expect(await model.length(of: 0) == 0)
    }

    @Test("a cancelled pass leaves its sequences as they were")
    func aCancelledPassLeavesItsSequencesAsTheyWere() async throws {
        let options = Tiny.options(context: 512, sequences: 2, tokensPerPass: 512)
        let model = try Tiny.model(options: options)
        try await model.rows([1, 2, 3], start: 0)
        // The pass takes milliseconds: ask again until the request has met one.
        let canceller = Task.detached {
            while !Task.isCancelled { model.cancel() }
        }
        var wasCancelled = false
        for _ in 0..<200 where !wasCancelled {
            do {
                try await model.rows(Tiny.tokens(400), start: 3)
                try await model.rewind(0, to: 3)
            } catch ModelError.cancelled {
                wasCancelled = true
            }
        }
        canceller.cancel()
        await canceller.value
        #expect(wasCancelled)
        #expect(await model.length(of: 0) == 3)
        let fresh = try Tiny.model(options: options)
        try await fresh.rows([1, 2, 3], start: 0)
        #expect(
            distance(try await model.rows([4], start: 3), try await fresh.rows([4], start: 3))
                < CacheTests.rounding)
    }

    @Test("a request to stop ends no later pass") func aRequestToStopEndsNoLaterPass() async throws
    {
        let model = try Tiny.model()
        model.cancel()
        try await model.rows([1, 2], start: 0)
        #expect(await model.length(of: 0) == 2)
    }
}
