import EmulatedFineTuning
import LlamaBackend
import Testing

/// Tokens of a pass that belong to several sequences.
@Suite struct CompanionTests {
    /// Sequence 0 reads `path`; 1 and 2 go along for 4 and 2 tokens of it, and then their own way.
    static func pass(after start: Int, _ path: [TokenID]) -> ForwardPass {
        func scored(_ tokens: [TokenID]) -> [Int] { Array(tokens.indices) }
        return ForwardPass([
            SequenceExtension(
                sequence: 0, start: start, tokens: path, scored: scored(path),
                companions: [.init(sequence: 1, count: 4), .init(sequence: 2, count: 2)]),
            SequenceExtension(sequence: 1, start: start + 4, tokens: [7, 8], scored: [0, 1]),
            SequenceExtension(sequence: 2, start: start + 2, tokens: [9], scored: [0]),
        ])
    }

    @Test(
        "sequences that go along for some tokens read what they would have read alone",
        arguments: ["tiny", "tiny-spm", "tiny-window"], [0, 12])
    func sequencesThatGoAlongReadWhatTheyWouldHaveReadAlone(
        _ name: String, start: Int
    ) async throws {
        let (prefix, path) = (Tiny.tokens(start), Tiny.tokens(6, from: 3))
        let alone = try Tiny.model(name)
        var expected = try await alone.rows(prefix + path, start: 0).suffix(6)
        expected += try await alone.rows(
            prefix + path[..<4] + [7, 8], sequence: 1, start: 0
        ).suffix(2)
        expected += try await alone.rows(prefix + path[..<2] + [9], sequence: 2, start: 0).suffix(1)

        let model = try Tiny.model(name)
        if start > 0 {
            try await model.rows(prefix, start: 0)
            for sequence in [1, 2] { try await model.share(0, with: sequence, length: start) }
        }
        let rows = try await model.forward(Self.pass(after: start, path)).map(\.copy)
        #expect(distance(rows, Array(expected)) < CacheTests.rounding)
        for (sequence, length) in [6, 6, 3].enumerated() {
            #expect(await model.length(of: sequence) == start + length)
        }
        // They are sequences like others from now on.
        let next = try await model.rows([5], sequence: 1, start: start + 6)
        let same = try await alone.rows([5], sequence: 1, start: start + 6)
        #expect(distance(next, same) < CacheTests.rounding)
        try await model.rewind(0, to: 0)
        let later = try await model.rows([6], sequence: 2, start: start + 3)
        let equal = try await alone.rows([6], sequence: 2, start: start + 3)
        #expect(distance(later, equal) < CacheTests.rounding)
    }

    @Test(
        "a companion that holds something else, shares nothing, or is there twice is refused",
        arguments: [
            [.init(sequence: 1, count: 1)], [.init(sequence: 2, count: 0)],
            [.init(sequence: 2, count: 3)], [.init(sequence: 0, count: 1)],
            [.init(sequence: 4, count: 1)], [.init(sequence: -1, count: 1)],
            [.init(sequence: 2, count: 1), .init(sequence: 2, count: 1)],
        ] as [[SequenceExtension.Companion]])
    func aCompanionThatHoldsSomethingElseIsRefused(
        _ companions: [SequenceExtension.Companion]
    ) async throws {
        let model = try Tiny.model()
        try await model.rows([1, 2], sequence: 1, start: 0)
        let part = SequenceExtension(
            sequence: 0, start: 0, tokens: [3, 4], companions: companions)
        await #expect(throws: ModelError.self) { try await model.forward(ForwardPass([part])) }
        #expect(await model.length(of: 0) == 0)
    }

    @Test("a recurrent model takes none") func aRecurrentModelTakesNone() async throws {
        let model = try Tiny.model("tiny-recurrent")
        #expect(!model.takesCompanions)
        let part = SequenceExtension(
            sequence: 0, start: 0, tokens: [3, 4], companions: [.init(sequence: 1, count: 1)])
        await #expect(throws: ModelError.self) { try await model.forward(ForwardPass([part])) }
    }
}
