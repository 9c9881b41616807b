import Hummingbird
import Logging

/// Turns everything that goes wrong into the error shape of the route's API, OpenAI's for most and for
/// unknown routes.
struct ErrorResponses: RouterMiddleware {
    typealias Context = ServerContext

    func handle(
        _ request: Request, context: ServerContext,
        next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            let error = described(error, request, context)
            let isMessages = MessagesError.isOf(path: request.uri.path)
            var response = isMessages ? error.response(MessagesError(error)) : error.response
            // The answer to HEAD ends with its head.
            if request.method == .head { response.body = ResponseBody() }
            return response
        }
    }

    /// The error as a client may see it; one of the server's is also said in the log.
    private func described(
        _ error: any Error, _ request: Request, _ context: ServerContext
    ) -> APIError {
        switch error {
        case let error as HTTPError where error.status == .notFound:
            return APIError(
                .notFound,
                "There is no route \(request.method.rawValue) "
                    + "`\(request.uri.path.prefix(100))` here. "
                    + "The API is under /v1: /v1/chat/completions, /v1/completions, /v1/responses, "
                    + "/v1/messages, /v1/models.")
        case is CancellationError: return APIError(error)  // the client has gone
        default:
            let error = APIError(error)
            if error.status.code >= 500 {
                context.logger.error(
                    "\(request.uri.path): \(error.status.code) \(error.message)")
            }
            return error
        }
    }
}
