import EmulatedFineTuning
import StringScores
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct ForeignCompositeTests {
    private func composite(
        _ seed: UInt64, letters: [UInt8] = TwoFamilies.alphabet
    ) throws -> Composite {
        let family = TwoFamilies(seed: seed, letters: letters)
        return try Composite(
            members: [
                Member("large", family.foreign(BranchLimits())),
                Member("chat", TwoFamilies.table(family.shared, seed: seed &+ 21)),
                Member("small", family.base(seed: seed &+ 31)),
            ],
            formula: "large" + "chat" - "small", fallback: "chat",
            mask: Mask(.nucleus(0.9)))
    }

    private func replies(
        _ composite: Composite, _ requests: [GenerationRequest], together: Bool
    ) async throws -> [[TokenID]] {
        let engine = Engine(composite)
        if together {
            let streams = requests.map { engine.generate($0) }
            var replies: [[TokenID]] = []
            for stream in streams { replies.append(try await Self.tokens(stream)) }
            return replies
        }
        var replies: [[TokenID]] = []
        for request in requests { replies.append(try await Self.tokens(engine.generate(request))) }
        return replies
    }

    private static func tokens(
        _ stream: AsyncThrowingStream<GenerationEvent, any Error>
    ) async throws -> [TokenID] {
        var tokens: [TokenID] = []
        for try await event in stream {
            if case .token(let token) = event { tokens.append(token.id) }
        }
        return tokens
    }

    @Test(
        "one seed, one reply: plain, in blocks, together, after a shared prompt", arguments: 0..<12)
    func oneSeedOneReply(seed: UInt64) async throws {
        var random = SeededRandom(seed)
        let count = TwoFamilies(seed: seed).shared.texts.count
        let prompt = (0..<9).map { _ in Int.random(in: 0..<count, using: &random) }
        let requests = (0..<3).map { place in
            GenerationRequest(
                prompt: prompt + [place % count],
                sampling: SamplingOptions(temperature: place == 0 ? 0 : 1),
                maxTokens: 24, seed: seed &+ UInt64(place), speculation: .off)
        }
        let plain = try await replies(composite(seed), requests, together: false)
        #expect(plain.allSatisfy { !$0.isEmpty })
        for speculation in [Speculation.block(1), .block(4), .auto] {
            let drafted = requests.map { request in
                var request = request
                request.speculation = speculation
                return request
            }
            for together in [false, true] {
                let found = try await replies(composite(seed), drafted, together: together)
                #expect(found == plain, "\(speculation), together: \(together)")
            }
        }
    }

    @Test("a text that the foreign member cannot spell ends its own reply, and no other")
    func aTextThatCannotBeSpelledEndsItsOwnReply() async throws {
        let letters = TwoFamilies.alphabet + [0x64]
        let composite = try composite(5, letters: letters)
        let strange = composite.vocabulary.tokens.indices.filter {
            composite.vocabulary.tokens[$0].bytes.contains(0x64)
        }
        let other = try #require(strange.first)
        var good = GenerationRequest(prompt: [0, 1, 2], maxTokens: 12)
        good.ignoresEnd = true
        good.sampling.logitBias = Dictionary(uniqueKeysWithValues: strange.map { ($0, -100) })
        var bad = good
        bad.prompt = [0, other, 2]
        let alone = try await Self.tokens(Engine(composite).generate(good))
        #expect(alone.count > 6)

        let engine = Engine(try self.composite(5, letters: letters))
        let streams = [good, bad, good].map { engine.generate($0) }
        var counts: [Int?] = []
        for stream in streams {
            let tokens = try? await Self.tokens(stream)
            counts.append(tokens?.count)
            if let tokens { #expect(tokens == alone) }
        }
        #expect(counts == [alone.count, nil, alone.count])
    }

    @Test("marks are the fallback's, and a foreign member is not asked for them")
    func marksAreTheFallbacks() throws {
        let composite = try composite(4)
        let count = composite.vocabulary.count
        #expect(composite.fallbackTokens == [count - 2, count - 1])
        #expect(composite.endsOfGeneration == [count - 2])
    }

    @Test("without a mask that falls back, the composite is refused")
    func withoutAMaskTheCompositeIsRefused() throws {
        let family = TwoFamilies(seed: 1)
        let members = [
            Member("large", try family.foreign(BranchLimits())),
            Member("chat", TwoFamilies.table(family.shared, seed: 2)),
        ]
        #expect(throws: CompositeError.rowsNeeded(member: "large", .formula)) {
            try Composite(members: members, formula: "large" + "chat", fallback: 2 * "chat")
        }
    }
}
