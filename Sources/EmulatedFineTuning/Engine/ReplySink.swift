import Synchronization

/// Where a reply's events go, and whether anyone still wants them.
final class ReplySink: Sendable {
    typealias Stream = AsyncThrowingStream<GenerationEvent, any Error>

    private let yield: @Sendable (GenerationEvent) -> Void
    private let end: @Sendable ((any Error)?) -> Void
    private let abandoned = Atomic(false)

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
    func abandon() { abandoned.store(true, ordering: .relaxed) }

    var isAbandoned: Bool { abandoned.load(ordering: .relaxed) }

    func send(_ event: GenerationEvent) { yield(event) }

    func finish(throwing error: (any Error)? = nil) { end(error) }
}
