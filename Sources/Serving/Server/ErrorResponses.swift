import Hummingbird
import Logging

/// Turns everything that goes wrong into OpenAI's error shape, unknown routes included.
struct ErrorResponses: RouterMiddleware {
    typealias Context = ServerContext

    func handle(
        _ request: Request, context: ServerContext,
        next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            var response = response(to: error, request, context)
            // The answer to HEAD ends with its head.
            if request.method == .head { response.body = ResponseBody() }
            return response
        }
    }

    private func response(
        to error: any Error, _ request: Request, _ context: ServerContext
    ) -> Response {
        switch error {
        case let error as HTTPError where error.status == .notFound:
            return APIError(
                .notFound,
                "There is no route \(request.method.rawValue) "
                    + "`\(request.uri.path.prefix(100))` here. "
                    + "The API is under /v1: /v1/chat/completions, /v1/completions, /v1/models."
            ).response
        case is CancellationError: return APIError(error).response  // the client has gone
        default:
            let error = APIError(error)
            if error.status.code >= 500 {
                context.logger.error(
                    "\(request.uri.path): \(error.status.code) \(error.message)")
            }
            return error.response
        }
    }
}
