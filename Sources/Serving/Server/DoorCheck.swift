import HTTPTypes
import Hummingbird
import Logging
import Synchronization

/// Refuses what ``Doors`` do not let in, and answers browsers that ask whether a page may send a request.
struct DoorCheck: RouterMiddleware {
    typealias Context = ServerContext

    private let doors: Doors
    private let log = RefusalLog()

    init(_ doors: Doors) { self.doors = doors }

    func handle(
        _ request: Request, context: ServerContext,
        next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        if let refusal = doors.refusal(of: request) {
            log.note(refusal, context.logger)
            throw refusal.error
        }
        guard request.isPreflight else { return try await next(request, context) }
        var response = Response(
            status: .noContent, headers: CrossOriginHeaders.preflight(request))
        // An answer without content has no length (RFC 9110, 8.6).
        response.headers[.contentLength] = nil
        return response
    }
}

/// Says in the log that requests are refused: once for every kind, so that nobody can fill it.
private final class RefusalLog: Sendable {
    private let noted = Mutex<Set<DoorRefusal.Kind>>([])

    func note(_ refusal: DoorRefusal, _ logger: Logger) {
        let isNew = noted.withLock { $0.insert(refusal.kind).inserted }
        guard isNew else { return }
        logger.warning("refused a request: \(refusal.error.message) More of these are not logged.")
    }
}
