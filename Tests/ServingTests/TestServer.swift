import ChatTemplates
import EmulatedFineTuning
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSONValues
import LlamaBackend
import Logging
import NIOCore
import Recipes
import TestSupport

@testable import Serving

/// A server over table models: bytes as tokens, `large + alpha * (chat - small)`.
struct TestServer {
    var large: TableModel
    var chat: TableModel
    var small: TableModel
    var server: Server

    static let limits = ModelLimits(
        context: 512, cells: 4096, tokensPerPass: 256, sequences: 4, rewind: .full)

    /// Calls tools as Hermes does, and knows no thoughts.
    static let template = """
        {%- if tools %}{{ tools | tojson }}{% endif %}
        {%- for message in messages %}{{ message.role }}: {{ message.content }}
        {%- for call in message.tool_calls %}<tool_call>{"name": "{{ call.function.name }}", \
        "arguments": {{ call.function.arguments | tojson }}}</tool_call>{% endfor %}
        {% endfor %}
        """

    /// - Parameters:
    ///   - hasForms: whether replies can be held to a form.
    ///   - aliases: of every name, after a hyphen.
    ///   - starts: whether texts get a start token.
    ///   - delay: time that every pass of the chat model takes.
    ///   - negativePrompt: the member that reads a negative prompt.
    init(
        options: ServerOptions = ServerOptions(), waiting: Int = 64, limits: ModelLimits = limits,
        names: [String] = ["eft"], outputLimit: Int? = nil, servesMembers: Bool = true,
        starts: Bool = false, aliases: [String] = [], delay: Duration = .zero,
        hasForms: Bool = true, negativePrompt: String? = nil
    ) throws {
        let vocabulary = ByteTokenizer.vocabulary(tuned: true, starts: starts)
        let random = { TableModel.readable(seed: $0, vocabulary: vocabulary, limits: limits) }
        let (large, chat, small) = (random(1), random(2), random(3))
        (self.large, self.chat, self.small) = (large, chat, small)
        let slow: any LanguageModel = delay == .zero ? chat : SlowModel(base: chat, delay: delay)
        let composite = try Composite(
            members: [Member("large", large), Member("chat", slow), Member("small", small)],
            formula: "large" + .parameter("alpha") * ("chat" - "small"),
            parameters: [Parameter("alpha", default: 1, in: 0...2)], fallback: "chat")
        let forms =
            hasForms ? ReplyForms(try ChatTemplate(jinja: Self.template), composite) : nil
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        server = Server(
            names.map { name in
                Deployment(
                    name: name, aliases: aliases.map { "\(name)-\($0)" },
                    engine: Engine(composite, options: EngineOptions(waiting: waiting)),
                    tokenizer: ByteTokenizer(starts: starts), outputLimit: outputLimit,
                    servesMembers: servesMembers, forms: forms, negativePrompt: negativePrompt
                ) { messages, _, options, members in
                    let tools = options?.tools.map { JSON.array($0).text + "\n" } ?? ""
                    func encode(_ messages: [ChatMessage]) throws -> [TokenID] {
                        let text = tools + messages.map(Self.text).joined()
                        return try ByteTokenizer().encode(text, start: true, control: false)
                    }
                    return GenerationRequest(
                        prompt: try encode(messages),
                        prompts: try members.mapValues { member in
                            switch member {
                            case .chat(let own): try encode(own)
                            case .system(let text):
                                try encode([ChatMessage(role: "system", content: text)] + messages)
                            }
                        }, maxTokens: 24)
                }
            }, options: options, logger: logger)
    }

    private static func text(_ message: ChatMessage) -> String {
        let fields = message.fields.map { "\($0.key)=\($0.value.text) " }.joined()
        return "\(message.role): \(fields)\(message.content)\n"
    }

    var engine: Engine { server.deployments[0].engine }

    var application: some ApplicationProtocol {
        server.application(host: "127.0.0.1", port: 0)
    }

