import ChatTemplates
import EmulatedFineTuning
import Foundation
public import HTTPTypes
public import Hummingbird
import JSONValues
import LlamaBackend
import NIOCore

/// An error as OpenAI's clients expect it: a status, and `{"error": {message, type, param, code}}`.
public struct APIError: Error, Equatable, Sendable {
    public var status: HTTPResponse.Status
    /// The rule, what was received, what to do.
    public var message: String
    public var type: String
    /// The field at fault.
    public var param: String?
    public var code: String?
    /// Seconds after which a client may try again.
    public var retryAfter: Int?

    init(
        _ status: HTTPResponse.Status, _ message: String, type: String = "invalid_request_error",
        param: String? = nil, code: String? = nil, retryAfter: Int? = nil
    ) {
        self.status = status
        self.message = message
        self.type = type
        self.param = param
        self.code = code
        self.retryAfter = retryAfter
    }

    /// A field that breaks a rule.
    static func invalid(_ field: String, _ message: String, code: String? = nil) -> APIError {
        APIError(.badRequest, message, param: field, code: code)
    }

    /// A prompt, or a prompt and its reply, that do not fit the context. Clients recognise such errors by
    /// OpenAI's words.
    static func tooLong(_ field: String, _ message: String, _ limit: Int) -> APIError {
        .invalid(
            field, "This model's maximum context length is \(limit) tokens. \(message)",
            code: "context_length_exceeded")
    }

    /// What clients get who ask for embeddings, by OpenAI's route.
    static let noEmbeddings = APIError(
        .notFound,
        "This server makes no embeddings: its models write text. Ask a server with an embedding model."
    )

    /// A reply that was not complete in time.
    static func replyTimeout(_ limit: Duration) -> APIError {
        APIError(
            .gatewayTimeout, "A reply must be complete within \(limit): this one was not.",
            type: "server_error", code: "timeout")
    }

    /// Any error, as a client may see it.
    init(_ error: any Error) {
        switch error {
        case let error as APIError: self = error
        case let error as JSONError: self.init(.badRequest, "\(error)")
        case let error as GenerationError: self.init(error)
        case let error as SamplingError:
            guard case .outOfRange(let option, _, _) = error else { fallthrough }
            self = .invalid(option, "\(error)")
        case is CompositeError, is FormulaError: self = .invalid("eft", "\(error)")
        case let error as LlamaError: self = .invalid("messages", "\(error)")
        case let error as TemplateError:
            if case .variable = error {
                self = .invalid("chat_template_kwargs", "\(error)")
            } else {
                self = .invalid("messages", "\(error)")
            }
        case let error as HTTPError:
            self.init(error.status, error.body ?? error.status.reasonPhrase)
        case is CancellationError:
            self.init(.serviceUnavailable, "The reply was cancelled.", type: "server_error")
        default:
            // A member's own words say what broke, and hold no text of a prompt.
            self.init(.internalServerError, "\(error)", type: "server_error")
        }
    }

    private init(_ error: GenerationError) {
        let message = "\(error)"
        switch error {
        case .promptTooLong(_, _, let limit): self = .tooLong("prompt", message, limit)
        case .replyTooLong(_, _, _, let limit): self = .tooLong("max_tokens", message, limit)
        case .emptyPrompt, .unknownToken: self = .invalid("prompt", message)
        case .nothingAllowed: self = .invalid("logit_bias", message)
        case .queueFull:
            self.init(
                .tooManyRequests, message, type: "rate_limit_error", code: "rate_limit_exceeded",
                retryAfter: 1)
        case .invalidRequest: self.init(.badRequest, message)
        case .brokenScores, .wrongScores:
            self.init(.internalServerError, message, type: "server_error")
        }
    }
}

extension APIError: HTTPResponseError {
    public func response(
        from request: Request, context: some RequestContext
    ) throws -> Response { response }

    var response: Response { response(ErrorBody(self)) }

    /// The response with a body of another form.
    func response(_ body: some Encodable) -> Response {
        var headers: HTTPFields = [.contentType: "application/json"]
        if let retryAfter { headers[.retryAfter] = "\(retryAfter)" }
        if status == .unauthorized { headers[.wwwAuthenticate] = "Bearer" }
        // The rest of the body is not read.
        if [.contentTooLarge, .requestTimeout].contains(status) { headers[.connection] = "close" }
        return Response(
            status: status, headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body.json)))
    }
}

/// The body of an error, and the event that ends a broken stream.
struct ErrorBody: Encodable {
    struct Detail: Encodable {
        var message: String
        var type: String
        @Nullable var param: String?
        @Nullable var code: String?
    }

    var error: Detail

    init(_ error: APIError) {
        self.error = Detail(
            message: error.message, type: error.type, param: error.param, code: error.code)
    }
}
