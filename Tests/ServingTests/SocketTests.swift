import EmulatedFineTuning
import Foundation
import Hummingbird
import HummingbirdTesting
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import Serving

/// What only shows through sockets: clients that leave, dawdle, or send too much.
@Suite(.timeLimit(.minutes(10)), .serialized) struct SocketTests {
    static func post(_ body: String, _ uri: String = "/v1/chat/completions") -> String {
        "POST \(uri) HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    /// Runs a test against a server that listens on a port.
    static func serve(
        _ server: TestServer, _ body: @escaping @Sendable (Int) async throws -> Void
    ) async throws {
        try await server.application.test(.live) { client in
            try await body(try #require(client.port))
        }
    }

    @Test("a client that leaves frees its slot within a round, streaming or not")
    func aClientThatLeavesFreesItsSlotWithinARound() async throws {
        let server = try TestServer(delay: .milliseconds(10))
        try await Self.serve(server) { port in
            for stream in ["true", "false"] {
                let client = try await RawClient(port: port)
                try await client.send(
                    Self.post(
                        ServerTests.chat(
                            #", "max_tokens": 400, "ignore_eos": true, "stream": \#(stream)"#)))
                while await server.engine.load.running == 0 {
                    try await Task.sleep(for: .milliseconds(2))
                }
                try await client.close()
                let load = try await server.settled()
                #expect(load.busySlots == 0 && load.reservedCells == [0, 0, 0])
                #expect(await server.chat.passes.count < 100)
            }
        }
    }

    @Test("500 clients that leave mid-stream under load leave nothing behind")
    func fiveHundredClientsThatLeaveMidStreamUnderLoadLeaveNothingBehind() async throws {
        let server = try TestServer(waiting: 600, delay: .milliseconds(1))
        try await Self.serve(server) { port in
            func reply() async throws -> String {
                let client = try await RawClient(port: port)
                try await client.send(
                    Self.post(ServerTests.chat()).replacing(
                        "Host:", with: "Connection: close\r\nHost:"))
                let all = try await client.all
                return String(all.split(separator: "\"content\":").last ?? "")
            }
            let before = try await reply().prefix(30)
            try await withThrowingTaskGroup { group in
                for lane in 0..<20 {
                    group.addTask {
                        var generator = SplitMix(lane)
                        for _ in 0..<25 {
                            let client = try await RawClient(port: port)
                            try await client.send(
                                Self.post(
                                    ServerTests.chat(#", "max_tokens": 300, "stream": true"#)))
                            try await Task.sleep(
                                for: .milliseconds(.random(in: 0...30, using: &generator)))
                            try await client.close()
                        }
                    }
                }
                try await group.waitForAll()
            }
            let load = try await server.settled()
            #expect(load.running == 0 && load.waiting == 0 && load.busySlots == 0)
            #expect(load.reservedCells == [0, 0, 0])
            #expect(server.server.openRequests == 0)
            #expect(try await reply().prefix(30) == before)
        }
    }

    @Test("a client that sends its request too slowly is sent away, and others are served")
    func aClientThatSendsItsRequestTooSlowlyIsSentAway() async throws {
        let options = ServerOptions(readTimeout: .milliseconds(500))
        try await Self.serve(try TestServer(options: options)) { port in
            let header = try await RawClient(port: port)
            let body = try await RawClient(port: port)
            try await body.send(
                "POST /v1/chat/completions HTTP/1.1\r\nHost: [::1]\r\nContent-Length: 1000\r\n\r\n")
            try await header.send("GET /health HTTP/1.1\r\nX-Slow: ")
            let start = ContinuousClock.now
            let dribble = Task {
                for _ in 0..<200 {
                    try? await header.send("G")
                    try? await body.send(" ")
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            #expect(try await body.all.contains("HTTP/1.1 408 "))
            #expect(try await header.all.isEmpty)
            #expect(ContinuousClock.now - start < .seconds(5))
            dribble.cancel()
            let quick = try await RawClient(port: port)
            try await quick.send("GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(try await quick.all.hasPrefix("HTTP/1.1 200 OK"))
        }
    }

    @Test("a body that nobody reads does not hold its connection")
    func aBodyThatNobodyReadsDoesNotHoldItsConnection() async throws {
        let options = ServerOptions(keys: ["secret"], readTimeout: .seconds(3))
        try await Self.serve(try TestServer(options: options)) { port in
            for path in ["/nope", "/v1/chat/completions"] {
                let client = try await RawClient(port: port)
                try await client.send(
                    "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n")
                let dribble = Task {
                    for _ in 0..<400 {
                        try await client.send(" ")
                        try await Task.sleep(for: .milliseconds(50))
                    }
                }
                let start = ContinuousClock.now
                #expect(try await client.all.hasPrefix("HTTP/1.1 401 "))
                #expect(ContinuousClock.now - start < .seconds(8))
                dribble.cancel()
            }
        }
    }

    @Test("HEAD is answered like GET, without a body") func headIsAnsweredLikeGet() async throws {
        try await Self.serve(try TestServer()) { port in
            let client = try await RawClient(port: port)
            for path in ["/health", "/nope", "/"] {
                try await client.send("HEAD \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n")
            }
            try await client.send("GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let all = try await client.all
            let heads = all.components(separatedBy: "\r\n\r\n").dropLast()
            #expect(
                heads.map { $0.prefix(12) } == [
                    "HTTP/1.1 200", "HTTP/1.1 404", "HTTP/1.1 200", "HTTP/1.1 200",
                ])
            #expect(all.hasSuffix("\r\n\r\n"))
        }
    }

    @Test("a body without end is answered and cut off") func aBodyWithoutEndIsAnsweredAndCutOff()
        async throws
    {
        try await Self.serve(try TestServer(options: ServerOptions(bodyLimit: 10_000))) { port in
            let client = try await RawClient(port: port)
            try await client.send(
                "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n"
            )
            let sending = Task {
                let chunk = "1000\r\n" + String(repeating: " ", count: 4096) + "\r\n"
                for _ in 0..<10_000 {
                    try await client.send(chunk)
                    try await Task.sleep(for: .milliseconds(1))
                }
            }
            #expect(try await client.all.contains("HTTP/1.1 413 "))
            sending.cancel()
        }
    }

    @Test("what is no HTTP is refused") func whatIsNoHTTPIsRefused() async throws {
        try await Self.serve(try TestServer()) { port in
            let client = try await RawClient(port: port)
            try await client.send("\u{0}\u{1}garbage\r\n\r\n")
            #expect(try await client.all.hasPrefix("HTTP/1.1 400"))
        }
    }

    @Test("a client that asks before it sends its body is told to go on at once")
    func aClientThatAsksBeforeItSendsItsBodyIsToldToGoOnAtOnce() async throws {
        try await Self.serve(try TestServer(options: ServerOptions(keys: ["secret"]))) { port in
            let body = ServerTests.chat(#", "max_tokens": 2"#)
            func head(_ key: String, length: Int) -> String {
                """
                POST /v1/chat/completions HTTP/1.1\r
                Host: a\r
                Authorization: Bearer \(key)\r
                Expect: 100-continue\r
                Connection: close\r
                Content-Length: \(length)\r
                \r

                """
            }
            let client = try await RawClient(port: port)
            let start = ContinuousClock.now
            try await client.send(head("secret", length: body.utf8.count))
            while !client.text.hasSuffix("HTTP/1.1 100 Continue\r\n\r\n"),
                ContinuousClock.now - start < .seconds(5)
            { try await Task.sleep(for: .milliseconds(2)) }
            #expect(client.text == "HTTP/1.1 100 Continue\r\n\r\n")
            #expect(ContinuousClock.now - start < .milliseconds(500))
            try await client.send(body)
            let all = try await client.all
            #expect(all.contains("HTTP/1.1 200 OK") && all.contains("chat.completion"))
            // A body that would be refused is not asked for.
            for (key, length, status) in [("wrong", 100, "401"), ("secret", 100 << 20, "413")] {
                let refused = try await RawClient(port: port)
                try await refused.send(head(key, length: length))
                #expect(try await refused.all.hasPrefix("HTTP/1.1 \(status) "))
            }
        }
    }

    @Test("clients that leave are counted as cancelled, whenever they do")
    func clientsThatLeaveAreCountedAsCancelled() async throws {
        let server = try TestServer(waiting: 64, delay: .milliseconds(2))
        try await Self.serve(server) { port in
            try await withThrowingTaskGroup { group in
                for index in 0..<60 {
                    group.addTask {
                        let client = try await RawClient(port: port)
                        try await client.send(
                            Self.post(
                                ServerTests.chat(
                                    #", "max_tokens": 300, "ignore_eos": true, "stream": true"#)))
                        let events = 1 + index % 5
                        while client.text.components(separatedBy: "data: ").count <= events {
                            try await Task.sleep(for: .milliseconds(1))
                        }
                        try await client.close()
                    }
                }
                try await group.waitForAll()
            }
            _ = try await server.settled()
        }
        let counts = server.server.metrics.counts(of: "eft")
        #expect(counts.unfinished == ["cancelled": 60, "error": 0, "queue_full": 0, "timeout": 0])
        #expect(counts.finished == ["length": 0, "stop": 0])
    }

    @Test("one connection serves many requests, and holds nothing after each")
    func oneConnectionServesManyRequestsAndHoldsNothingAfterEach() async throws {
        let server = try TestServer()
        try await server.application.test(.live) { client in
            for _ in 0..<50 {
                let answer = try await client.post(
                    "/v1/chat/completions", ServerTests.chat(#", "max_tokens": 2"#))
                #expect(answer.status == 200)
            }
        }
        #expect(server.server.openRequests == 0)
    }

    @Test("a server that is stopped finishes its streams")
    func aServerThatIsStoppedFinishesItsStreams() async throws {
        let server = try TestServer(delay: .milliseconds(10))
        // The test's server begins to stop when the closure returns.
        let client = try await server.application.test(.live) { client in
            let raw = try await RawClient(port: try #require(client.port))
            try await raw.send(
                Self.post(ServerTests.chat(#", "ignore_eos": true, "stream": true"#)))
            while await server.engine.load.running == 0 {
                try await Task.sleep(for: .milliseconds(2))
            }
            return raw
        }
        #expect(try await client.all.contains("data: [DONE]"))
    }
}

extension SplitMix {
    init(_ seed: Int) { self.init(state: UInt64(seed)) }
}
