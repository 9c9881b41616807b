import Hummingbird
import NIOCore

extension Request {
    /// The body as JSON.
    ///
    /// - Throws: ``APIError``: 413 when it has more bytes than the limit, 408 when it does not come in
    ///   time, 400 when it is not JSON.
    func json(_ options: ServerOptions) async throws -> JSON {
        let limit = options.bodyLimit
        let tooLarge = APIError(
            .contentTooLarge, "A request body can have at most \(limit) bytes. Send less.",
            code: "request_too_large")
        if let length = headers[.contentLength].flatMap({ Int($0) }), length > limit {
            throw tooLarge
        }
        let body = body
        let buffer: ByteBuffer? = try await withThrowingTaskGroup(of: ByteBuffer?.self) { group in
            group.addTask {
                do {
                    return try await body.collect(upTo: limit)
                } catch is NIOTooManyBytesError {
                    throw tooLarge
                }
            }
            group.addTask {
                try await Task.sleep(for: options.readTimeout)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
        guard let buffer else {
            throw APIError(
                .requestTimeout,
                "A request must be sent within \(options.readTimeout): "
                    + "this one was not complete by then.", code: "timeout")
        }
        return try JSONParser.parse(Array(buffer.readableBytesView))
    }
}
