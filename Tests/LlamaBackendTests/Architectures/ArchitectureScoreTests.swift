import EmulatedFineTuning
import Testing

@testable import LlamaBackend

/// What real architectures compute here against what transformers computes, on the same F32 weights.
@Suite struct ArchitectureScoreTests {
    @Test("there is a fixture for every architecture that is claimed")
    func thereIsAFixtureForEveryArchitectureThatIsClaimed() {
        #expect(
            Architecture.all.map(\.name) == [
                "llama", "llama-3", "mistral", "falcon-7b", "falcon-40b", "qwen2", "qwen3", "gemma",
                "gemma2", "gemma3", "phi-2", "phi-3", "gpt-neox", "mamba", "qwen3-moe", "mixtral",
            ])
    }

    @Test("real vocabularies are those that architectures.md names")
    func realVocabulariesAreThoseThatTheDocumentationNames() {
        #expect(
            Architecture.recorded.compactMap { made in made.realVocabulary.map { [made.name, $0] } }
                == [
                    ["llama", "llama-spm"], ["llama-3", "llama-bpe"], ["falcon-7b", "falcon"],
                    ["falcon-40b", "falcon"], ["qwen2", "qwen2"], ["qwen3", "qwen2"],
                    ["phi-3", "phi-3"], ["gpt-neox", "gpt-neox"], ["mamba", "gpt-neox"],
                    ["qwen3-moe", "qwen2"],
                ])
    }

    @Test("a file is what it says", arguments: Architecture.all)
    func aFileIsWhatItSays(_ architecture: Architecture) async throws {
        let info = try LlamaModelInfo(path: architecture.path)
        #expect(info.architecture == architecture.architecture)
        #expect(info.vocabularySize == architecture.vocabulary)
        let model = try architecture.model()
        // The header names a window also where libllama ignores it.
        #expect(info.slidingWindow == model.slidingWindow)
        #expect(model.limits.rewind == (architecture.isRecurrent ? .none : .full))
        #expect(try info.rewindClass() == model.limits.rewind)
    }

    @Test(
        "log-probabilities equal those of transformers",
        arguments: Architecture.all + Architecture.withRealVocabulary)
    func logProbabilitiesEqualThoseOfTransformers(_ architecture: Architecture) async throws {
        let found = try await architecture.scores()
        let wanted = architecture.withTabulatedGELU ?? architecture.logProbabilities
        let distance = architecture.distance(found, wanted)
        // Where an argument of GELU lies at the border of two cells of the table, rounding decides: weights
        // that are moved by 3e-7 of themselves move what transformers computes with the table by 1.4e-3.
        #expect(distance <= (architecture.withTabulatedGELU == nil ? 1e-3 : 2e-3))
        // With exact GELU, what llama.cpp's table costs comes on top.
        let exact = architecture.distance(found, architecture.logProbabilities)
        #expect(exact <= 5e-3)
        print(
            "\(architecture.testDescription): |Δ log p| at most \(distance), with exact GELU \(exact)"
        )
    }

    @Test("scores of a response equal those of transformers", arguments: Architecture.all)
    func scoresOfAResponseEqualThoseOfTransformers(_ architecture: Architecture) async throws {
        let tokens = architecture.sequences[0]
        let engine = Engine(
            try Composite(members: [Member("a", architecture.model())], formula: "a"),
            options: EngineOptions(scoringBlock: 7))
        let request = GenerationRequest(
            prompt: Array(tokens[..<3]), reportedTokens: architecture.reported,
            kind: .score(Array(tokens[3...])))
        var found: [[Double]] = []
        for try await event in engine.generate(request) {
            guard case .token(let token) = event else { continue }
            found.append(token.top.map { Double($0.logProbability) })
        }
        // The rows before the response, which nobody asked for, stand in for themselves.
        let wanted = (architecture.withTabulatedGELU ?? architecture.logProbabilities)[0].dropLast()
        #expect(found.count == tokens.count - 3)
        #expect(architecture.distance([wanted.prefix(2) + found], [Array(wanted)]) <= 1e-3)
    }

    @Test("rotary factors follow what one sequence can hold", arguments: [1, 3, 4])
    func rotaryFactorsFollowWhatOneSequenceCanHold(_ sequences: Int) async throws {
        let architecture = try Architecture.named("phi-3")
        let long = try #require(architecture.asPartOfLongText)
        let short = architecture.logProbabilities[0]
        // 256 tokens are a short text, also where there is room for four of them.
        for (context, wanted, other) in [(256, short, long), (257, long, short)] {
            let model = try architecture.model(context: context, sequences: sequences)
            let found = try await architecture.scores(model, architecture.sequences.prefix(1))
            #expect(architecture.distance(found, [wanted]) <= 1e-3)
            #expect(architecture.distance(found, [other]) > 0.1)
        }
    }

    @Test("weights loaded for short texts are not lent to long ones")
    func weightsLoadedForShortTextsAreNotLentToLongOnes() throws {
        let path = try Architecture.named("phi-3").path
        let weights = try LlamaWeights(path: path, options: Tiny.options(context: 256))
        _ = try LlamaModel(weights, options: Tiny.options(context: 64))
        let error = #expect(throws: LlamaError.self) {
            try LlamaModel(weights, options: Tiny.options(context: 512))
        }
        #expect(
            error?.description
                == "An option is out of range: texts of 512 tokens need other rotary factors than those "
                + "that the weights were loaded with. Load them with the same `context`.")
    }

    @Test("a window that llama.cpp ignores matters", arguments: ["mistral", "phi-3"])
    func aWindowThatLlamaCppIgnoresMatters(_ name: String) async throws {
        var architecture = try Architecture.named(name)
        let found = try await architecture.scores()
        architecture.windowIgnored = nil
        // When this fails, llama.cpp has learned it: then the documentation may promise more.
        #expect(architecture.distance(found, architecture.logProbabilities) > 0.1)
    }
}

extension Architecture {
    /// Log-probabilities of the reported ids at all positions of the sequences, which one pass carries.
    func scores() async throws -> [[[Double]]] { try await scores(model(), sequences[...]) }

    func scores(
        _ model: LlamaModel, _ sequences: ArraySlice<[TokenID]>
    ) async throws -> [[[Double]]] {
        let parts = sequences.enumerated().map { index, tokens in
            SequenceExtension(
                sequence: index, start: 0, tokens: tokens, scored: Array(tokens.indices),
                request: .tokens(tokens.map { _ in reported }))
        }
        var scores = try await model.forward(ForwardPass(parts)).map(\.copy)[...]
        return sequences.map { tokens in
            defer { scores = scores.dropFirst(tokens.count) }
            return scores.prefix(tokens.count).map { $0.map(Double.init) }
        }
    }

    /// The largest difference at positions that llama.cpp computes as transformers does.
    func distance(_ found: [[[Double]]], _ wanted: [[[Double]]]) -> Double {
        guard found.map({ $0.map(\.count) }) == wanted.map({ $0.map(\.count) }) else {
            return .infinity
        }
        let comparable = windowIgnored ?? Int.max
        return zip(found, wanted).reduce(0) { worst, pair in
            let rows = zip(pair.0.prefix(comparable), pair.1.prefix(comparable))
            return rows.reduce(worst) { worst, row in
                zip(row.0, row.1).reduce(worst) { max($0, abs($1.0 - $1.1)) }
            }
        }
    }
}
