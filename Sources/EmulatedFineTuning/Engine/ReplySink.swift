import Synchronization

/// Where a reply's events go, and whether anyone still wants them.
final class ReplySink: Sendable {
    typealias Stream = AsyncThrowingStream<GenerationEvent, any Error>

    private let yield: @Sendable (GenerationEvent) -> Void
    private let end: @Sendable ((any Error)?) -> Void
    private let abandoned = Atomic(false)
    private let onAbandon = Mutex<(@Sendable () -> Void)?>(nil)

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
        onAbandon.withLock { $0 }?()
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
        for sink in sinks { sink.onAbandon.withLock { $0 = check } }
        defer { for sink in sinks { sink.onAbandon.withLock { $0 = nil } } }
        if !sinks.isEmpty { check() }
        return await task.result
    }

    func send(_ event: GenerationEvent) { yield(event) }

    func finish(throwing error: (any Error)? = nil) { end(error) }
}
