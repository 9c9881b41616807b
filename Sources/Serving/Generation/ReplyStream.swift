import EmulatedFineTuning
import Synchronization

/// The events of all choices of a request, in order of arrival, until someone cancels them.
///
/// Cancelling, and giving up the stream, frees the choices' slots before the engine's next round.
final class ReplyStream: AsyncSequence, Sendable {
    typealias Element = (choice: Int, event: GenerationEvent)
    typealias Stream = AsyncThrowingStream<Element, any Error>

    private let stream: Stream
    private let continuation: Stream.Continuation

    /// Queues the requests, all of them or none.
    ///
    /// - Throws: what is wrong with them, and ``DecodingError/queueFull(waiting:limit:)``.
    init(_ requests: [GenerationRequest], on engine: Engine) async throws {
        let choices = try await engine.submit(requests)
        (stream, continuation) = Stream.makeStream()
        let continuation = self.continuation
        let forwarding = Task {
            do {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for (choice, events) in choices.enumerated() {
                        group.addTask {
                            for try await event in events { continuation.yield((choice, event)) }
                            try Task.checkCancellation()
                        }
                    }
                    try await group.waitForAll()
                }
                continuation.finish()
            } catch {
                continuation.finish(throwing: error)
            }
        }
        continuation.onTermination = { _ in forwarding.cancel() }
    }

    /// Ends the replies: whoever reads the stream gets the error.
    func cancel(_ error: any Error = CancellationError()) {
        continuation.finish(throwing: error)
    }

    func makeAsyncIterator() -> Stream.AsyncIterator { stream.makeAsyncIterator() }
}
