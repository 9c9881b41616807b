import EmulatedFineTuning
public import Hummingbird
import HummingbirdCore
import JSONValues
public import Logging
import NIOCore

/// Serves deployments behind an API that OpenAI's clients understand.
///
/// ```swift
/// let server = Server([Deployment(loaded)], options: ServerOptions(keys: ["secret"]))
/// try await server.application(host: "127.0.0.1", port: 8080).runService()
/// ```
public struct Server: Sendable {
    public let deployments: [Deployment]
    public let options: ServerOptions
    let metrics: Metrics
    let connections = Connections()
    let logger: Logger

    /// - Parameters:
    ///   - deployments: names must differ.
    ///   - options: what clients are allowed.
    ///   - logger: gets routes and errors, never texts of prompts or replies.
    public init(
        _ deployments: [Deployment], options: ServerOptions = ServerOptions(),
        logger: Logger = Logger(label: "eft")
    ) {
        self.deployments = deployments
        self.options = options
        self.logger = logger
        metrics = Metrics(models: deployments.map(\.name))
    }

    /// The server as a Hummingbird application. It finishes running replies when it is shut down.
    ///
    /// - Parameters:
    ///   - host: the address to listen on.
    ///   - port: 0 takes any that is free.
    ///   - onRunning: called with the port once clients are served.
    public func application(
        host: String, port: Int, onRunning: @escaping @Sendable (Int) async -> Void = { _ in }
    ) -> some ApplicationProtocol {
        let connections = self.connections
        let http = HTTP1Channel.Configuration(
            additionalChannelHandlers: [ConnectionHandler(connections)],
            idleTimeout: TimeAmount(options.readTimeout))
        return Application(
            router: router(boundTo: host), server: .http1(configuration: http),
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port), serverName: "eft",
                availableConnectionsDelegate: .maximum(options.connections, logger: logger)),
            onServerRunning: { await onRunning($0.localAddress?.port ?? port) }, logger: logger)
    }

    /// Every route there is.
    ///
    /// - Parameter host: the address to listen on, by whose name requests may come.
    public func router(boundTo host: String) -> Router<ServerContext> {
        let router = Router(context: ServerContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: CrossOriginHeaders(options.allowedOrigins))
        router.add(middleware: ErrorResponses())
        router.add(middleware: DoorCheck(Doors(options, boundTo: host)))
        router.add(middleware: Authentication(keys: options.keys))
        // llama-server and LM Studio also have these routes without the version.
        for version in ["/v1", ""] {
            router.post("\(version)/chat/completions") { try await chatCompletion($0, $1) }
            router.post("\(version)/completions") { try await completion($0, $1) }
            router.post("\(version)/responses") { try await responses($0, $1) }
            router.post("\(version)/messages") { try await messages($0, $1) }
            router.post("\(version)/messages/count_tokens") { try await countTokens($0, $1) }
            router.post("\(version)/embeddings") { _, _ -> Response in
                throw APIError.noEmbeddings
            }
            router.get("\(version)/models") { _, _ in models() }
            router.get("\(version)/models/:id") { try model($0, $1) }
        }
        router.post("/apply-template") { try await applyTemplate($0, $1) }
        router.post("/tokenize") { try await tokenize($0, $1) }
        router.post("/detokenize") { try await detokenize($0, $1) }
        router.get("/tokenizer_info") { request, _ in try tokenizerInfo(request) }
        for file in Playground.files {
            router.get(RouterPath(file.path)) { _, _ in file.response }
        }
        router.get("/openapi.json") { _, _ in try APIDocument.response }
        router.get("/health") { _, _ in Response(status: .ok) }
        router.get("/metrics") { _, _ in await exposition() }
        return router
    }

    /// The deployment of a name. The only one answers to any name, and to none, unless the server is
    /// strict.
    func deployment(named name: String?) throws(APIError) -> Deployment {
        if let found = deployments.first(where: { name.map($0.names.contains) ?? false }) {
            return found
        }
        if deployments.count == 1, !options.isStrict { return deployments[0] }
        guard let name else {
            throw .invalid(
                "model",
                "The field `model` is required, because several models are served: \(modelNames).",
                code: "missing_required_parameter")
        }
        throw missing(name)
    }

    /// The error for a name that no deployment has.
    func missing(_ name: String) -> APIError {
        APIError(
            .notFound, "There is no model `\(name.prefix(100))` here. There are: \(modelNames).",
            param: "model", code: "model_not_found")
    }

    private var modelNames: String {
        deployments.flatMap(\.names).map { "`\($0)`" }.joined(separator: ", ")
    }

    /// The deployment of a name, to tokenize with; without a name, any, if all tokenize alike.
    func deployment(toTokenize name: String?) throws(APIError) -> Deployment {
        if let name { return try deployment(named: name) }
        let vocabularies = Set(deployments.map(\.engine.composite.vocabulary.fingerprint))
        guard let first = deployments.first, vocabularies.count == 1 else {
            throw .invalid(
                "model",
                "The field `model` is required, because the models here tokenize differently.",
                code: "missing_required_parameter")
        }
        return first
    }
}

extension Response {
    /// A value as JSON, status 200.
    init(json value: some Encodable) {
        self.init(
            status: .ok, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: value.json)))
    }
}
