import Dispatch
import EmulatedFineTuning

/// A thread of its own for actors.
final class QueueExecutor: SerialExecutor {
    private let queue = DispatchQueue(label: "test")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }
}

/// A model that runs on a given executor, and says the same about everything.
actor PinnedModel: LanguageModel {
    nonisolated let vocabulary: Vocabulary
    nonisolated let limits = ModelLimits(
        context: 10_000, cells: 20_000, tokensPerPass: 64, sequences: 2, rewind: .full)
    nonisolated let pinned: QueueExecutor
    nonisolated var executor: (any SerialExecutor)? { pinned }
    nonisolated var unownedExecutor: UnownedSerialExecutor { pinned.asUnownedSerialExecutor() }
    /// The most sequences that a pass had.
    private(set) var widest = 0

    init(executor: QueueExecutor, vocabulary: Vocabulary) {
        self.pinned = executor
        self.vocabulary = vocabulary
    }

    func forward(_ pass: ForwardPass) async throws -> [Scores] {
        widest = max(widest, pass.extensions.count)
        let row = [Float](repeating: 0, count: vocabulary.count)
        return pass.extensions.flatMap { $0.scored.map { _ in .row(LogitRow(row)) } }
    }

    func rewind(_ sequence: SequenceID, to length: Int) async throws {}
    func share(_ source: SequenceID, with target: SequenceID, length: Int) async throws {}
}
