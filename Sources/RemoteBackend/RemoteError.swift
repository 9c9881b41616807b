/// Why a remote model cannot be used, or did not answer.
public enum RemoteError: Error, Sendable, Equatable {
    case badAddress(String)
    case unreadableAuthorities(path: String)
    /// No server answers there.
    case unreachable(address: String, reason: String, attempts: Int)
    case timedOut(address: String, limit: Duration)
    /// The server does not know the key.
    case unauthorized(address: String)
    /// The server refuses a request, and would refuse it again.
    case refused(address: String, status: Int, message: String)
    /// The server cannot answer now.
    case failing(address: String, status: Int, message: String, attempts: Int)
    /// The server's answer does not fit the request.
    case malformed(address: String, reason: String)
    case unknownModel(String, address: String, known: [String])
    case contextTooLarge(model: String, wanted: Int, served: Int)
    /// The served model has other tokens.
    case otherVocabulary(model: String, difference: String)
    /// The served log-probabilities are not those of the model.
    case notRaw(model: String, evidence: String)
}

extension RemoteError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .badAddress(let reason):
            "A remote member's `url` must be http:// or https://, a host, and perhaps a port and a "
                + "path: \(reason). Keys belong in an environment variable, named by `api_key_env`."
        case .unreadableAuthorities(let path):
            "`ca_file` must be a PEM file of certificates: \(path) is not. Check the path."
        case .unreachable(let address, let reason, let attempts):
            "A remote member's server must answer: \(address) did not, in \(attempts) "
                + "attempt\(attempts == 1 ? "" : "s") (\(reason)). Start it, or correct `url`."
        case .timedOut(let address, let limit):
            "A remote member's server must answer within \(limit): \(address) did not. "
                + "It may be overloaded; or raise `timeout` in the recipe."
        case .unauthorized(let address):
            "A remote member's server must accept the key: \(address) refuses it. "
                + "Set the environment variable that `api_key_env` names."
        case .refused(let address, let status, let message):
            "A remote member's server must accept our requests: \(address) answered "
                + "\(status) (\(message)). It may be too old, or not a server of that `engine`."
        case .failing(let address, let status, let message, let attempts):
            "A remote member's server must be able to answer: \(address) answered \(status) "
                + "(\(message)) to \(attempts) attempt\(attempts == 1 ? "" : "s"). "
                + "See its log; it may be overloaded or dead."
        case .malformed(let address, let reason):
            "A remote member's server must answer our requests in the expected form: \(address) sent "
                + "something else, \(reason). Check that it is a server of that `engine`."
        case .unknownModel(let model, let address, let known):
            "A remote member's `model` must be served: \(address) serves "
                + (known.isEmpty
                    ? "none" : known.prefix(8).map { "`\($0)`" }.joined(separator: ", "))
                + ", not `\(model)`. Correct `model`, or start the server with that name."
        case .contextTooLarge(let model, let wanted, let served):
            "The context must fit every member: the recipe wants \(wanted) tokens, the server of "
                + "`\(model)` allows \(served). Lower `context`, or raise the server's limit."
        case .otherVocabulary(let model, let difference):
            "Members must share a vocabulary: the one that `\(model)` is served with differs, "
                + "\(difference). Use models of one family that kept its tokenizer."
        case .notRaw(let model, let evidence):
            "A remote member's log-probabilities must be the model's own, before temperature and "
                + "other sampling options: those of `\(model)` are not, \(evidence). With vLLM, start "
                + "the server with `--logprobs-mode raw_logprobs`, its default."
        }
    }
}
