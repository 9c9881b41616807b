import HTTPTypes
import Hummingbird
import NIOCore

/// A response of server-sent events: one JSON object each, then `[DONE]`.
///
/// What goes wrong after the first byte becomes a last event in OpenAI's error shape.
struct EventStream {
    private var writer: any ResponseBodyWriter

    /// - Parameter write: writes the events; errors it throws are written for the client.
    static func response(
        _ write: @escaping @Sendable (inout EventStream) async throws -> Void
    ) -> Response {
        Response(
            status: .ok,
            headers: [
                .contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-cache",
            ],
            body: ResponseBody { writer in
                var events = EventStream(writer: writer)
                do {
                    try await write(&events)
                } catch {
                    // If the client has left, this write fails too. We ignore that.
                    try await events.send(ErrorBody(APIError(error)))
                }
                try await events.writer.write(ByteBuffer(string: "data: [DONE]\n\n"))
                try await events.writer.finish(nil)
            })
    }

    mutating func send(_ value: some Encodable) async throws {
        var buffer = ByteBuffer(string: "data: ")
        buffer.writeBytes(value.json)
        buffer.writeString("\n\n")
        try await writer.write(buffer)
    }
}
