package import AsyncHTTPClient
package import Foundation
import NIOCore
package import NIOHTTP1

/// One request and its answer: with one deadline for both, and a limit on the answer's size.
package struct HTTPExchange: Sendable {
    /// Maximum size of an answer, in bytes: 65 positions of 128 tokens take less than 400 kB.
    package static let answerLimit = 8 << 20
    /// Bytes of an error's body that are looked at.
    private static let errorLimit = 64 << 10

    private let client: HTTPClient

    package init(_ client: HTTPClient) { self.client = client }

    /// What a server answered, whatever its status.
    package struct Answer: Sendable {
        package var status: Int
        /// The status in the server's words.
        package var phrase: String
        package var headers: HTTPHeaders
        /// At most 64 kB of it where the status is not 200; nil: there was more.
        package var body: Data?
    }

    /// Sends a request and waits for the whole answer.
    ///
    /// - Parameter body: JSON; nil: none.
    /// - Throws: ``DeadlineExceeded``; `CancellationError`; `NIOTooManyBytesError` for an answer of more than
    ///   ``answerLimit`` bytes; the library's error where the connection fails.
    package func send(
        _ url: String, method: HTTPMethod, key: String?, body: Data?,
        until end: ContinuousClock.Instant
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = method
        request.headers.add(name: "Accept", value: "application/json")
        if let key { request.headers.add(name: "Authorization", value: "Bearer \(key)") }
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        // The library's own limit ends with the head of an answer.
        let left = TimeAmount(max(.milliseconds(1), end - ContinuousClock.now))
        do {
            return try await before(end) { [request] in
                try await self.answer(to: request, within: left)
            }
        } catch let error as HTTPClientError where Self.timeouts.contains(error) {
            throw DeadlineExceeded()
        } catch let error as HTTPClientError where error == .cancelled {
            throw CancellationError()
        }
    }

    private static let timeouts: [HTTPClientError] = [
        .deadlineExceeded, .readTimeout, .writeTimeout,
    ]

    private func answer(
        to request: HTTPClientRequest, within left: TimeAmount
    ) async throws -> Answer {
        let response = try await client.execute(request, timeout: left)
        let body: ByteBuffer?
        if response.status == .ok {
            body = try await response.body.collect(upTo: Self.answerLimit)
        } else {
            body = try? await response.body.collect(upTo: Self.errorLimit)
        }
        return Answer(
            status: Int(response.status.code), phrase: response.status.reasonPhrase,
            headers: response.headers, body: body.map { Data($0.readableBytesView) })
    }
}
