import EmulatedFineTuning
import Hummingbird
import NIOCore
import Synchronization

/// The replies to one request while they are made: watched for the client's leaving and for the time,
/// and measured.
final class Generation: Sendable {
    private let replies: Replies
    private let server: Server
    private let deployment: Deployment
    private let channel: any Channel
    private let start = ContinuousClock.now
    private let timeout: Deadline
    private let cut: Deadline
    private let isOver = Atomic(false)

    /// Queues the requests, all of them or none.
    ///
    /// - Throws: what is wrong with them, and that the queue is full.
    init(
        _ requests: [GenerationRequest], of deployment: Deployment, _ server: Server,
        _ context: ServerContext
    ) async throws {
        do {
            replies = try await deployment.engine.submit(requests)
        } catch let error as GenerationError {
            server.metrics.count(rejection: error, of: deployment.name)
            throw error
        }
        self.server = server
        self.deployment = deployment
        channel = context.channel
        let (replies, channel, limit) = (self.replies, self.channel, server.options.replyTimeout)
        timeout = Deadline(in: limit) {
            replies.cancel(APIError.replyTimeout(limit))
        }
        // Otherwise, a client that does not read would keep its connection forever.
        cut = Deadline(in: limit + .seconds(10)) { channel.close(promise: nil) }
        server.metrics.began(deployment.name)
        server.connections.onClose(of: channel) { replies.cancel() }
    }

    /// Calls `body` with every event of every choice, in order of arrival.
    ///
    /// - Parameter body: gives the event to the client; when it throws, the client is gone.
    func follow(_ body: (Int, GenerationEvent) async throws -> Void) async throws {
        defer { end() }
        var last: [Int: ContinuousClock.Instant] = [:]
        do {
            for try await (choice, event) in replies {
                switch event {
                case .token:
                    let now = ContinuousClock.now
                    server.metrics.observeToken(
                        of: deployment.name, first: last[choice] == nil,
                        after: now - (last[choice] ?? start))
                    last[choice] = now
                case .finished(let result):
                    server.metrics.observe(
                        result, of: deployment.name, after: ContinuousClock.now - start)
                }
                do {
                    try await body(choice, event)
                } catch {
                    throw Departure(error: error)
                }
            }
        } catch let departure as Departure {
            server.metrics.count(failure: reason(of: departure), of: deployment.name)
            throw departure.error
        } catch {
            server.metrics.count(failure: error, of: deployment.name)
            throw error
        }
    }

    /// The whole replies, by choice.
    func collect() async throws -> [Reply] {
        var replies: [Int: Reply] = [:]
        try await follow { choice, event in replies[choice, default: Reply()].append(event) }
        return replies.sorted { $0.key < $1.key }.map(\.value)
    }

    /// What happened to a client that could not be written to.
    private struct Departure: Error {
        var error: any Error
    }

    /// A client that read too slowly was cut off; any other has left.
    private func reason(of departure: Departure) -> any Error {
        ContinuousClock.now - start < server.options.replyTimeout
            ? CancellationError() : APIError.replyTimeout(server.options.replyTimeout)
    }

    /// Frees what the generation holds, even if nobody read it.
    private func end() {
        guard !isOver.exchange(true, ordering: .relaxed) else { return }
        timeout.callOff()
        cut.callOff()
        replies.cancel()
        server.connections.forget(channel)
        server.metrics.ended(deployment.name)
    }

    deinit { end() }
}
