import EmulatedFineTuning
import LlamaBackend
import Synchronization
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

    /// A pass that is wanted until libllama has asked so many times.
    static func pass(
        _ tokens: [TokenID], start: Int, wanted questions: Int
    ) -> (pass: ForwardPass, asked: Counter) {
        let asked = Counter()
        let pass = ForwardPass(
            [SequenceExtension(sequence: 0, start: start, tokens: tokens)],
            isWanted: { asked.next() < questions })
        return (pass, asked)
    }

    final class Counter: Sendable {
        private let value = Atomic(0)
        func next() -> Int { value.wrappingAdd(1, ordering: .relaxed).oldValue }
        var count: Int { value.load(ordering: .relaxed) }
    }

    @Test(
        "a pass that nobody wants any more leaves its sequences as they were", arguments: [0, 1, 5])
    func aPassThatNobodyWantsLeavesItsSequences(questions: Int) async throws {
        let options = Tiny.options(context: 512, sequences: 2, tokensPerPass: 512)
        let model = try Tiny.model(options: options)
        try await model.rows([1, 2, 3], start: 0)
        let (pass, asked) = Self.pass(Tiny.tokens(400), start: 3, wanted: questions)
        await #expect(throws: ModelError.cancelled) { try await model.forward(pass) }
        // It is given up at once, not at the end of the network.
        #expect(asked.count == questions + 1)
        #expect(await model.length(of: 0) == 3)
        let fresh = try Tiny.model(options: options)
        try await fresh.rows([1, 2, 3], start: 0)
        #expect(
            distance(try await model.rows([4], start: 3), try await fresh.rows([4], start: 3))
                < CacheTests.rounding)
    }

    @Test("a pass is asked about many times, and the next one anew")
    func aPassIsAskedAboutManyTimes() async throws {
        let model = try Tiny.model()
        let (pass, asked) = Self.pass([1, 2], start: 0, wanted: .max)
        _ = try await model.forward(pass)
        #expect(asked.count > 5)
        let (unwanted, _) = Self.pass([3], start: 2, wanted: 0)
        await #expect(throws: ModelError.cancelled) { try await model.forward(unwanted) }
        try await model.rows([3], start: 2)
        #expect(await model.length(of: 0) == 3)
    }
}
