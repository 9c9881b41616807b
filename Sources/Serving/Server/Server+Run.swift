import EmulatedFineTuning
import Foundation
import Logging
import NIOCore
import ServiceLifecycle
import UnixSignals

extension Server {
    /// Serves until SIGINT or SIGTERM; then lets running replies finish, and takes no new ones. A second
    /// signal ends the process at once, as the signal does by itself.
    ///
    /// - Parameters:
    ///   - host: the address to listen on.
    ///   - port: 0 takes any that is free.
    ///   - onStopping: called at the first signal, with the replies that are not complete.
    ///   - onRunning: called with the port once clients are served.
    /// - Throws: ``ServerError/cannotListen(host:port:reason:)``.
    public func run(
        host: String, port: Int, onStopping: @escaping @Sendable (Int) async -> Void = { _ in },
        onRunning: @escaping @Sendable (Int) async -> Void
    ) async throws {
        let application = application(host: host, port: port, onRunning: onRunning)
        var configuration = ServiceGroupConfiguration(services: [application], logger: logger)
        // No reply takes longer than this.
        configuration.maximumGracefulShutdownDuration = options.replyTimeout
        let group = ServiceGroup(configuration: configuration)
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        do {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                tasks.addTask {
                    var isStopping = false
                    for await signal in signals {
                        if isStopping { Self.end(by: signal) }
                        isStopping = true
                        await onStopping(unfinishedReplies)
                        await group.triggerGracefulShutdown()
                    }
                }
                defer { tasks.cancelAll() }
                try await tasks.next()
            }
        } catch let error as IOError {
            throw ServerError.cannotListen(host: host, port: port, reason: "\(error)")
        }
    }

    /// Replies that are being made or wait.
    private var unfinishedReplies: Int {
        get async {
            var replies = 0
            for deployment in deployments {
                let load = await deployment.engine.load
                replies += load.running + load.waiting
            }
            return replies
        }
    }

    /// Ends the process like an unhandled signal, so that a shell sees the reason.
    private static func end(by cause: UnixSignal) {
        signal(cause.rawValue, SIG_DFL)
        kill(getpid(), cause.rawValue)
    }
}

/// Why a server cannot run.
public enum ServerError: Error, Equatable, Sendable, CustomStringConvertible {
    case cannotListen(host: String, port: Int, reason: String)

    public var description: String {
        switch self {
        case .cannotListen(let host, let port, let reason):
            "A server must be able to listen: \(host), port \(port): \(reason). "
                + "Choose another port or address."
        }
    }
}
