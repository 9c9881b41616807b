import Synchronization

/// The events of several replies that were asked for together, in order of arrival.
///
/// Ends when the last reply has; the error of one ends them all. Cancelling, and giving up the sequence,
/// frees the replies' slots before the engine's next round.
public final class Replies: AsyncSequence, Sendable {
    public typealias Element = (choice: Int, event: GenerationEvent)
    public typealias Stream = AsyncThrowingStream<Element, any Error>

    let sinks: [ReplySink]
    private let stream: Stream
    private let continuation: Stream.Continuation

    init(count: Int) {
        let (stream, continuation) = Stream.makeStream()
        let left = Countdown(count)
        let sinks = (0..<count).map { choice in
            ReplySink { event in
                continuation.yield((choice, event))
            } finish: { error in
                if error != nil || left.isLast() { continuation.finish(throwing: error) }
            }
        }
        continuation.onTermination = { _ in
            for sink in sinks { sink.abandon() }
        }
        (self.stream, self.continuation, self.sinks) = (stream, continuation, sinks)
        if count == 0 { continuation.finish() }
    }

    /// Ends the replies; whoever reads the events gets the error.
    public func cancel(_ error: any Error = CancellationError()) {
        continuation.finish(throwing: error)
    }

    public func makeAsyncIterator() -> Stream.AsyncIterator { stream.makeAsyncIterator() }

    private final class Countdown: Sendable {
        private let left: Atomic<Int>

        init(_ count: Int) { left = Atomic(count) }

        /// Counts one; whether it was the last.
        func isLast() -> Bool { left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 }
    }
}
