import HTTPTypes
import Hummingbird

/// Lets pages of allowed origins read answers, errors and streams included (CORS).
///
/// Source: the Fetch standard's CORS protocol, https://fetch.spec.whatwg.org/#http-cors-protocol.
struct CrossOriginHeaders: RouterMiddleware {
    typealias Context = ServerContext

    private let allowed: AllowedOrigins

    init(_ allowed: AllowedOrigins) { self.allowed = allowed }

    func handle(
        _ request: Request, context: ServerContext,
        next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        add(to: &response.headers, for: request)
        return response
    }

    private func add(to headers: inout HTTPFields, for request: Request) {
        switch allowed {
        case .any:
            headers[.accessControlAllowOrigin] = "*"
        case .only(let origins):
            guard !origins.isEmpty else { return }
            // A cache must not give one origin's answer to another.
            headers.append(HTTPField(name: .vary, value: "Origin"))
            guard let text = request.headers[.origin], allowed.contains(WebOrigin(text)) else {
                return
            }
            headers[.accessControlAllowOrigin] = text
        }
        if !request.isPreflight {
            headers[.accessControlExposeHeaders] = "Retry-After, WWW-Authenticate"
        }
    }

    /// What may be sent to any route. A page of an origin that is trusted may send what headers it likes.
    static func preflight(_ request: Request) -> HTTPFields {
        var headers: HTTPFields = [
            .accessControlAllowMethods: "GET, HEAD, POST, OPTIONS",
            .accessControlAllowHeaders: request.headers[.accessControlRequestHeaders]
                ?? standardHeaders.joined(separator: ", "),
            .accessControlMaxAge: "7200",
        ]
        if request.headers["Access-Control-Request-Private-Network"] == "true" {
            headers["Access-Control-Allow-Private-Network"] = "true"
        }
        return headers
    }

    private static let standardHeaders = [
        "Authorization", "Content-Type", "X-API-Key", "API-Key", "Anthropic-Version",
    ]
}