    /// Runs a test through the router, without sockets.
    func test<Value: Sendable>(
        _ body: @escaping @Sendable (any TestClientProtocol) async throws -> Value
    ) async throws -> Value {
        try await application.test(.router) { try await body($0) }
    }

    /// Waits until nothing runs, and says what is held then.
    func settled() async throws -> EngineLoad {
        for _ in 0..<200 {
            let load = await engine.load
            if load.running == 0, load.waiting == 0, server.openRequests == 0 { return load }
            try await Task.sleep(for: .milliseconds(10))
        }
        return await engine.load
    }
}

extension Server {
    /// Requests that hold anything: zero when nothing runs.
    var openRequests: Int {
        deployments.reduce(0) { $0 + metrics.counts(of: $1.name).open } + connections.count
    }
}

extension TableModel {
    /// A random model that prefers small letters, so that replies are text, and seldom ends.
    static func readable(
        seed: UInt64, vocabulary: Vocabulary, limits: ModelLimits
    ) -> TableModel {
        TableModel(vocabulary: vocabulary, limits: limits) { tokens in
            var hash = seed
            for token in tokens.suffix(2) {
                hash = (hash ^ UInt64(token + 1)) &* 0x9e37_79b9_7f4a_7c15
                hash ^= hash >> 29
            }
            var generator = SplitMix(state: hash)
            return (0..<vocabulary.count).map { token in
                let noise = Float.random(in: -2...2, using: &generator)
                return (97..<123).contains(token) ? 12 + noise : noise
            }
        }
    }
}

/// A model whose passes take time.
struct SlowModel: LanguageModel {
    let base: TableModel
    let delay: Duration

    var vocabulary: Vocabulary { base.vocabulary }
    var limits: ModelLimits { base.limits }

    func forward(_ pass: ForwardPass) async throws -> [Scores] {
        try await Task.sleep(for: delay)
        return try await base.forward(pass)
    }
    func rewind(_ sequence: SequenceID, to length: Int) async throws {
        try await base.rewind(sequence, to: length)
    }
    func share(_ source: SequenceID, with target: SequenceID, length: Int) async throws {
        try await base.share(source, with: target, length: length)
    }
}

extension TestClientProtocol {
    func post(_ uri: String, _ body: String, headers: HTTPFields = [:]) async throws -> Answer {
        try await post(uri, bytes: Array(body.utf8), headers: headers)
    }

    func post(_ uri: String, bytes: [UInt8], headers: HTTPFields = [:]) async throws -> Answer {
        try await execute(
            uri: uri, method: .post, headers: headers, body: ByteBuffer(bytes: bytes)
        ) { Answer($0) }
    }

    func get(_ uri: String, headers: HTTPFields = [:]) async throws -> Answer {
        try await execute(uri: uri, method: .get, headers: headers) { Answer($0) }
    }
}

/// A response as tests look at it.
struct Answer: Sendable {
    var status: Int
    var headers: HTTPFields
    var text: String

    init(_ response: TestResponse) {
        status = response.status.code
        headers = response.headers
        text = String(buffer: response.body)
    }

    /// The body as JSON.
    var json: JSON { (try? JSONParser.parse(Array(text.utf8))) ?? .null }

    /// The events of a stream, without `[DONE]`.
    var events: [JSON] {
        text.split(separator: "\n\n").compactMap { event in
            guard event.hasPrefix("data: {") else { return nil }
            return try? JSONParser.parse(Array(event.utf8.dropFirst("data: ".utf8.count)))
        }
    }
}

extension JSON {
    subscript(key: String) -> JSON {
        guard case .object(let entries) = self else { return .null }
        return entries.first { $0.key == key }?.value ?? .null
    }

    subscript(index: Int) -> JSON {
        guard case .array(let values) = self, values.indices.contains(index) else { return .null }
        return values[index]
    }

    var string: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }

    var int: Int? {
        guard case .integer(let integer) = self else { return nil }
        return integer
    }

    var list: [JSON] {
        guard case .array(let values) = self else { return [] }
        return values
    }
}
