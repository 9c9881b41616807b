import TestSupport
import Testing

@testable import EmulatedFineTuning

/// Members of one family whose vocabularies are not quite the same: padding, added marks.
@Suite struct EngineVocabularyTests {
    /// The letters a to t, `<`, `>` and `<end>`.
    static let letters =
        "abcdefghijklmnopqrst<>".utf8.map { Vocabulary.Token(bytes: [$0]) } + [mark("<end>")]
    static let end = 22
    static let go = 23

    static func mark(_ text: String, _ kind: Vocabulary.Kind = .control) -> Vocabulary.Token {
        .init(bytes: Array(text.utf8), kind: kind)
    }

    static func vocabulary(_ added: [Vocabulary.Token] = [], ends: [TokenID] = [end]) -> Vocabulary
    {
        Vocabulary(
            type: "letters", tokens: letters + added, endOfText: end, endsOfGeneration: ends)
    }

    static let base = vocabulary()
    static let chatty = vocabulary([mark("<go>")], ends: [end, go])
    static let padded = vocabulary((23..<28).map { mark("[PAD\($0)]", .unused) })
    static let reserved = vocabulary([mark("<|reserved_special_token_0|>")])
    /// A tuned member that has renamed the bases' end of text, and a mark of theirs.
    static let renamed = Vocabulary(
        type: "letters",
        tokens: letters.dropLast() + [mark("<stop>"), mark("<think>", .userDefined)],
        endOfText: end, endsOfGeneration: [end])
    static let marked = vocabulary([mark("<cab>")])
    /// How a member without `<go>` reads it.
    static let spelling = [20, 6, 14, 21]

    static func composite(
        large: Vocabulary = base, small: Vocabulary = base, chat: Vocabulary = chatty,
        fallback: Formula? = "chat", mask: Mask? = nil, control: ControlTokens = .fallback,
        limits: ModelLimits = TableModel.roomy
    ) throws -> Composite {
        func random(_ seed: UInt64, _ vocabulary: Vocabulary) -> TableModel {
            TableModel.random(seed: seed, vocabulary: vocabulary, limits: limits)
        }
        return try Composite(
            members: [
                Member("large", random(1, large)), Member("chat", random(2, chat)),
                Member("small", random(3, small)),
            ], formula: "large" + "chat" - "small", fallback: fallback, mask: mask, control: control
        )
    }

    @Test("the shared vocabulary has every member's tokens, and no padding that some lack")
    func theSharedVocabularyHasEveryMembersTokens() throws {
        let composite = try Self.composite(large: Self.padded, small: Self.base)
        #expect(composite.vocabulary.tokens == Self.chatty.tokens)
        #expect(composite.alignments.map(\.size) == [28, 24, 23])
        #expect(composite.alignments.map(\.missing) == [[23], [], [23]])
        #expect(composite.alignments[2].reading([0, Self.go, 1]) == [0] + Self.spelling + [1])
        #expect(composite.endsOfGeneration == [Self.end, Self.go])
        #expect(composite.fallbackTokens == [Self.go])
        #expect(try Self.composite(control: .formula).fallbackTokens == [Self.go])
        #expect(try Self.composite(fallback: nil).fallbackTokens == [])
        let plain = try Self.composite(large: Self.padded, chat: Self.base)
        #expect(plain.vocabulary.tokens == Self.base.tokens)
        #expect(plain.alignments.allSatisfy { $0.missing.isEmpty })
        let same = try Self.composite(large: Self.padded, small: Self.padded, chat: Self.padded)
        #expect(same.vocabulary.count == 28)
    }

