import Logging
import NIOCore
import ServiceLifecycle
import UnixSignals

extension Server {
    /// Serves until SIGINT or SIGTERM; then lets running replies finish, and takes no new ones.
    ///
    /// - Throws: ``ServerError/cannotListen(host:port:reason:)``.
    public func run(
        host: String, port: Int, onRunning: @escaping @Sendable (Int) async -> Void
    ) async throws {
        let application = application(host: host, port: port, onRunning: onRunning)
        var group = ServiceGroupConfiguration(
            services: [application], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        // No reply takes longer than this.
        group.maximumGracefulShutdownDuration = options.replyTimeout
        do {
            try await ServiceGroup(configuration: group).run()
        } catch let error as IOError {
            throw ServerError.cannotListen(host: host, port: port, reason: "\(error)")
        }
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
