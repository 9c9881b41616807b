import EmulatedFineTuning
import Foundation
import LlamaBackend
import TestSupport
import Testing

@testable import RemoteBackend

/// Where the recorded exchanges are.
private enum Recording {
    static let path = RepositoryFiles.path("Tests/RemoteBackendTests/Exchanges/vllm.json")
    /// Whether there is something to replay, or a real server to speak with.
    static var exists: Bool {
        FileManager.default.fileExists(atPath: path)
            || ProcessInfo.processInfo.environment["EFT_VLLM_URL"] != nil
    }
}

/// What was said between this client and vLLM, once, replayed: requests must be those, byte for byte
/// but for the order of keys, and the answers are vLLM's own.
///
/// `make record-vllm` records it again: it runs these tests against a vLLM behind a recording proxy,
/// which EFT_VLLM_URL names.
@Suite(
    .timeLimit(.minutes(10)),
    .enabled(if: Recording.exists, "nothing is recorded: run `make record-vllm`"))
struct RecordedExchangeTests {
    /// One request and its answer.
    struct Exchange: Decodable, Sendable {
        var method: String
        var path: String
        var request: Value?
        var status: Int
        var response: Value
    }

    /// Any JSON, to compare.
    enum Value: Codable, Equatable, Sendable {
        case null
        case flag(Bool)
        case number(Double)
        case text(String)
        case list([Value])
        case object([String: Value])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .null
            } else if let flag = try? container.decode(Bool.self) {
                self = .flag(flag)
            } else if let number = try? container.decode(Double.self) {
                self = .number(number)
            } else if let text = try? container.decode(String.self) {
                self = .text(text)
            } else if let list = try? container.decode([Value].self) {
                self = .list(list)
            } else {
                self = .object(try container.decode([String: Value].self))
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .null: try container.encodeNil()
            case .flag(let flag): try container.encode(flag)
            case .number(let number): try container.encode(number)
            case .text(let text): try container.encode(text)
            case .list(let list): try container.encode(list)
            case .object(let object): try container.encode(object)
            }
        }
    }

    static func replay() throws -> FarEnd {
        let exchanges = try JSONDecoder().decode(
            [Exchange].self, from: Data(contentsOf: URL(filePath: Recording.path)))
        return FarEnd { call, _ in
            let request = try? JSONDecoder().decode(Value.self, from: call.body)
            let match = exchanges.first { $0.path == call.path && $0.request == request }
            guard let match else {
                return .init(#"{"error": {"message": "not recorded"}}"#, status: 404)
            }
            let body = try JSONEncoder().encode(match.response)
            return .init(String(decoding: body, as: UTF8.self), status: match.status)
        }
    }

    /// Runs a test against the recorded server, or a real one.
    static func withServer(_ body: @escaping @Sendable (String) async throws -> Void) async throws {
        if let url = ProcessInfo.processInfo.environment["EFT_VLLM_URL"] {
            try await body(url)
        } else {
            try await replay().serve { port in try await body("http://127.0.0.1:\(port)") }
        }
    }

    static func part(_ sequence: SequenceID, _ tokens: [TokenID], _ lists: [[TokenID]])
        -> SequenceExtension
    {
        RemoteModelTests.part(sequence, 0, tokens, lists)
    }

    /// Two sequences: a block, and a position with more tokens than a request may have.
    static let pass = ForwardPass([
        part(
            0, [1, 70, 71, 100, 28, 206, 266, 121],
            [[5, 28, 100], [28, 2, 0], [266], [], [17, 5]]),
        part(1, [170, 21, 66, 226], [Array(0..<200)]),
    ])

    @Test("vLLM's values are those of the same model in process, and its server passes the tests")
    func vllmsValuesAreThoseOfTheSameModelInProcess() async throws {
        let local = try LlamaModel(
            path: RepositoryFiles.path("Tests/Fixtures/llama/tiny-one-head.gguf"),
            options: LlamaOptions(
                cacheType: .f32, flashAttention: .off, context: 128, sequences: 2))
        let expected = RemoteModelTests.values(try await local.forward(Self.pass))
        try await Self.withServer { url in
            let remote = try await RemoteModel(
                connecting: RemoteOptions(
                    .vllm, url: url, model: "tiny", key: RemoteKey("k"), sequences: 2),
                vocabulary: local.vocabulary)
            #expect(remote.verification.context == 512)
            #expect((remote.verification.tokensCompared ?? 0) > 20)
            let values = RemoteModelTests.values(try await remote.forward(Self.pass))
            #expect(values.map(\.count) == expected.map(\.count))
            for (value, expected) in zip(values.joined(), expected.joined()) {
                #expect(abs(value - expected) < 1e-4)
            }
        }
    }

    @Test("a model that vLLM does not serve is said so") func aModelThatVllmDoesNotServeIsSaidSo()
        async throws
    {
        try await Self.withServer { url in
            var options = RemoteOptions(.vllm, url: url, model: "other", key: RemoteKey("k"))
            options.retries.attempts = 1
            let error = await #expect(throws: RemoteError.self) {
                try await RemoteModel(connecting: options, vocabulary: FarEnd.vocabulary)
            }
            #expect(error == .unknownModel("other", address: url, known: ["tiny"]))
        }
    }
}
