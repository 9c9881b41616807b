import HTTPTypes
import Hummingbird
import NIOCore

/// A file of the page, and how it is sent: nothing in it may come from elsewhere, or go there.
struct StaticFile: Sendable {
    enum Kind: String {
        case html = "text/html; charset=utf-8"
        case css = "text/css; charset=utf-8"
        case script = "text/javascript; charset=utf-8"
        case svg = "image/svg+xml"
    }

    let path: String
    private let kind: Kind
    private let body: ByteBuffer

    init(_ path: String, _ kind: Kind, _ bytes: [UInt8]) {
        self.path = path
        self.kind = kind
        body = ByteBuffer(bytes: bytes)
    }

    /// Scripts, styles and requests of this server only; no frames, no forms, and no way for a text to
    /// become markup (trusted types).
    static let policy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'",
        "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
        "require-trusted-types-for 'script'", "trusted-types 'none'",
    ].joined(separator: "; ")

    private static let names = [
        ("Content-Security-Policy", policy), ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"), ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"), ("Cache-Control", "no-cache"),
    ]

    var response: Response {
        var headers: HTTPFields = [.contentType: kind.rawValue]
        for (name, value) in Self.names {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: body))
    }
}
