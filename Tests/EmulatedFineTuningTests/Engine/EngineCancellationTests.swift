import EmulatedFineTuning
import Synchronization
import TestSupport
import Testing

/// A model whose passes can be held: each goes on once it is let go, and is given up when nobody wants it.
actor HeldModel: LanguageModel {
    private let inner: TableModel
    nonisolated var vocabulary: Vocabulary { inner.vocabulary }
    nonisolated var limits: ModelLimits { inner.limits }
    /// The pass to hold, counted from 0.
    private var held: Int?
    private var count = 0
    private(set) var isHolding = false
    private(set) var givenUp = 0

    init(_ inner: TableModel) { self.inner = inner }

    func hold(_ pass: Int) { held = pass }
    func letGo() { held = nil }
    /// Passes that were begun.
    var passes: Int { count }

    func forward(_ pass: ForwardPass) async throws -> [Scores] {
        count += 1
        while held == count - 1 {
            isHolding = true
            guard pass.isWanted() else {
                isHolding = false
                givenUp += 1
                throw ModelError.cancelled
            }
            try await Task.sleep(for: .milliseconds(1))
        }
        isHolding = false
        return try await inner.forward(pass)
    }

    func rewind(_ sequence: SequenceID, to length: Int) async throws {
        try await inner.rewind(sequence, to: length)
    }

    func share(_ source: SequenceID, with target: SequenceID, length: Int) async throws {
        try await inner.share(source, with: target, length: length)
    }
}

@Suite(.timeLimit(.minutes(10))) struct EngineCancellationTests {
    static func engine() throws -> (Engine, HeldModel) {
        let model = HeldModel(.random(seed: 1, vocabulary: TestEngine.vocabulary))
        let composite = try Composite(members: [Member("a", model)], formula: "a")
        return (Engine(composite), model)
    }

    static func wait(until condition: () async -> Bool) async throws {
        while await !condition() { try await Task.sleep(for: .milliseconds(1)) }
    }

    @Test("a pass whose replies are all given up ends, and what the caches held stays")
    func aPassWhoseRepliesAreAllGivenUpEnds() async throws {
        let (engine, model) = try Self.engine()
        let prompt = (0..<40).map { $0 % 20 }
        let expected = try await engine.collect(.of(prompt))
        let before = await model.passes
        await model.hold(before + 3)
        let task = Task { try await engine.collect(.of(prompt)) }
        try await Self.wait { await model.isHolding }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        try await Self.wait { await engine.load.running == 0 }
        #expect(await model.givenUp == 1)
        await model.letGo()
        let again = try await engine.collect(.of(prompt))
        #expect(again.tokens == expected.tokens)
        // All of the prompt but its last token, which is always scored anew.
        #expect(again.result?.statistics.cachedTokens == prompt.count - 1)
    }

    @Test("a pass goes on as long as one of its replies is wanted")
    func aPassGoesOnAsLongAsOneOfItsRepliesIsWanted() async throws {
        let (engine, model) = try Self.engine()
        let expected = try await engine.collect(.of([3, 4, 5], seed: 2))
        let before = await model.passes
        await model.hold(before + 3)
        let leaving = Task { try await engine.collect(.of([1, 2], maxTokens: 400)) }
        try await Self.wait { await model.isHolding }
        let staying = Task { try await engine.collect(.of([3, 4, 5], seed: 2)) }
        try await Self.wait { await engine.load.waiting == 1 }
        // By then the second reply has its first tokens, too.
        await model.hold(before + 7)
        try await Self.wait {
            let (passes, isHolding) = await (model.passes, model.isHolding)
            return passes == before + 8 && isHolding
        }
        #expect(await engine.load.running == 2)
        leaving.cancel()
        await #expect(throws: CancellationError.self) { try await leaving.value }
        try await Task.sleep(for: .milliseconds(20))
        #expect(await model.isHolding)
        await model.letGo()
        #expect(try await staying.value.tokens == expected.tokens)
        #expect(await model.givenUp == 0)
    }
}
