import EmulatedFineTuning
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import HummingbirdTesting
import Logging
import NIOCore
import NIOHTTPTypes
import NIOSSL
import RemoteBackend
import Synchronization
import TestSupport

/// A server for tests: scores like a table model, and misbehaves as told.
final class FarEnd: Sendable {
    /// A request as it came.
    struct Call: Sendable {
        var path: String
        var authorization: String?
        var body: Data

        /// The tokens that a scoring request asks for.
        var list: [TokenID] { decoded?.logprobTokenIds ?? [] }
        var prompts: [[TokenID]] { decoded?.prompt ?? [] }
        var decoded: Scoring? {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            return try? decoder.decode(Scoring.self, from: body)
        }
    }

    struct Scoring: Decodable {
        var model: String
        var prompt: [[TokenID]]
        var logprobTokenIds: [TokenID]?
        var logprobs: Int?
        var temperature: Double
        var topK: Int?
        var maxTokens: Int
    }

    struct Answer: Sendable {
        var status = 200
        var headers: [String: String] = [:]
        var body: String
        /// Whether nothing comes after the body, not even its end.
        var stops = false

        init(_ body: String, status: Int = 200, headers: [String: String] = [:]) {
            (self.body, self.status, self.headers) = (body, status, headers)
        }
    }

    /// What to answer instead; nil: what an honest server would.
    typealias Mischief = @Sendable (Call, _ count: Int) async throws -> Answer?

    static let vocabulary = ByteTokenizer.vocabulary()

    private struct State {
        var calls: [Call] = []
        var connections: Set<ObjectIdentifier> = []
        var closed = 0
    }

    private let mischief: Mutex<Mischief>
    private let state = Mutex(State())

    init(_ mischief: @escaping Mischief = { _, _ in nil }) { self.mischief = Mutex(mischief) }

    /// Changes what the server does from now on.
    func misbehave(_ mischief: @escaping Mischief) { self.mischief.withLock { $0 = mischief } }

    var calls: [Call] { state.withLock(\.calls) }
    var scorings: [Call] { calls.filter { $0.decoded != nil } }
    /// Connections that requests came on.
    var connections: Int { state.withLock(\.connections.count) }
    /// Requests on connections that are closed by now.
    var closed: Int { state.withLock(\.closed) }

    /// Closes connections that their clients close.
    private static var plain: HTTPServerBuilder {
        .http1(
            configuration: HTTP1Channel.Configuration(
                additionalChannelHandlers: [CloseHandler()]))
    }

