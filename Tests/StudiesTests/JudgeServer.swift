import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// A judge behind a socket that misbehaves on demand.
final class JudgeServer: Sendable {
    /// What it does with one request.
    enum Behaviour: Sendable {
        case says(String)
        case status(Int, retryAfter: String? = nil)
        case raw(String)
        case hangs
    }

    private let script = Mutex<[Behaviour]>([])
    private let fallback: Behaviour
    private let bodies = Mutex<[String]>([])

    init(_ script: [Behaviour] = [], then fallback: Behaviour) {
        self.script.withLock { $0 = script }
        self.fallback = fallback
    }

    /// The bodies of the requests so far.
    var requests: [String] { bodies.withLock { $0 } }

    /// Runs `body` with the server at an address.
    func run(_ body: @escaping @Sendable (String) async throws -> Void) async throws {
        let router = Router()
        router.post("/v1/chat/completions") { request, _ in
            let buffer = try await request.body.collect(upTo: 1 << 20)
            self.bodies.withLock { $0.append(String(buffer: buffer)) }
            return try await self.answer()
        }
        let (ports, port) = AsyncStream<Int>.makeStream()
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in
                if let number = channel.localAddress?.port { port.yield(number) }
            })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await application.run() }
            for await number in ports {
                try await body("http://127.0.0.1:\(number)/v1")
                break
            }
            group.cancelAll()
        }
    }

    private func answer() async throws -> Response {
        switch script.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) ?? fallback {
        case .says(let text):
            return Self.response(.ok, Self.completion(text))
        case .status(let code, let retryAfter):
            var response = Self.response(.init(code: code), "{}")
            if let retryAfter { response.headers[.retryAfter] = retryAfter }
            return response
        case .raw(let text): return Self.response(.ok, text)
        case .hangs:
            try await Task.sleep(for: .seconds(30))
            return Self.response(.ok, "{}")
        }
    }

    private static func completion(_ text: String) -> String {
        let escaped = text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
            .replacing("\"", with: "\\\"")
        return """
            {"choices": [{"message": {"role": "assistant", "content": "\(escaped)"}}],
             "usage": {"prompt_tokens": 100, "completion_tokens": 10}}
            """
    }

    private static func response(_ status: HTTPResponse.Status, _ body: String) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(string: body)))
    }
}
