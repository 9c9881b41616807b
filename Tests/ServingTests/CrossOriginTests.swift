import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSONValues
import Logging
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import Serving

/// What pages of other origins get of a server: nothing, unless their origin is allowed.
@Suite(.timeLimit(.minutes(10))) struct CrossOriginTests {
    static let app = "https://app.example.org"
    static let evil = "https://evil.example"

    static func options(keys: [String] = []) throws -> ServerOptions {
        let origin = try #require(WebOrigin(app))
        return ServerOptions(keys: keys, allowedOrigins: .only([origin]))
    }

    /// Every route, with a body that it answers with 200.
    static let routes: [(path: String, body: String?)] =
        WireTests.exchanges.filter { !$0.name.hasSuffix("error") }.map { ($0.uri, $0.body) }
        + [
            ("/metrics", nil), ("/tokenizer_info", nil), ("/v1/models/eft", nil), ("/", nil),
            ("/openapi.json", nil),
        ]

    @Test("a page of another origin neither reads nor spends anything, on any route")
    func aPageOfAnotherOriginNeitherReadsNorSpendsAnything() async throws {
        let server = try TestServer()
        try await server.test { client in
            for (path, body) in Self.routes + [("/v1/nowhere", nil)] {
                for origin in [Self.evil, "null", "http://localhost:1"] {
                    let answer =
                        if let body {
                            try await client.post(path, body, headers: [.origin: origin])
                        } else {
                            try await client.get(path, headers: [.origin: origin])
                        }
                    #expect(answer.status == 403, "\(path): \(answer.text)")
                    #expect(answer.text.contains("no requests from pages of other sites"))
                    #expect(answer.headers[.accessControlAllowOrigin] == nil)
                }
            }
        }
        let counts = server.server.metrics.counts(of: "eft")
        #expect(counts.generatedTokens == 0 && counts.finished.values.allSatisfy { $0 == 0 })
        #expect(await server.chat.passes.isEmpty)
    }

    @Test("a page of an allowed origin reads answers, errors and streams, with a key or without")
    func aPageOfAnAllowedOriginReadsAnswersErrorsAndStreams() async throws {
        for keys in [[], ["secret"]] {
            try await TestServer(options: Self.options(keys: keys)).test { client in
                var headers: HTTPFields = [.origin: Self.app]
                func check(_ answer: Answer, _ status: Int, _ path: String) {
                    #expect(answer.status == status, "\(path): \(answer.text)")
                    #expect(answer.headers[.accessControlAllowOrigin] == Self.app)
                    #expect(answer.headers[.vary] == "Origin")
                    #expect(
                        answer.headers[.accessControlExposeHeaders]?.contains("Retry-After") == true
                    )
                }
                if !keys.isEmpty {
                    check(try await client.get("/v1/models", headers: headers), 401, "no key")
                    headers[.authorization] = "Bearer secret"
                }
                for (path, body) in Self.routes {
                    if let body {
                        check(try await client.post(path, body, headers: headers), 200, path)
                    } else {
                        check(try await client.get(path, headers: headers), 200, path)
                    }
                }
                check(try await client.get("/v1/nowhere", headers: headers), 404, "nowhere")
                check(try await client.get("/health", headers: headers), 200, "health")
                check(try await client.post("/v1/completions", "{", headers: headers), 400, "error")
                // Also where no page asks: caches keep one answer for both.
                let plain = try await client.get(
                    "/v1/models", headers: [.authorization: "Bearer secret"])
                #expect(plain.headers[.vary] == "Origin")
                #expect(plain.headers[.accessControlAllowOrigin] == nil)
            }
        }
    }

    @Test("with a key other pages are not let read, and nothing is said where no origin is allowed")
    func withAKeyOtherPagesAreNotLetRead() async throws {
        let headers: HTTPFields = [.origin: Self.evil, .authorization: "Bearer secret"]
        try await TestServer(options: Self.options(keys: ["secret"])).test { client in
            let answer = try await client.get("/v1/models", headers: headers)
            #expect(answer.status == 200 && answer.headers[.accessControlAllowOrigin] == nil)
        }
        try await TestServer(options: ServerOptions(keys: ["secret"])).test { client in
            let answer = try await client.get("/v1/models", headers: headers)
            #expect(answer.status == 200)
            #expect(
                answer.headers[.accessControlAllowOrigin] == nil && answer.headers[.vary] == nil)
        }
    }

    static func preflight(
        _ origin: String, _ asked: String? = "authorization, x-stainless-lang"
    ) -> HTTPFields {
        var headers: HTTPFields = [.origin: origin, .accessControlRequestMethod: "POST"]
        headers[.accessControlRequestHeaders] = asked
        headers["Access-Control-Request-Private-Network"] = "true"
        return headers
    }

    @Test("browsers are told what an allowed page may send, on every route, before any key")
    func browsersAreToldWhatAnAllowedPageMaySend() async throws {
        for keys in [[], ["secret"]] {
            try await TestServer(options: Self.options(keys: keys)).test { client in
                for path in Self.routes.map(\.path) + ["/v1/nowhere", "/health"] {
                    let answer = try await client.execute(
                        uri: path, method: .options, headers: Self.preflight(Self.app)
                    ) { Answer($0) }
                    #expect(answer.status == 204, "\(path)")
                    #expect(answer.text.isEmpty && answer.headers[.contentLength] == nil)
                    #expect(answer.headers[.accessControlAllowOrigin] == Self.app)
                    #expect(
                        answer.headers[.accessControlAllowMethods] == "GET, HEAD, POST, OPTIONS")
                    #expect(
                        answer.headers[.accessControlAllowHeaders]
                            == "authorization, x-stainless-lang")
                    #expect(answer.headers[.accessControlMaxAge] == "7200")
                    #expect(answer.headers[.vary] == "Origin")
                    #expect(answer.headers["Access-Control-Allow-Private-Network"] == "true")
                }
                let unnamed = try await client.execute(
                    uri: "/v1/models", method: .options, headers: Self.preflight(Self.app, nil)
                ) { Answer($0) }
                for name in [
                    "Authorization", "Content-Type", "X-API-Key", "API-Key", "Anthropic-Version",
                ] {
                    let allowed = unnamed.headers[.accessControlAllowHeaders] ?? ""
                    #expect(allowed.contains(name))
                }
                let refused = try await client.execute(
                    uri: "/v1/models", method: .options, headers: Self.preflight(Self.evil)
                ) { Answer($0) }
                #expect(refused.status == 403)
                #expect(refused.headers[.accessControlAllowOrigin] == nil)
                #expect(refused.headers[.accessControlAllowHeaders] == nil)
            }
        }
    }

    @Test("any origin is the star, whoever asks") func anyOriginIsTheStarWhoeverAsks() async throws
    {
        let options = ServerOptions(allowedOrigins: .any)
        try await TestServer(options: options).test { client in
            for origin in [Self.evil, "null"] {
                let answer = try await client.get("/v1/models", headers: [.origin: origin])
                #expect(answer.status == 200 && answer.headers[.accessControlAllowOrigin] == "*")
                #expect(answer.headers[.vary] == nil)
                let asked = try await client.execute(
                    uri: "/v1/models", method: .options, headers: Self.preflight(origin)
                ) { Answer($0) }
                #expect(asked.status == 204 && asked.headers[.accessControlAllowOrigin] == "*")
            }
        }
    }

    @Test("through sockets: names in every form of a request")
    func throughSocketsNamesInEveryFormOfARequest() async throws {
        try await SocketTests.serve(try TestServer()) { port in
            for (head, status) in [
                ("GET /v1/models HTTP/1.1\r\nHost: localhost:\(port)", "200"),
                ("GET /v1/models HTTP/1.1\r\nHost: evil.example:\(port)", "403"),
                ("GET /v1/models HTTP/1.1\r\nHost: localhost\r\nHost: evil.example", "400"),
                ("GET /v1/models HTTP/1.1\r\nHost: evil.example\r\nHost: localhost", "400"),
                ("GET /v1/models HTTP/1.1\r\nhOST: evil.example", "403"),
                ("GET /v1/models HTTP/1.0", "200"),
                ("GET /v1/models HTTP/1.0\r\nHost: evil.example", "403"),
                ("GET http://evil.example/v1/models HTTP/1.1\r\nHost: evil.example", "403"),
                ("GET http://localhost/v1/models HTTP/1.1\r\nHost: evil.example", "403"),
                ("GET /health HTTP/1.1\r\nHost: evil.example", "200"),
                ("HEAD /v1/models HTTP/1.1\r\nHost: evil.example", "403"),
                ("GET /v1/models HTTP/1.1\r\nHost: localhost\r\nOrigin: null", "403"),
            ] {
                let client = try await RawClient(port: port)
                try await client.send(head + "\r\nConnection: close\r\n\r\n")
                let all = try await client.all
                #expect(
                    all.split(separator: " ").dropFirst().first == status[...], "\(head)\n\(all)")
            }
        }
    }

    @Test("the log says once for every kind that requests are refused")
    func theLogSaysOnceForEveryKindThatRequestsAreRefused() async throws {
        let lines = Lines()
        var logger = Logger(label: "test") { _ in lines }
        logger.logLevel = .notice
        let server = Server(
            try TestServer().server.deployments, options: ServerOptions(), logger: logger)
        try await server.application(host: "127.0.0.1", port: 0).test(.router) { client in
            for _ in 0..<20 {
                _ = try await client.get("/v1/models", headers: [.origin: Self.evil])
                _ = try await client.get("/metrics", headers: [.origin: "null"])
                var embedded = HTTPFields()
                embedded["Sec-Fetch-Site"] = "cross-site"
                _ = try await client.get("/metrics", headers: embedded)
            }
        }
        let refusals = lines.kept.texts.withLock { $0 }.filter { $0.contains("refused a request") }
        #expect(refusals.count == 2)
        #expect(refusals.first?.contains("--allow-origin https://evil.example") == true)
    }

    /// Keeps the lines of a log.
    private struct Lines: LogHandler {
        final class Kept: Sendable {
            let texts = Mutex<[String]>([])
        }
        let kept = Kept()
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.notice

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { kept.texts.withLock { $0.append("\(event.message)") } }
    }
}
