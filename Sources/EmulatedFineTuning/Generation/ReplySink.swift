import Synchronization

/// Where a reply's events go, and whether anyone still wants them.
final class ReplySink: Sendable {
    typealias Stream = AsyncThrowingStream<GenerationEvent, any Error>

    private let yield: @Sendable (GenerationEvent) -> Void
    private let end: @Sendable ((any Error)?) -> Void
    private let abandoned = Atomic(false)
    /// What waits for the reply to be abandoned, by a number of its own.
    private let watchers = Mutex<(next: Int, calls: [Int: @Sendable () -> Void])>((0, [:]))

    init(
        _ yield: @escaping @Sendable (GenerationEvent) -> Void,
        finish: @escaping @Sendable ((any Error)?) -> Void
    ) {
        self.yield = yield
        self.end = finish
    }

    /// A stream of events and the sink that feeds it.
    static func make() -> (stream: Stream, sink: ReplySink) {
        let (stream, continuation) = Stream.makeStream()
        let sink = ReplySink {
            continuation.yield($0)
        } finish: {
            continuation.finish(throwing: $0)
        }
        continuation.onTermination = { _ in sink.abandon() }
        return (stream, sink)
    }

    /// Called when the stream's consumer is gone.
    func abandon() {
        abandoned.store(true, ordering: .sequentiallyConsistent)
        for call in watchers.withLock({ $0.calls.values.map(\.self) }) { call() }
    }

    var isAbandoned: Bool { abandoned.load(ordering: .sequentiallyConsistent) }

    /// Does some work that is cancelled once no reply wants it any more.
    static func whileWanted<Value: Sendable>(
        by sinks: [ReplySink], _ work: @escaping @Sendable () async throws -> Value
    ) async -> Result<Value, any Error> {
        let task = Task { try await work() }
        let check: @Sendable () -> Void = {
            if sinks.allSatisfy(\.isAbandoned) { task.cancel() }
        }
        let numbers = sinks.map { $0.watch(check) }
        defer { for (sink, number) in zip(sinks, numbers) { sink.unwatch(number) } }
        if !sinks.isEmpty { check() }
        return await task.result
    }

    private func watch(_ call: @escaping @Sendable () -> Void) -> Int {
        watchers.withLock {
            $0.next += 1
            $0.calls[$0.next] = call
            return $0.next
        }
    }

    private func unwatch(_ number: Int) { watchers.withLock { $0.calls[number] = nil } }

    func send(_ event: GenerationEvent) { yield(event) }

    func finish(throwing error: (any Error)? = nil) { end(error) }
}
