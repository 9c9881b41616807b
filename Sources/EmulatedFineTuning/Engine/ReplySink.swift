import Synchronization

/// Where a reply's events go, and whether anyone still wants them.
final class ReplySink: Sendable {
    typealias Stream = AsyncThrowingStream<GenerationEvent, any Error>

    private let continuation: Stream.Continuation
    private let abandoned = Atomic(false)

    init(_ continuation: Stream.Continuation) {
        self.continuation = continuation
    }

    /// A stream of events and the sink that feeds it.
    static func make() -> (stream: Stream, sink: ReplySink) {
        let (stream, continuation) = Stream.makeStream()
        let sink = ReplySink(continuation)
        continuation.onTermination = { _ in sink.abandon() }
        return (stream, sink)
    }

    /// Called when the stream's consumer is gone.
    func abandon() { abandoned.store(true, ordering: .relaxed) }

    var isAbandoned: Bool { abandoned.load(ordering: .relaxed) }

    func send(_ event: GenerationEvent) { continuation.yield(event) }

    func finish(throwing error: (any Error)? = nil) { continuation.finish(throwing: error) }
}
