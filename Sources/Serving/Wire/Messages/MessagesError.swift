import HTTPTypes

/// An error as Anthropic's clients expect it: `{"type": "error", "error": {type, message}}`.
struct MessagesError: Encodable {
    struct Detail: Encodable {
        var type: String
        var message: String
    }

    var type = "error"
    var error: Detail

    init(_ error: APIError) {
        self.error = Detail(type: Self.type(error.status), message: error.message)
    }

    private static func type(_ status: HTTPResponse.Status) -> String {
        switch status {
        case .unauthorized: "authentication_error"
        case .forbidden: "permission_error"
        case .notFound: "not_found_error"
        case .contentTooLarge: "request_too_large"
        case .tooManyRequests: "rate_limit_error"
        case .gatewayTimeout: "timeout_error"
        default: status.code < 500 ? "invalid_request_error" : "api_error"
        }
    }

    /// Whether a path is one of those that answer so.
    static func isOf(path: String) -> Bool {
        path.split(separator: "/").first { $0 != "v1" } == "messages"
    }
}
