import TestSupport
import Testing

@testable import EmulatedFineTuning

/// Proposals that no member was asked for: repeated text, and what a constraint forces.
@Suite struct EngineDraftSourcesTests {
    /// Says the letters in turn, over and over.
    static func alphabet(sharply: Float = 20) -> TableModel {
        TableModel(vocabulary: TestEngine.vocabulary) { tokens in
            var row = [Float](repeating: 0, count: TestEngine.vocabulary.count)
            row[((tokens.last ?? 0) + 1) % 20] = sharply
            return row
        }
    }

    static func request(
        _ speculation: Speculation, _ drafts: Set<DraftSource> = .all, maxTokens: Int = 60
    ) -> GenerationRequest {
        var request = GenerationRequest.of(Array(0..<20) + [0, 1], seed: 3, maxTokens: maxTokens)
        request.speculation = speculation
        request.drafts = drafts
        return request
    }

    @Test("repeated text costs no pass of the draft member for each of its tokens")
    func repeatedTextCostsNoPassOfTheDraftMemberForEachOfItsTokens() async throws {
        let test = try TestEngine(Self.alphabet(), Self.alphabet(), Self.alphabet())
        let plain = try await test.reply(Self.request(.off))
        let before = await (test.large.passes.count, test.chat.passes.count)
        let reply = try await test.reply(Self.request(.block(8)))
        #expect(reply.said == plain.said)
        let statistics = try #require(reply.result?.statistics)
        #expect(statistics.draftedBySource[.lookup] ?? 0 > 35)
        #expect(statistics.acceptedBySource == statistics.draftedBySource)
        #expect(await test.large.passes.count - before.0 < 12)
        #expect(await test.chat.passes.count - before.1 < 20)
    }

    @Test("repeated text is proposed without a draft member")
    func repeatedTextIsProposedWithoutADraftMember() async throws {
        let (plain, fast) = (Self.alphabet(sharply: 6), Self.alphabet(sharply: 6))
        func engine(_ model: TableModel) throws -> Engine {
            Engine(try Composite(members: [Member("large", model)], formula: "large"))
        }
        let expected = try await engine(plain).collect(Self.request(.off))
        let reply = try await engine(fast).collect(Self.request(.block(5), [.lookup]))
        #expect(reply.said == expected.said)
        let statistics = try #require(reply.result?.statistics)
        #expect(statistics.acceptedBySource[.lookup] ?? 0 > 20)
        #expect(statistics.draftedBySource[.member] == nil)
        #expect(await fast.passes.count < plain.passes.count / 2)
    }

    @Test("a guess that the draft member would not have made is taken back")
    func aGuessThatTheDraftMemberWouldNotHaveMadeIsTakenBack() async throws {
        // The prompt repeats what no member says.
        let test = try TestEngine(Self.alphabet(), Self.alphabet(), Self.alphabet())
        var request = Self.request(.block(6), maxTokens: 30)
        request.prompt = [3, 4, 9, 9, 9, 3, 4, 9, 9, 9, 3, 4, 9, 9, 9, 3]
        let reply = try await test.reply(request)
        request.speculation = .off
        let plain = try await TestEngine(Self.alphabet(), Self.alphabet(), Self.alphabet())
            .reply(request)
        #expect(reply.said == plain.said)
        let statistics = try #require(reply.result?.statistics)
        #expect(statistics.accepted == statistics.drafted && statistics.drafted > 10)
    }

    /// Forces text at some positions, and guesses: often rightly.
    final class Forcing: TokenConstraint {
        let position: Int

        init(position: Int = 0) { self.position = position }

        private func token(at position: Int) -> TokenID? {
            position % 5 < 3 ? (7 * position) % 20 : nil
        }

        func restrict(_ scores: UnsafeMutableBufferPointer<Float>) {
            guard let sole = token(at: position) else { return }
            for token in scores.indices where token != sole { scores[token] = -.infinity }
        }

        func forced(atMost limit: Int) -> [TokenID] {
            var tokens: [TokenID] = []
            while tokens.count < limit, let token = token(at: position + tokens.count) {
                tokens.append(token)
            }
            // One token too many, which nothing forces.
            return tokens.isEmpty ? [] : Array((tokens + [4]).prefix(limit))
        }

        func advanced(by token: TokenID) -> any TokenConstraint {
            precondition(self.token(at: position).map { $0 == token } ?? true, "forbidden")
            return Forcing(position: position + 1)
        }
    }

    @Test(
        "what a constraint forces is proposed without asking a member",
        arguments: [Speculation.block(1), .block(4), .block(20), .auto])
    func whatAConstraintForcesIsProposedWithoutAskingAMember(speculation: Speculation)
        async throws
    {
        var request = GenerationRequest.of([1, 2, 3], seed: 5, maxTokens: 40)
        request.constraint = Forcing()
        let plain = try await TestEngine().reply(request)
        for drafts: Set<DraftSource> in [.all, [.grammar], [.grammar, .member]] {
            request.speculation = speculation
            request.drafts = drafts
            let reply = try await TestEngine().reply(request)
            #expect(reply.said == plain.said)
            guard speculation != .auto else { continue }
            let statistics = try #require(reply.result?.statistics)
            #expect(statistics.draftedBySource[.grammar] ?? 0 > 8)
            #expect(statistics.acceptedBySource[.grammar] ?? 0 > 8)
        }
    }

    @Test("sources are read by their names") func sourcesAreReadByTheirNames() {
        #expect(Set<DraftSource>("lookup,member") == [.lookup, .member])
        #expect(Set<DraftSource>("grammar, lookup ,member") == .all)
        #expect(Set<DraftSource>.all.names == "grammar,lookup,member")
        for text in ["", "lookup,", "lookup,lookup", "chat", "Lookup", "member;lookup"] {
            #expect(Set<DraftSource>(text) == nil)
        }
    }
}
