import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// Speaks HTTP with one server: keeps connections, repeats what may be repeated, bounds time and size.
///
/// Everything that is asked is idempotent. Neither bodies nor the key appear in errors.
final class RemoteClient: Sendable {
    let address: String
    private let options: RemoteOptions
    private let client: HTTPClient
    private let counted = Mutex(RemoteTraffic())

    /// - Throws: ``RemoteError/badAddress(_:)``, ``RemoteError/unreadableAuthorities(path:)``.
    init(_ options: RemoteOptions) throws(RemoteError) {
        self.options = options
        address = try options.base()
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .seconds(10)
        // One connection for every request of a round.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
        // Repeating is done here, where the time for an answer is known.
        configuration.connectionPool.retryConnectionEstablishment = false
        if let path = options.authorities {
            guard let certificates = try? NIOSSLCertificate.fromPEMFile(path),
                !certificates.isEmpty
            else { throw .unreadableAuthorities(path: path) }
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .certificates(certificates)
            configuration.tlsConfiguration = tls
        }
        client = HTTPClient(
            eventLoopGroupProvider: .shared(HTTPClient.defaultEventLoopGroup),
            configuration: configuration)
    }

    deinit { client.shutdown { _ in } }

    var traffic: RemoteTraffic { counted.withLock { $0 } }

    func get(_ path: String) async throws -> Data {
        try await send(path, method: .GET, body: nil, attempts: options.retries.attempts)
    }

    /// - Parameter repeating: whether to ask again when the server cannot answer.
    func post(
        _ path: String, _ body: some Encodable, repeating: Bool = true
    ) async throws -> Data {
        let attempts = repeating ? options.retries.attempts : 1
        return try await send(
            path, method: .POST, body: try JSONEncoder().encode(body), attempts: attempts)
    }

    /// How an attempt failed.
    private struct Failure: Error {
        var error: RemoteError
        /// Whether another attempt may succeed.
        var isPassing: Bool
        /// How long the server wants to be left alone.
        var retryAfter: Duration?
    }

    /// Sends a request until it is answered, refused, or out of time.
    private func send(
        _ path: String, method: HTTPMethod, body: Data?, attempts most: Int
    ) async throws -> Data {
        let end = ContinuousClock.now + options.timeout
        var attempts = 0
        while true {
            attempts += 1
            do {
                return try await attempt(path, method, body, attempts, until: end)
            } catch let failure as Failure {
                let delay = failure.retryAfter ?? options.retries.delay(after: attempts)
                guard failure.isPassing, attempts < most,
                    ContinuousClock.now + delay < end
                else { throw failure.error }
                try await Task.sleep(for: delay)
            }
        }
    }

    private func attempt(
        _ path: String, _ method: HTTPMethod, _ body: Data?, _ attempts: Int,
        until end: ContinuousClock.Instant
    ) async throws -> Data {
        counted.withLock {
            $0.requests += 1
            $0.repeated += attempts > 1 ? 1 : 0
            $0.sent += body?.count ?? 0
        }
        let answer: HTTPExchange.Answer
        do {
            answer = try await HTTPExchange(client).send(
                address + path, method: method, key: options.key?.secret, body: body, until: end)
        } catch {
            throw try failure(error, attempts)
        }
        guard answer.status == 200, let data = answer.body else {
            throw failure(answer, attempts)
        }
        counted.withLock { $0.received += data.count }
        return data
    }

    /// What a status other than 200 means.
    private func failure(_ answer: HTTPExchange.Answer, _ attempts: Int) -> Failure {
        let message = message(answer.body, answer.phrase)
        switch answer.status {
        case 401, 403:
            return Failure(error: .unauthorized(address: address), isPassing: false)
        case 408, 429, 500...599:
            let after = answer.headers.first(name: "Retry-After").flatMap { Int($0) }
            return Failure(
                error: .failing(
                    address: address, status: answer.status, message: message, attempts: attempts),
                isPassing: answer.status != 501,
                retryAfter: after.map { .seconds(min(max(0, $0), 3600)) })
        default:
            return Failure(
                error: .refused(address: address, status: answer.status, message: message),
                isPassing: false)
        }
    }

    /// What an error of the connection means.
    private func failure(_ error: any Error, _ attempts: Int) throws -> Failure {
        if error is DeadlineExceeded {
            return Failure(
                error: .timedOut(address: address, limit: options.timeout), isPassing: true)
        }
        if error is CancellationError || Task.isCancelled { throw CancellationError() }
        if error is NIOTooManyBytesError {
            let reason = "more than \(HTTPExchange.answerLimit) bytes"
            return Failure(error: .malformed(address: address, reason: reason), isPassing: false)
        }
        return Failure(
            error: .unreachable(
                address: address, reason: Self.reason(error), attempts: attempts), isPassing: true)
    }

    /// What went wrong with a connection, in a few words: libraries' own texts may be long.
    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as HTTPClientError where error == .connectTimeout:
            "no connection within 10 seconds"
        case let error as HTTPClientError where error == .remoteConnectionClosed:
            "it closed the connection"
        case is NIOSSLError, is NIOSSLExtraError: "TLS failed: its certificate is not trusted"
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case is NIOConnectionError: "the connection was refused, or the host is unknown"
        default: "\(type(of: error))"
        }
    }

    /// A server's own words, shortened to what cannot repeat a prompt, without the key.
    private func message(_ body: Data?, _ phrase: String) -> String {
        struct Body: Decodable {
            struct Detail: Decodable { var message: String? }
            var error: Detail?
            var message: String?
        }
        let decoded = body.flatMap { try? JSONDecoder().decode(Body.self, from: $0) }
        guard var text = decoded?.error?.message ?? decoded?.message else { return phrase }
        if let secret = options.key?.secret, !secret.isEmpty {
            text = text.replacing(secret, with: "…")
        }
        // Validators quote what they were sent, in brackets or on further lines.
        let end = text.firstIndex { "[{\n".contains($0) } ?? text.endIndex
        return String(text[..<end].prefix(160)).trimmingCharacters(in: .whitespaces)
    }
}
