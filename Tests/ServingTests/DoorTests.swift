import ChatTemplates
import EmulatedFineTuning
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

/// A server without a key is no server for pages of other sites, whatever they call it.
@Suite(.timeLimit(.minutes(10))) struct DoorTests {
    /// A request and whether it is let in.
    struct Case: CustomTestStringConvertible, Sendable {
        var bound = "127.0.0.1"
        var host: String?
        var allowed: [String] = []
        var isLetIn: Bool

        var testDescription: String { "\(host ?? "no Host") at \(bound)" }
    }

    static let hosts: [Case] =
        [
            "localhost", "localhost:8080", "LocalHost:80", "localhost.", "localhost.:8080",
            "localhost:",
            "eft.localhost", "127.0.0.1", "127.0.0.1:1", "127.255.3.2", "[::1]", "[::1]:8080",
            "[0:0:0:0:0:0:0:1]:8080", "[::ffff:127.0.0.1]", "[::1%25lo]:8080", nil,
        ].map { Case(host: $0, isLetIn: true) }
        + [
            "evil.example", "evil.example:8080", "localhost.evil.example", "notlocalhost",
            "localhost..", ".localhost", "127.0.0.1.evil.example", "128.0.0.1", "127.1",
            "2130706433",
            "0x7f.0.0.1", "0.0.0.0", "192.168.1.5", "[::]", "[::2]", "[fe80::1%25eth0]", "", " ",
            "localhost:99999", "localhost:80:80", "localhost:x", "::1", "[::1", "[localhost]",
            "user@localhost", "localhost/", "localhost,evil.example", "%6cocalhost", "lòcalhost",
        ].map { Case(host: $0, isLetIn: false) }
        + [
            // Where it listens.
            Case(bound: "192.168.1.5", host: "192.168.1.5:80", isLetIn: true),
            Case(bound: "192.168.1.5", host: "localhost", isLetIn: true),
            Case(bound: "192.168.1.5", host: "192.168.1.6", isLetIn: false),
            Case(bound: "192.168.1.5", host: "box", isLetIn: false),
            Case(bound: "eft.lan", host: "EFT.lan.:8080", isLetIn: true),
            Case(bound: "eft.lan", host: "evil.lan", isLetIn: false),
            Case(bound: "fe80::1%eth0", host: "[fe80::1]:8080", isLetIn: true),
            Case(bound: "2001:db8::1", host: "[2001:DB8:0::1]", isLetIn: true),
            // Everywhere: by any address, and by the machine's name.
            Case(bound: "0.0.0.0", host: "203.0.113.9:8080", isLetIn: true),
            Case(bound: "0.0.0.0", host: "0.0.0.0:8080", isLetIn: true),
            Case(bound: "0.0.0.0", host: "[fe80::1%25eth0]", isLetIn: true),
            Case(bound: "::", host: "[2001:db8::7]:8080", isLetIn: true),
            Case(bound: "::", host: "box.lan:8080", isLetIn: true),
            Case(bound: "0.0.0.0", host: "BOX", isLetIn: true),
            Case(bound: "0.0.0.0", host: "box.evil.example", isLetIn: false),
            Case(bound: "0.0.0.0", host: "evil.example", isLetIn: false),
            Case(bound: "0.0.0.0", host: "2130706433", isLetIn: false),
            // Allowed by name.
            Case(host: "eft.example.org", allowed: ["EFT.example.org."], isLetIn: true),
            Case(host: "eft.example.org:443", allowed: ["eft.example.org"], isLetIn: true),
            Case(host: "a.eft.example.org", allowed: ["eft.example.org"], isLetIn: false),
            Case(host: "[2001:db8::1]", allowed: ["2001:db8::1"], isLetIn: true),
        ]

    static func request(
        _ host: String?, _ headers: [(String, String)] = [], path: String = "/v1/models",
        method: HTTPRequest.Method = .get
    ) -> Request {
        var fields = HTTPFields()
        for (name, value) in headers {
            if let name = HTTPField.Name(name) {
                fields.append(HTTPField(name: name, value: value))
            }
        }
        return Request(
            head: HTTPRequest(
                method: method, scheme: "http", authority: host, path: path, headerFields: fields),
            body: RequestBody(buffer: ByteBuffer()))
    }

    static func doors(
        keys: [String] = [], _ bound: String = "127.0.0.1", hosts: [String] = [],
        origins: AllowedOrigins = .only([])
    ) -> Doors {
        Doors(
            ServerOptions(
                keys: keys, allowedHosts: Set(hosts.compactMap { HostName($0) }),
                allowedOrigins: origins),
            boundTo: bound, machine: "box.lan")
    }

    @Test("a server without a key answers to its own names", arguments: hosts)
    func aServerWithoutAKeyAnswersToItsOwnNames(_ test: Case) {
        let doors = Self.doors(test.bound, hosts: test.allowed)
        let refusal = doors.refusal(of: Self.request(test.host))
        if test.isLetIn {
            #expect(refusal == nil)
        } else {
            #expect(refusal?.kind == .host)
            #expect(refusal?.error.status == .forbidden)
        }
        // Load balancers ask under other names, and a key makes names no matter.
        #expect(doors.refusal(of: Self.request(test.host, path: "/health")) == nil)
        #expect(doors.refusal(of: Self.request(test.host, path: "/metrics")) == refusal)
        let keyed = Self.doors(keys: ["secret"], test.bound)
        #expect(keyed.refusal(of: Self.request(test.host)) == nil)
    }

    @Test("another name in X-Forwarded-Host or Forwarded changes nothing")
    func anotherNameInXForwardedHostChangesNothing() {
        let forwarded = [("X-Forwarded-Host", "localhost"), ("Forwarded", "host=localhost")]
        let refusal = Self.doors().refusal(of: Self.request("evil.example", forwarded))
        #expect(refusal?.kind == .host)
        let other = [("X-Forwarded-Host", "evil.example")]
        #expect(Self.doors().refusal(of: Self.request("localhost", other)) == nil)
    }

    /// Origin and host, and whether a page of the origin asks its own server.
    static let origins: [(origin: String, host: String, isLetIn: Bool)] = [
        ("http://localhost:8080", "localhost:8080", true),
        ("HTTP://LOCALHOST:8080", "localhost:8080", true),
        ("http://localhost", "localhost", true), ("http://localhost", "localhost:80", true),
        ("http://[::1]:8080", "[0::1]:8080", true),
        // Behind a proxy that speaks TLS.
        ("https://eft.localhost", "eft.localhost", true),
        ("https://eft.localhost", "eft.localhost:443", true),
        ("http://localhost:8081", "localhost:8080", false),
        ("http://localhost", "localhost:8080", false),
        ("http://localhost:8080", "localhost", false),
        ("http://127.0.0.1:8080", "localhost:8080", false),
        ("https://localhost", "localhost:80", false),
        ("https://evil.example", "localhost:8080", false),
        ("http://evil.example:8080", "localhost:8080", false),
        ("http://localhost:8080.evil.example", "localhost:8080", false),
        ("chrome-extension://localhost:8080", "localhost:8080", false),
        ("null", "localhost", false), ("", "localhost", false), ("file://", "localhost", false),
        ("localhost", "localhost", false), ("http://", "localhost", false),
        ("://localhost", "localhost", false), ("http://localhost/", "localhost", false),
    ]

    @Test("a page of another origin is refused without a key", arguments: origins)
    func aPageOfAnotherOriginIsRefusedWithoutAKey(
        _ test: (origin: String, host: String, isLetIn: Bool)
    ) {
        let request = Self.request(test.host, [("Origin", test.origin)])
        let refusal = Self.doors().refusal(of: request)
        #expect((refusal == nil) == test.isLetIn)
        #expect(test.isLetIn || refusal?.kind == .origin)
        #expect(Self.doors(keys: ["secret"]).refusal(of: request) == nil)
        #expect(Self.doors(origins: .any).refusal(of: request) == nil)
    }

    @Test("allowed origins are compared as browsers write them")
    func allowedOriginsAreComparedAsBrowsersWriteThem() throws {
        let allowed = try ["https://App.example.org:443", "http://localhost:3000"].map {
            try #require(WebOrigin($0))
        }
        let doors = Self.doors(origins: .only(Set(allowed)))
        for origin in ["https://app.example.org", "http://localhost:3000"] {
            #expect(doors.refusal(of: Self.request("localhost", [("Origin", origin)])) == nil)
        }
        for origin in [
            "http://app.example.org", "https://app.example.org:444", "http://localhost:3001",
            "https://x.app.example.org", "null",
        ] {
            let refusal = doors.refusal(of: Self.request("localhost", [("Origin", origin)]))
            #expect(refusal == .origin(origin))
        }
        // One of two must not hide the other.
        let both = [("Origin", "http://localhost:3000"), ("Origin", "http://evil.example")]
        #expect(doors.refusal(of: Self.request("localhost", both))?.kind == .origin)
        // An allowed page does not make the name right.
        let rebound = Self.request("evil.example", [("Origin", "http://localhost:3000")])
        #expect(doors.refusal(of: rebound)?.kind == .host)
        #expect(allowed.map { "\($0)" } == ["https://app.example.org", "http://localhost:3000"])
        #expect(WebOrigin("http://[0::1]:80").map { "\($0)" } == "http://[::1]")
        #expect(WebOrigin("app://obsidian.md").map { "\($0)" } == "app://obsidian.md")
    }

    /// What a browser says of a request without an origin, and whether it is let in.
    static let fetches: [(site: String, mode: String, destination: String, isLetIn: Bool)] = [
        ("none", "navigate", "document", true), ("same-origin", "cors", "empty", true),
        ("same-origin", "no-cors", "image", true), ("cross-site", "navigate", "document", true),
        ("same-site", "navigate", "document", true), ("cross-site", "no-cors", "image", false),
        ("same-site", "no-cors", "script", false), ("cross-site", "navigate", "iframe", false),
        ("cross-site", "no-cors", "empty", false),
    ]

    @Test(
        "what a page of another site embeds is refused without a key, links are followed",
        arguments: fetches)
    func whatAPageOfAnotherSiteEmbedsIsRefused(
        _ test: (site: String, mode: String, destination: String, isLetIn: Bool)
    ) {
        let headers = [
            ("Sec-Fetch-Site", test.site), ("Sec-Fetch-Mode", test.mode),
            ("Sec-Fetch-Dest", test.destination),
        ]
        let request = Self.request("localhost", headers)
        #expect((Self.doors().refusal(of: request) == nil) == test.isLetIn)
        #expect(Self.doors(keys: ["secret"]).refusal(of: request) == nil)
        #expect(Self.doors(origins: .any).refusal(of: request) == nil)
        // A link only gets something.
        let form = Self.request("localhost", headers, method: .post)
        let isOwn = ["none", "same-origin"].contains(test.site)
        #expect((Self.doors().refusal(of: form) == nil) == isOwn)
    }

    @Test("the texts of refusals name the rule, what came, and what to do")
    func theTextsOfRefusalsNameTheRuleWhatCameAndWhatToDo() {
        let texts: [(DoorRefusal, String)] = [
            (.severalHosts, "A request must have one `Host` header: this one has several."),
            (
                .host("Evil.example:8080", bound: HostName("127.0.0.1")),
                "Without an API key this server answers only requests for `localhost` and loopback "
                    + "addresses: this one is for `Evil.example:8080`. If that is a name of this server, "
                    + "start it with `--allow-host evil.example`, or give it an API key."
            ),
            (
                .host("a\u{1b}[31m\r\n/\u{e9}", bound: HostName("0.0.0.0")),
                "Without an API key this server answers only requests for `localhost`, loopback "
                    + "addresses and other IP addresses: this one is for `a?[31m?/?`. If that is a name "
                    + "of this server, start it with `--allow-host NAME`, or give it an API key."
            ),
            (
                .host("x", bound: HostName("192.168.1.5")),
                "Without an API key this server answers only requests for `localhost`, loopback "
                    + "addresses and `192.168.1.5`: this one is for `x`. If that is a name of this server, "
                    + "start it with `--allow-host x`, or give it an API key."
            ),
            (
                .origin("https://Evil.example"),
                "Without an API key this server takes no requests from pages of other sites: this one is "
                    + "from `https://evil.example`. If you trust that site, start the server with "
                    + "`--allow-origin https://evil.example`."
            ),
            (
                .origin("null"),
                "Without an API key this server takes no requests from pages of other sites: this one is "
                    + "from a page that has no origin (`Origin: null`), such as a file. Serve the page "
                    + "over HTTP, and start the server with `--allow-origin` and the page's origin."
            ),
            (
                .preflight("https://evil.example"),
                "Pages of other sites can use this server only if their origin is allowed: this one is "
                    + "from `https://evil.example`. If you trust that site, start the server with "
                    + "`--allow-origin https://evil.example`."
            ),
            (
                .crossSite("cross-site"),
                "Without an API key this server takes no requests from pages of other sites: the browser "
                    + "says that this one is from such a page (`Sec-Fetch-Site: cross-site`). If you trust "
                    + "the page, start the server with `--allow-origin` and the page's origin, and let the "
                    + "page use fetch()."
            ),
        ]
        for (refusal, text) in texts { #expect(refusal.error.message == text) }
        #expect(
            DoorRefusal.host(String(repeating: "a", count: 5000), bound: nil).error.message.count
                < 600)
    }
}
