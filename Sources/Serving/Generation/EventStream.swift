import HTTPTypes
import Hummingbird
import NIOCore

/// A response of server-sent events: one JSON object each, and in OpenAI's older APIs `[DONE]` at the end.
///
/// What goes wrong after the first byte becomes a last event in OpenAI's error shape, unless the writer of
/// the events has said it in another.
struct EventStream {
    private var writer: any ResponseBodyWriter

    /// - Parameters:
    ///   - ending: the data of the last event; nil: the events say themselves which is the last.
    ///   - write: writes the events; errors it throws are written for the client.
    static func response(
        ending: String? = "[DONE]",
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
                if let ending {
                    try await events.writer.write(ByteBuffer(string: "data: \(ending)\n\n"))
                }
                try await events.writer.finish(nil)
            })
    }

    /// - Parameter name: the event's name; nil: it has none.
    mutating func send(_ value: some Encodable, as name: String? = nil) async throws {
        var buffer = ByteBuffer()
        if let name { buffer.writeString("event: \(name)\n") }
        buffer.writeString("data: ")
        buffer.writeBytes(value.json)
        buffer.writeString("\n\n")
        try await writer.write(buffer)
    }
}
