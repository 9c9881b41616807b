import TestSupport
import Testing

@testable import EmulatedFineTuning

@Suite struct EngineEndTests {
    /// An engine that says these tokens after the prompt [0], whatever is sampled.
    static func script(_ tokens: [TokenID]) throws -> Engine {
        let model = TableModel(vocabulary: TestEngine.vocabulary) { seen in
            var row = [Float](repeating: -.infinity, count: TestEngine.vocabulary.count)
            row[tokens[(seen.count - 1) % tokens.count]] = 0
            return row
        }
        return Engine(try Composite(members: [Member("a", model)], formula: "a"))
    }

    static func request(_ maxTokens: Int, stop: [String] = []) -> GenerationRequest {
        GenerationRequest(prompt: [0], maxTokens: maxTokens, stop: stop)
    }

    @Test("a reply ends at its limit") func aReplyEndsAtItsLimit() async throws {
        let reply = try await Self.script([1, 2, 3]).collect(Self.request(4))
        #expect(reply.text == "bcdb")
        #expect(reply.result?.reason == .length)
        #expect(reply.result?.statistics.generatedTokens == 4)
    }

    @Test("a reply ends with a token that ends it, whose name is no text", arguments: [22, 23])
    func aReplyEndsWithATokenThatEndsItWhoseNameIsNoText(end: TokenID) async throws {
        let engine = try Self.script([1, end, 2])
        let reply = try await engine.collect(Self.request(9))
        #expect(reply.text == "b")
        #expect(reply.ids == [1, end])
        #expect(reply.result?.reason == .endOfGeneration(end))
        var request = Self.request(5)
        request.ignoresEnd = true
        let longer = try await engine.collect(request)
        #expect(longer.ids == [1, end, 2, 1, end])
        #expect(longer.text == "bcb")
        #expect(longer.result?.reason == .length)
    }

    @Test("a reply ends before a stop string, in the middle of tokens or not")
    func aReplyEndsBeforeAStopStringInTheMiddleOfTokensOrNot() async throws {
        let engine = try Self.script([1, 2, 3, 4, 5])
        for (stop, text) in [
            (["de"], "bc"), (["b"], ""), (["x", "cde", "d"], "b"), (["bcdef"], ""),
        ] {
            let reply = try await engine.collect(Self.request(9, stop: stop))
            #expect(reply.text == text)
            let found = try #require(stop.first { "bcdef".contains($0) })
            #expect(reply.result?.reason == .stopString(found))
        }
    }

    @Test("text that only began a stop string is sent in the end")
    func textThatOnlyBeganAStopStringIsSentInTheEnd() async throws {
        let reply = try await Self.script([1, 2, 3]).collect(Self.request(3, stop: ["cdx"]))
        #expect(reply.tokens.map(\.text) == ["b", "", ""])
        #expect(reply.result?.text == "cd")
        #expect(reply.result?.reason == .length)
        let ended = try await Self.script([1, 2, 22]).collect(Self.request(9, stop: ["cd"]))
        #expect(ended.text == "bc")
        #expect(ended.result?.reason == .endOfGeneration(22))
    }

    @Test("characters of several tokens come whole") func charactersOfSeveralTokensComeWhole()
        async throws
    {
        let reply = try await Self.script([20, 21, 1, 20]).collect(Self.request(4))
        #expect(reply.tokens.map(\.text) == ["", "é", "b", ""])
        #expect(reply.text == "éb\u{fffd}")
        let stopped = try await Self.script([1, 20, 21]).collect(Self.request(9, stop: ["é"]))
        #expect(stopped.text == "b")
        #expect(stopped.result?.reason == .stopString("é"))
    }

    @Test("giving up a stream frees its slot", .timeLimit(.minutes(10)))
    func givingUpAStreamFreesItsSlot() async throws {
        let limits = ModelLimits(
            context: 2_000_000, tokensPerPass: 8, sequences: 1, rewind: .full)
        let row = [Float](repeating: 0, count: TestEngine.vocabulary.count)
        let model = TableModel(vocabulary: TestEngine.vocabulary, limits: limits) { _ in row }
        let engine = Engine(try Composite(members: [Member("a", model)], formula: "a"))
        for try await _ in engine.generate(.of([1, 2], maxTokens: 1_900_000)) { break }
        // This one waits for the only slot.
        let task = Task { try await engine.collect(.of([1, 2], maxTokens: 1_900_000)) }
        try await Task.sleep(for: .milliseconds(20))
        task.cancel()
        _ = await task.result
        #expect(try await engine.collect(.of([1], maxTokens: 3)).ids.count == 3)
    }
}
