import ChatTemplates
import EmulatedFineTuning
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import LlamaBackend
import Logging
import Recipes
import Serving
import TestSupport
import Testing

@testable import RemoteBackend

/// A member on another `eft serve`, against the same member in process.
@Suite(.timeLimit(.minutes(10))) struct EftFarEndTests {
    /// Serves one of the tiny random-weight models (F32: numbers hardly depend on how passes are cut).
    static func serve(
        keys: [String] = [], _ body: @escaping @Sendable (Int, Engine) async throws -> Void
    ) async throws {
        let loaded = try await LoadedRecipe(
            Recipe(
                yaml: """
                    name: large-base
                    members: { large: tiny-split-00001-of-00002.gguf }
                    formula: large
                    \(sizes)
                    """, file: "far.yaml", folder: RepositoryFiles.path("Tests/Fixtures/llama")))
        let deployment = Deployment(loaded)
        var logger = Logger(label: "far end")
        logger.logLevel = .critical
        let server = Server([deployment], options: ServerOptions(keys: keys), logger: logger)
        try await server.application(host: "127.0.0.1", port: 0).test(.live) { client in
            try await body(try #require(client.port), deployment.engine)
        }
    }

    static let sizes = """
        context: 256
        engine: { cache_type: f32, flash_attention: off, sequences: 4, cells: 1024, threads: 1 }
        """

    /// `large + chat - small`, truncated, with the large member where it is told.
    static func near(
        _ large: String, mask: String = "{ nucleus: 0.95 }"
    ) async throws -> LoadedRecipe {
        try await LoadedRecipe(
            Recipe(
                yaml: """
                    members:
                      large: \(large)
                      small: tiny.gguf
                      chat: { member: small, lora: tiny-lora.gguf }
                    formula: large + chat - small
                    fallback: chat
                    mask: \(mask)
                    \(sizes)
                    """, file: "near.yaml", folder: RepositoryFiles.path("Tests/Fixtures/llama")),
            environment: ["FAR_KEY": "k-1"])
    }

    static let local = "tiny-split-00001-of-00002.gguf"
    static func remote(_ port: Int) -> String {
        "{ engine: eft, url: \"http://127.0.0.1:\(port)\", model: large-base, api_key_env: FAR_KEY }"
    }

    static func replies(
        _ loaded: LoadedRecipe, _ questions: [String],
        _ change: (inout GenerationRequest) -> Void
    ) async throws -> [[GeneratedToken]] {
        let engine = Engine(loaded.composite)
        var replies: [[GeneratedToken]] = []
        for question in questions {
            var request = try loaded.request(for: [ChatMessage(role: "user", content: question)])
            request.maxTokens = 24
            request.ignoresEnd = true
            request.seed = 11
            change(&request)
            var tokens: [GeneratedToken] = []
            for try await event in engine.generate(request) {
                if case .token(let token) = event { tokens.append(token) }
            }
            replies.append(tokens)
        }
        return replies
    }

    static let questions = ["Who invented the saxophone?", "the and in er", "7"]

    @Test("a member on another server says what it says in process")
    func aMemberOnAnotherServerSaysWhatItSaysInProcess() async throws {
        try await Self.serve(keys: ["k-1"]) { port, far in
            for (temperature, speculation) in [
                (0.0, Speculation.off), (0, .block(5)), (0, .auto), (1, .block(5)),
            ] {
                let near = try await Self.near(Self.local)
                let away = try await Self.near(Self.remote(port))
                #expect(away.remotes.count == 1 && away.models.count == 2)
                func change(_ request: inout GenerationRequest) {
                    request.sampling.temperature = temperature
                    request.speculation = speculation
                }
                let here = try await Self.replies(near, Self.questions, change)
                let there = try await Self.replies(away, Self.questions, change)
                for (here, there) in zip(here, there) {
                    #expect(here.map(\.id) == there.map(\.id))
                    for (a, b) in zip(here, there) {
                        #expect(abs(a.logProbability - b.logProbability) < 1e-4)
                    }
                }
            }
            #expect(await far.load.running == 0)
        }
    }

    @Test("responses are scored with the remote member's say, to JSON's precision")
    func responsesAreScoredWithTheRemoteMembersSay() async throws {
        try await Self.serve(keys: ["k-1"]) { port, _ in
            let near = try await Self.near(Self.local)
            let away = try await Self.near(Self.remote(port))
            let response = try near.response(
                "Good question! The saxophone is an opera.", ended: true)
            func change(_ request: inout GenerationRequest) {
                request.kind = .score(response)
                request.attributions = true
            }
            let here = try await Self.replies(near, [Self.questions[0]], change)[0]
            let there = try await Self.replies(away, [Self.questions[0]], change)[0]
            #expect(there.count == response.count)
            for (a, b) in zip(here, there) {
                let (a, b) = (try #require(a.attribution), try #require(b.attribution))
                for (x, y) in zip(a.members, b.members) {
                    #expect(abs(try #require(x) - (try #require(y))) < 1e-4)
                }
                let (x, y) = (try #require(a.upscalingDelta), try #require(b.upscalingDelta))
                #expect(abs(x - y) < 1e-4)
            }
        }
    }

    @Test("a round is one pass at the far end, too") func aRoundIsOnePassAtTheFarEnd() async throws
    {
        try await Self.serve(keys: ["k-1"]) { port, far in
            // All positions are asked for the same tokens, so their union fits one request.
            let tokens = (97..<123).map(String.init).joined(separator: ", ")
            let away = try await Self.near(Self.remote(port), mask: "{ tokens: [\(tokens)] }")
            let remote = away.remotes[0]
            let (sent, rounds) = (remote.traffic.requests, await far.rounds)
            let replies = try await Self.replies(away, [Self.questions[0]]) {
                $0.speculation = .block(5)
            }
            let requests = remote.traffic.requests - sent
            #expect(requests <= replies[0].count)
            // Every request takes one round there; the prompt, another.
            #expect(await far.rounds - rounds <= requests + 2)
        }
    }

    @Test("without the key, and without a mask, there is no composite")
    func withoutTheKeyAndWithoutAMaskThereIsNoComposite() async throws {
        try await Self.serve(keys: ["other"]) { port, _ in
            await #expect(throws: RemoteError.unauthorized(address: "http://127.0.0.1:\(port)")) {
                try await Self.near(Self.remote(port))
            }
        }
        try await Self.serve { port, _ in
            let yaml = """
                members: { large: \(Self.remote(port)), small: tiny.gguf, chat: tiny.gguf }
                formula: large + chat - small
                fallback: chat
                \(Self.sizes)
                """
            let folder = RepositoryFiles.path("Tests/Fixtures/llama")
            let recipe = try Recipe(yaml: yaml, file: "r.yaml", folder: folder)
            await #expect(throws: CompositeError.rowsNeeded(member: "large", .formula)) {
                try await LoadedRecipe(recipe, environment: ["FAR_KEY": "k"])
            }
            let error = await #expect(throws: RecipeError.self) {
                try await LoadedRecipe(recipe, environment: [:])
            }
            #expect(error.map { "\($0)" }?.contains("`FAR_KEY`, which is not set") == true)
        }
    }
}
