import HTTPTypes
import Hummingbird

/// Lets in clients that show one of the keys: `Authorization: Bearer KEY`, or `api-key: KEY` (Azure's
/// clients) or `x-api-key: KEY` (Anthropic's). `/health`, `/openapi.json` and the files of the
/// playground are open.
struct Authentication: RouterMiddleware {
    typealias Context = ServerContext

    private static let openPaths = Set(["/health", "/openapi.json"] + Playground.files.map(\.path))

    private let keys: [[UInt8]]

    /// - Parameter keys: none: everyone is let in.
    init(keys: [String]) { self.keys = keys.map { Array($0.utf8) } }

    func handle(
        _ request: Request, context: ServerContext,
        next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        guard !keys.isEmpty, !Self.openPaths.contains(request.uri.path) else {
            return try await next(request, context)
        }
        let candidates = candidates(request.headers)
        guard let candidates else {
            throw APIError(
                .unauthorized,
                "This server needs an API key: send `Authorization: Bearer YOUR_KEY`.",
                type: "authentication_error", code: "invalid_api_key")
        }
        guard candidates.contains(where: knows) else {
            throw APIError(
                .unauthorized, "The API key is not one of this server's. Check it.",
                type: "authentication_error", code: "invalid_api_key")
        }
        return try await next(request, context)
    }

    private static let keyHeaders = ["api-key", "x-api-key"].compactMap { HTTPField.Name($0) }

    /// The keys that a request shows; nil: none of the headers is there.
    private func candidates(_ headers: HTTPFields) -> [[UInt8]]? {
        var shown = Self.keyHeaders.flatMap { headers[values: $0] }
        if let header = headers[.authorization] {
            let scheme = "bearer "
            let isBearer = header.lowercased().hasPrefix(scheme)
            shown.append(isBearer ? String(header.dropFirst(scheme.count)) : "")
        }
        return shown.isEmpty ? nil : shown.map { Array($0.utf8) }
    }

    /// Whether a key is one of ours, in a time that depends on neither which nor how much of it fits.
    func knows(_ candidate: [UInt8]) -> Bool {
        var isKnown = false
        for key in keys {
            var difference = candidate.count ^ key.count
            for index in candidate.indices {
                difference |= Int(candidate[index] ^ key[index % key.count])
            }
            isKnown = (difference == 0) || isKnown
        }
        return isKnown
    }
}