    /// The certificate of Tests/Fixtures/tls.
    private static func tls() throws -> HTTPServerBuilder {
        let folder = RepositoryFiles.path("Tests/Fixtures/tls")
        return try .tls(
            tlsConfiguration: .makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile("\(folder)/server.pem")
                    .map { .certificate($0) },
                privateKey: .privateKey(
                    try NIOSSLPrivateKey(file: "\(folder)/server.key", format: .pem))))
    }

    /// Runs a test against the server on a port.
    func serve(withTLS: Bool = false, _ body: @escaping @Sendable (Int) async throws -> Void)
        async throws
    {
        var logger = Logger(label: "far end")
        logger.logLevel = .critical
        let router = Router(context: FarContext.self)
        for path in ["/v1/completions", "/detokenize"] {
            router.post(RouterPath(path)) { try await self.answer($0, $1) }
        }
        router.get("/v1/models") { try await self.answer($0, $1) }
        let application = Application(
            router: router, server: withTLS ? try Self.tls() : Self.plain,
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            logger: logger)
        try await application.test(.live) { client in try await body(client.port ?? 0) }
    }

    private func answer(_ request: Request, _ context: FarContext) async throws -> Response {
        let received = try await request.body.collect(upTo: 16 << 20)
        let call = Call(
            path: request.uri.path, authorization: request.headers[.authorization],
            body: Data(received.readableBytesView))
        let count = state.withLock { state in
            state.calls.append(call)
            state.connections.insert(ObjectIdentifier(context.channel))
            return state.calls.count
        }
        let channel = context.channel
        channel.closeFuture.whenComplete { _ in self.state.withLock { $0.closed += 1 } }
        let mischief = self.mischief.withLock { $0 }
        let answer = try await mischief(call, count) ?? Self.honest(call)
        let body = ByteBuffer(string: answer.body)
        var response = Response(
            status: .init(code: answer.status),
            body: answer.stops
                ? ResponseBody { writer in
                    try await writer.write(body)
                    try await Task.sleep(for: .seconds(20))
                } : .init(byteBuffer: body))
        for (name, value) in answer.headers {
            if let name = HTTPField.Name(name) { response.headers[name] = value }
        }
        return response
    }

    /// What vLLM would say.
    static func honest(_ call: Call) -> Answer {
        switch call.path {
        case "/v1/models": return Answer(#"{"data": [{"id": "large", "max_model_len": 256}]}"#)
        case "/detokenize":
            struct Tokens: Decodable { var tokens: [TokenID] }
            let tokens = (try? JSONDecoder().decode(Tokens.self, from: call.body))?.tokens ?? []
            let bytes = tokens.flatMap { vocabulary.tokens[$0].bytes }
            return Answer(text(["prompt": String(decoding: bytes, as: UTF8.self)]))
        default:
            guard let scoring = call.decoded else {
                return Answer(#"{"error": {"message": "bad"}}"#, status: 400)
            }
            if let stranger = scoring.logprobTokenIds?.first(where: { $0 >= vocabulary.count }) {
                return Answer(
                    #"{"error": {"message": "no token \#(stranger)"}}"#, status: 400)
            }
            return completion(scoring.prompt.map { logProbabilities(after: $0, scoring) })
        }
    }

    /// A completion with these log-probabilities of each prompt.
    static func completion(_ choices: [[String: Double]]) -> Answer {
        let list = choices.enumerated().map { index, top in
            ["index": index, "text": "", "logprobs": ["top_logprobs": [top]]]
                as [String: any Sendable]
        }
        return Answer(text(["choices": list]))
    }

    static func logProbabilities(after prompt: [TokenID], _ scoring: Scoring) -> [String: Double] {
        let all = row(after: prompt)
        let wanted =
            scoring.logprobTokenIds
            ?? Array(all.indices.sorted { all[$0] > all[$1] }.prefix(scoring.logprobs ?? 1))
        return Dictionary(
            wanted.map { ("token_id:\($0)", Double(all[$0])) }, uniquingKeysWith: { a, _ in a })
    }

    /// The honest model's log-probabilities.
    static func row(after prompt: [TokenID]) -> [Float] {
        let logits = TableModel.randomRow(prompt, seed: 1, vocabulary: vocabulary, spread: 4)
        let normalizer = log(logits.reduce(0) { $0 + exp(Double($1)) })
        return logits.map { Float(Double($0) - normalizer) }
    }

    static func text(_ value: [String: any Sendable]) -> String {
        let data = try? JSONSerialization.data(withJSONObject: value)
        return String(decoding: data ?? Data(), as: UTF8.self)
    }

    /// Options that try again fast.
    static func options(port: Int, timeout: Duration = .seconds(60)) -> RemoteOptions {
        RemoteOptions(
            .vllm, url: "http://127.0.0.1:\(port)", model: "large", sequences: 4, timeout: timeout,
            retries: RetryPolicy(attempts: 3, first: .milliseconds(5), longest: .milliseconds(20)))
    }

    static func connect(
        port: Int, timeout: Duration = .seconds(60),
        _ change: (inout RemoteOptions) -> Void = { _ in }
    ) async throws -> RemoteModel {
        var options = options(port: port, timeout: timeout)
        change(&options)
        return try await RemoteModel(connecting: options, vocabulary: vocabulary)
    }
}

/// Closes a connection when its client does: nobody is there to read an answer.
private final class CloseHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }
}

/// A context that knows its connection.
struct FarContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }
}
