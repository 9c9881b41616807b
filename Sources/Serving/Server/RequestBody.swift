import Hummingbird
import JSONValues
import NIOCore

extension Request {
    /// The body as JSON.
    ///
    /// - Throws: ``APIError``: 413 when it has more bytes than the limit, 408 when it does not come in
    ///   time, 400 when it is not JSON.
    func json(_ options: ServerOptions, _ context: ServerContext) async throws -> JSON {
        let limit = options.bodyLimit
        let tooLarge = APIError(
            .contentTooLarge, "A request body can have at most \(limit) bytes. Send less.",
            code: "request_too_large")
        if let length = headers[.contentLength].flatMap({ Int($0) }), length > limit {
            throw tooLarge
        }
        // A client that asks first (`Expect: 100-continue`) would otherwise wait a second before its body.
        if headers[.expect]?.lowercased() == "100-continue" {
            context.channel.triggerUserOutboundEvent(ConnectionHandler.Continue(), promise: nil)
        }
        let body = body
        let collecting = Task { try await body.collect(upTo: limit) }
        let deadline = Deadline(in: options.readTimeout) { collecting.cancel() }
        defer { deadline.callOff() }
        let result = await withTaskCancellationHandler {
            await collecting.result
        } onCancel: {
            collecting.cancel()
        }
        // After a cancellation, the body may look complete although it is not.
        guard !collecting.isCancelled else {
            throw APIError(
                .requestTimeout,
                "A request must be sent within \(options.readTimeout), "
                    + "but this one was not complete by then.", code: "timeout")
        }
        let buffer: ByteBuffer
        do {
            buffer = try result.get()
        } catch is NIOTooManyBytesError {
            throw tooLarge
        } catch {
            throw APIError(
                .badRequest,
                "The request body ended before it was complete, or is not valid HTTP. "
                    + "Send it again.")
        }
        return try JSONParser.parse(Array(buffer.readableBytesView))
    }
}
