import EmulatedFineTuning
import LlamaBackend
import Testing

/// Composites of real architectures through the engine: three models of one family, F32.
///
/// Speculative and plain replies are equal up to rounding, which can part them where a draw falls within
/// some 1e-5 of a boundary: the seeds here stay clear of one.
@Suite struct ArchitectureDecodingTests {
    @Test(
        "speculative replies are the plain ones",
        arguments: Architecture.all + Architecture.withRealVocabulary)
    func speculativeRepliesAreThePlainOnes(_ architecture: Architecture) async throws {
        let engine = Engine(try architecture.composite())
        let obstacle = engine.composite.speculationObstacle
        #expect(obstacle == (architecture.isRecurrent ? .cannotRewind(member: "large") : nil))
        var (drafted, accepted) = (0, 0)
        for seed in 1...3 as ClosedRange<UInt64> {
            let prompt = architecture.tokens(9 + Int(seed), from: Int(seed))
            let plain = try await engine.tokens(prompt, seed, .off).tokens
            for speculation in [Speculation.block(1), .block(4), .block(9), .auto] {
                let reply = try await engine.tokens(prompt, seed, speculation)
                #expect(reply.tokens == plain, "\(speculation)")
                drafted += reply.statistics.drafted
                accepted += reply.statistics.accepted
            }
        }
        if architecture.isRecurrent {
            #expect(drafted == 0)
        } else {
            // Both kinds of round occurred: those that kept everything, and those that were cut back.
            #expect(0 < accepted && accepted < drafted)
        }
    }

    @Test("replies that run together are those that run alone", arguments: Architecture.all)
    func repliesThatRunTogetherAreThoseThatRunAlone(_ architecture: Architecture) async throws {
        let lengths = [23, 1, 12, 7]
        let one = Engine(try architecture.composite(sequences: 1))
        var alone: [[TokenID]] = []
        for (seed, length) in lengths.enumerated() {
            let prompt = architecture.tokens(length, from: seed)
            let reply = try await one.tokens(prompt, UInt64(seed), .off)
            #expect(reply.statistics.cachedTokens == 0)
            alone.append(reply.tokens)
        }
        let engine = Engine(try architecture.composite(sequences: 3))
        let together = try await withThrowingTaskGroup(of: (Int, [TokenID]).self) { group in
            for (seed, length) in lengths.enumerated() {
                group.addTask {
                    let prompt = architecture.tokens(length, from: seed)
                    let speculation = Speculation.block(seed)
                    return (
                        seed, try await engine.tokens(prompt, UInt64(seed), speculation).tokens
                    )
                }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        for (seed, tokens) in alone.enumerated() { #expect(together[seed] == tokens) }
    }

    @Test("a conversation goes on as if read anew", arguments: Architecture.all)
    func aConversationGoesOnAsIfReadAnew(_ architecture: Architecture) async throws {
        let engine = Engine(try architecture.composite(sequences: 1))
        var prompt = architecture.tokens(20)
        for turn in 1...2 as ClosedRange<UInt64> {
            let reply = try await engine.tokens(prompt, turn, .block(3))
            let fresh = Engine(try architecture.composite(sequences: 1))
            #expect(try await fresh.tokens(prompt, turn, .block(3)).tokens == reply.tokens)
            #expect((reply.statistics.cachedTokens > 0) == (turn > 1))
            prompt += reply.tokens + architecture.tokens(5, from: Int(turn))
        }
        // Another end of the same prompt: only a cache that can be cut back helps.
        prompt = Array(prompt.dropLast(8)) + [3, 4]
        let reply = try await engine.tokens(prompt, 9, .block(3))
        let fresh = Engine(try architecture.composite(sequences: 1))
        #expect(try await fresh.tokens(prompt, 9, .block(3)).tokens == reply.tokens)
        #expect((reply.statistics.cachedTokens > 0) == !architecture.isRecurrent)
    }

    @Test(
        "members of different architectures make a composite",
        arguments: [
            ("falcon-40b", "falcon-7b"), ("qwen3", "qwen2"), ("gemma3", "gemma2"),
            ("mamba", "gpt-neox"), ("gpt-neox", "mamba"),
        ])
    func membersOfDifferentArchitecturesMakeAComposite(large: String, small: String) async throws {
        let (large, small) = (try Architecture.named(large), try Architecture.named(small))
        let engine = Engine(try small.composite(large: large))
        let recurrent = large.isRecurrent ? "large" : small.isRecurrent ? "small" : nil
        #expect(
            engine.composite.speculationObstacle
                == recurrent.map { .cannotRewind(member: $0) })
        let prompt = small.tokens(12)
        let plain = try await engine.tokens(prompt, 1, .off)
        let speculative = try await engine.tokens(prompt, 1, .block(4))
        #expect(speculative.tokens == plain.tokens)
        #expect((speculative.statistics.drafted > 0) == (recurrent == nil))
    }
}

extension Architecture {
    /// large + chat − small, where `chat` and, unless it is given, `large` are variants of this model.
    func composite(large: Architecture? = nil, sequences: Int = 2) throws -> Composite {
        let largeModel =
            try large?.model(sequences: sequences) ?? model(variant: 1, sequences: sequences)
        return try Composite(
            members: [
                Member("large", largeModel), Member("small", model(sequences: sequences)),
                Member("chat", model(variant: 2, sequences: sequences)),
            ],
            formula: "large" + "chat" - "small", control: .formula, draft: "chat")
    }
}

extension Engine {
    /// A reply of 24 tokens at temperature 1.
    fileprivate nonisolated func tokens(
        _ prompt: [TokenID], _ seed: UInt64, _ speculation: Speculation
    ) async throws -> (tokens: [TokenID], statistics: GenerationStatistics) {
        let request = GenerationRequest(
            prompt: prompt, maxTokens: 24, ignoresEnd: true, seed: seed, speculation: speculation)
        var tokens: [TokenID] = []
        var statistics = GenerationStatistics()
        for try await event in generate(request) {
            switch event {
            case .token(let token): tokens.append(token.id)
            case .finished(let result): statistics = result.statistics
            }
        }
        return (tokens, statistics)
    }
}
