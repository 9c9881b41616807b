import EmulatedFineTuning
import LlamaBackend
import Testing

/// The caches of real architectures: cut back, shared, filled in pieces and side by side.
@Suite struct ArchitectureCacheTests {
    @Test("what was cut back leaves no trace", arguments: Architecture.all)
    func whatWasCutBackLeavesNoTrace(_ architecture: Architecture) async throws {
        let tokens = architecture.tokens(40)
        let fresh = try await architecture.model().rows(tokens, start: 0)
        let model = try architecture.model()
        try await model.rows(Array(tokens[..<20]) + architecture.tokens(15, from: 9), start: 0)
        guard !architecture.isRecurrent else {
            await #expect(throws: ModelError.self) { try await model.rewind(0, to: 20) }
            await #expect(throws: ModelError.self) {
                try await model.share(0, with: 1, length: 20)
            }
            try await model.rewind(0, to: 0)
            #expect(
                distance(try await model.rows(tokens, start: 0), fresh) <= architecture.rounding)
            return
        }
        try await model.share(0, with: 1, length: 20)
        try await model.rewind(0, to: 20)
        for sequence in [0, 1] {
            let rest = try await model.rows(Array(tokens[20...]), sequence: sequence, start: 20)
            #expect(distance(rest, Array(fresh[20...])) <= architecture.rounding)
        }
        // Behind the window of those that have one.
        try await model.rewind(0, to: 5)
        let again = try await model.rows(Array(tokens[5...]), start: 5)
        #expect(distance(again, Array(fresh[5...])) <= architecture.rounding)
    }

    @Test("pieces equal the whole, alone and side by side", arguments: Architecture.all)
    func piecesEqualTheWholeAloneAndSideBySide(_ architecture: Architecture) async throws {
        let texts = [40, 33, 26].map { architecture.tokens($0, from: $0) }
        var whole: [[[Float]]] = []
        for tokens in texts {
            whole.append(try await architecture.model().rows(tokens, start: 0))
        }
        let model = try architecture.model()
        var pieces: [[[Float]]] = texts.map { _ in [] }
        // Of different widths in every pass; the last sequences end early.
        for bounds in [(0, 1), (1, 9), (9, 10), (10, 26), (26, 33), (33, 40)] {
            let parts = texts.indices.filter { bounds.1 <= texts[$0].count }.map { index in
                SequenceExtension(
                    sequence: index, start: bounds.0,
                    tokens: Array(texts[index][bounds.0..<bounds.1]),
                    scored: Array(0..<bounds.1 - bounds.0))
            }
            var rows = try await model.forward(ForwardPass(parts)).map(\.copy)[...]
            for part in parts {
                pieces[part.sequence] += rows.prefix(part.tokens.count)
                rows = rows.dropFirst(part.tokens.count)
            }
        }
        for (pieces, whole) in zip(pieces, whole) {
            #expect(distance(pieces, whole) <= architecture.rounding)
        }
    }
}