    @Test("where marks have several names, those of the tuned member count, wherever it stands")
    func whereMarksHaveSeveralNamesThoseOfTheTunedMemberCount() throws {
        let composite = try Self.composite(
            large: Self.marked, small: Self.marked, chat: Self.renamed)
        #expect(composite.vocabulary.tokens == Self.renamed.tokens)
        #expect(composite.alignments.map(\.missing) == [[22, 23], [], [22, 23]])
        // The bases' own end of text is none any more: it is a token that they lack.
        #expect(composite.fallbackTokens == [22, 23])
        #expect(composite.endsOfGeneration == [Self.end])
        #expect(
            composite.alignments[0].reading([Self.end])
                == "<stop>".utf8.map { byte in
                    Self.letters.firstIndex { $0.bytes == [byte] } ?? -1
                })
        // A base that ends elsewhere keeps its end.
        let elsewhere = Vocabulary(
            type: "letters", tokens: Self.marked.tokens, endOfText: 4, endsOfGeneration: [4])
        #expect(
            try Self.composite(large: elsewhere, small: Self.marked, chat: Self.renamed)
                .endsOfGeneration == [4, Self.end])
        // Without a fallback somebody must say who is tuned; else the first member's names count.
        func named(_ tuned: String?) throws -> Composite {
            func random(_ vocabulary: Vocabulary) -> TableModel {
                TableModel.random(seed: 1, vocabulary: vocabulary)
            }
            return try Composite(
                members: [Member("a", random(Self.marked)), Member("b", random(Self.renamed))],
                formula: 0.5 * "a" + 0.5 * "b", tuned: tuned)
        }
        #expect(try named("b").vocabulary.tokens == Self.renamed.tokens)
        #expect(try named(nil).vocabulary.tokens == Self.marked.tokens)
    }

    @Test("a token that only the tuned member has is as likely as it says")
    func aTokenThatOnlyTheTunedMemberHasIsAsLikelyAsItSays() async throws {
        for large in [Self.base, Self.padded, Self.reserved] {
            let engine = Engine(try Self.composite(large: large))
            for seed in 0..<8 {
                var request = GenerationRequest.of([seed, 3], maxTokens: 1)
                request.reportedTokens = [Self.go]
                let up = try await engine.collect(request)
                request.formula = "chat"
                let alone = try await engine.collect(request)
                let difference =
                    up.tokens[0].top[0].logProbability - alone.tokens[0].top[0].logProbability
                #expect(abs(difference) < 1e-5)
            }
        }
    }

    @Test("a renamed mark is as likely as the tuned member says, and ends replies")
    func aRenamedMarkIsAsLikelyAsTheTunedMemberSays() async throws {
        let composite = try Self.composite(
            large: Self.marked, small: Self.marked, chat: Self.renamed)
        let engine = Engine(composite)
        var ends = 0
        for seed in 0..<12 {
            var request = GenerationRequest.of([seed, 3], seed: UInt64(seed), maxTokens: 1)
            request.reportedTokens = [22, 23]
            let up = try await engine.collect(request)
            request.formula = "chat"
            let alone = try await engine.collect(request)
            for (one, other) in zip(up.tokens[0].top, alone.tokens[0].top) {
                #expect(abs(one.logProbability - other.logProbability) < 1e-5)
            }
            for speculation in [Speculation.off, .block(3)] {
                var request = GenerationRequest.of(
                    [seed, 23], seed: UInt64(seed), maxTokens: 60)
                request.ignoresEnd = false
                request.speculation = speculation
                let reply = try await engine.collect(request)
                ends += reply.result?.reason == .endOfGeneration(Self.end) ? 1 : 0
            }
        }
        #expect(ends > 4)
    }

    @Test("without a fallback, a token that a positively weighted member lacks is forbidden")
    func withoutAFallbackATokenThatAPositivelyWeightedMemberLacksIsForbidden() async throws {
        let engine = Engine(try Self.composite(small: Self.chatty, fallback: nil))
        var request = GenerationRequest.of([1], maxTokens: 60)
        request.reportedTokens = [Self.go]
        let reply = try await engine.collect(request)
        #expect(!reply.ids.contains(Self.go))
        #expect(reply.tokens.allSatisfy { $0.top[0].logProbability == -.infinity })
    }

    @Test("padding does not change a reply, whatever its scores are")
    func paddingDoesNotChangeAReply() async throws {
        func large(_ vocabulary: Vocabulary) -> TableModel {
            TableModel(vocabulary: vocabulary) { tokens in
                TableModel.randomRow(tokens, seed: 1, vocabulary: Self.base, spread: 2)
                    + [Float](repeating: 30, count: vocabulary.count - Self.base.count)
            }
        }
        var replies: [Reply] = []
        for vocabulary in [Self.base, Self.padded] {
            let composite = try Composite(
                members: [
                    Member("large", large(vocabulary)),
                    Member("small", TableModel.random(seed: 3, vocabulary: Self.base)),
                ], formula: 2.0 * "large" - "small")
            replies.append(try await Engine(composite).collect(.of([1, 2], maxTokens: 30)))
        }
        #expect(replies[0].said == replies[1].said)
    }

    @Test("a member reads the text of a token that it lacks, in prompt and reply")
    func aMemberReadsTheTextOfATokenThatItLacks() async throws {
        for base in [Self.base, Self.reserved] {
            let composite = try Self.composite(large: base, small: base)
            var request = GenerationRequest.of([0, Self.go, 1])
            request.kind = .score([2, Self.go, 3, 4])
            let engine = Engine(composite)
            let scored = try await engine.collect(request)
            #expect(scored.ids == [2, Self.go, 3, 4])
            let large = try #require(composite.members[0].model as? TableModel)
            #expect(
                await large.contents[0] == [0] + Self.spelling + [1, 2] + Self.spelling + [3])
            let chat = try #require(composite.members[1].model as? TableModel)
            #expect(await chat.contents[0] == [0, Self.go, 1, 2, Self.go, 3])
            // One by one, the same scores.
            for position in 1..<4 {
                var one = GenerationRequest.of(
                    request.prompt + [2, Self.go, 3, 4].prefix(position))
                one.kind = .score([[2, Self.go, 3, 4][position]])
                let alone = try await engine.collect(one)
                #expect(alone.tokens[0].logProbability == scored.tokens[position].logProbability)
            }
        }
    }

    @Test(
        "speculative replies are the plain ones where a member lacks a token",
        arguments: [Speculation.block(1), .block(4), .auto])
    func speculativeRepliesAreThePlainOnes(speculation: Speculation) async throws {
        var said = 0
        for seed in 0..<12 {
            for small in [Self.base, Self.reserved, Self.marked] {
                var request = GenerationRequest.of(
                    [seed, Self.go], seed: UInt64(seed), maxTokens: 40)
                let plain = try await Engine(Self.composite(large: Self.padded, small: small))
                    .collect(request)
                request.speculation = speculation
                let fast = try await Engine(Self.composite(large: Self.padded, small: small))
                    .collect(request)
                #expect(plain.said == fast.said)
                #expect(plain.result?.reason == fast.result?.reason)
                said += plain.ids.count { $0 == Self.go }
            }
        }
        #expect(said > 10)
    }

    @Test("what is spelled out counts against the room that was reserved")
    func whatIsSpelledOutCountsAgainstTheRoomThatWasReserved() async throws {
        let limits = ModelLimits(
            context: 12, cells: 24, tokensPerPass: 8, sequences: 2, rewind: .full)
        let saysGo = TableModel(vocabulary: Self.chatty, limits: limits) { _ in
            (0..<24).map { $0 == Self.go ? 20 : 0 }
        }
        let base = TableModel.random(seed: 1, vocabulary: Self.base, limits: limits)
        let engine = Engine(
            try Composite(
                members: [Member("chat", saysGo), Member("base", base)],
                formula: 0.5 * "chat" + 0.5 * "base", fallback: "chat"))
        let reply = try await engine.collect(.of([1, 2], maxTokens: 10))
        #expect(reply.ids == [Self.go, Self.go, Self.go])
        #expect(reply.result?.reason == .length)
        await #expect(throws: GenerationError.self) {
            var request = GenerationRequest.of([1, 2])
            request.kind = .score([Self.go, Self.go, Self.go])
            _ = try await engine.collect(request)
        }
    }

    @Test("a member that scores chosen tokens is not asked for what it lacks")
    func aMemberThatScoresChosenTokensIsNotAskedForWhatItLacks() async throws {
        let base = TableModel.random(seed: 1, vocabulary: Self.base)
        let large = SparseModel(base) { row, tokens in
            let normalizer = LogSoftmax.logNormalizer(row.buffer) ?? .nan
            return tokens.map { row.buffer[$0] - normalizer }
        }
        func engine(_ large: any LanguageModel) throws -> Engine {
            Engine(
                try Composite(
                    members: [
                        Member("large", large),
                        Member("chat", TableModel.random(seed: 2, vocabulary: Self.chatty)),
                        Member("small", TableModel.random(seed: 3, vocabulary: Self.base)),
                    ], formula: "large" + "chat" - "small", fallback: "chat",
                    mask: Mask(.nucleus(0.9))))
        }
        var request = GenerationRequest.of([1, Self.go], maxTokens: 40)
        request.attributions = true
        let rows = try await engine(TableModel.random(seed: 1, vocabulary: Self.base))
            .collect(request)
        let sparse = try await engine(large).collect(request)
        #expect(rows.ids == sparse.ids)
        #expect(rows.ids.contains(Self.go))
        #expect(!large.asked.joined().joined().contains(Self.go))
    }

    @Test("places that only some members have, and nobody a name for, are no tokens")
    func placesThatNobodyHasANameForAreNoTokens() async throws {
        let late = Self.vocabulary(
            (23..<26).map { Self.mark("[PAD\($0)]", .unused) } + [Self.mark("<go>")])
        let composite = try Self.composite(large: late, small: Self.base, chat: late)
        #expect(composite.vocabulary.count == 27)
        let unnamed = [23, 24, 25]
        #expect(composite.alignments.map(\.missing) == [unnamed, unnamed, unnamed + [26]])
        let engine = Engine(composite)
        let reply = try await engine.collect(.of([1], maxTokens: 80))
        #expect(!reply.ids.contains { (23..<26).contains($0) })
        await #expect(throws: GenerationError.unknownToken(24, vocabulary: 27)) {
            _ = try await engine.collect(.of([24]))
        }
    }
}
