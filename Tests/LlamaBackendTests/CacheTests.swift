import EmulatedFineTuning
import LlamaBackend
import TestSupport
import Testing

@Suite struct CacheTests {
    /// Sums over cached keys may run in another order: differences of rounding, no more.
    static let rounding: Float = 1e-4

    @Test(
        "cached equals uncached",
        arguments: ["tiny", "tiny-spm", "tiny-window", "tiny-recurrent", "tiny-hybrid"])
    func cachedEqualsUncached(_ name: String) async throws {
        let tokens = Tiny.tokens(40)
        let whole = try await Tiny.model(name).rows(tokens, start: 0)
        let model = try Tiny.model(name)
        var parts: [[Float]] = []
        for (start, end) in [(0, 1), (1, 2), (2, 9), (9, 30), (30, 40)] {
            parts += try await model.rows(Array(tokens[start..<end]), start: start)
        }
        #expect(distance(parts, whole) < Self.rounding)
    }

    @Test(
        "batched equals alone",
        arguments: ["tiny", "tiny-spm", "tiny-window", "tiny-recurrent", "tiny-hybrid"])
    func batchedEqualsAlone(_ name: String) async throws {
        let lengths = [5, 1, 17, 9]
        let alone = try await Self.alone(name, lengths)
        let model = try Tiny.model(name)
        let scores = try await model.forward(
            ForwardPass(
                lengths.enumerated().map { sequence, length in
                    SequenceExtension(
                        sequence: sequence, start: 0, tokens: Tiny.tokens(length, from: sequence),
                        scored: [length - 1])
                })
        ).map(\.copy)
        #expect(distance(scores, alone) < Self.rounding)
    }

    private static func alone(_ name: String, _ lengths: [Int]) async throws -> [[Float]] {
        var rows: [[Float]] = []
        for (sequence, length) in lengths.enumerated() {
            let model = try Tiny.model(name)
            rows += try await model.rows(Tiny.tokens(length, from: sequence), start: 0).suffix(1)
        }
        return rows
    }

    @Test("a shared prefix equals one of its own", arguments: ["tiny", "tiny-spm", "tiny-window"])
    func aSharedPrefixEqualsOneOfItsOwn(_ name: String) async throws {
        let prefix = Tiny.tokens(12)
        let own = try Tiny.model(name)
        try await own.rows(prefix, sequence: 1, start: 0)
        let expected = try await own.rows([7, 8, 9], sequence: 1, start: 12)

        let model = try Tiny.model(name)
        try await model.rows(prefix + [100, 101], sequence: 0, start: 0)
        try await model.share(0, with: 1, length: 12)
        #expect(await model.length(of: 1) == 12)
        let shared = try await model.rows([7, 8, 9], sequence: 1, start: 12)
        #expect(distance(shared, expected) < Self.rounding)
        // The source goes on by itself, and its end does not take the prefix away.
        try await model.rows([102], sequence: 0, start: 14)
        try await model.rewind(0, to: 0)
        try await model.rewind(1, to: 13)
        #expect(
            distance(try await model.rows([8, 9], sequence: 1, start: 13), Array(expected[1...]))
                < Self.rounding)
    }

    @Test("what was rewound leaves no trace", arguments: ["tiny", "tiny-spm", "tiny-window"])
    func whatWasRewoundLeavesNoTrace(_ name: String) async throws {
        let tokens = Tiny.tokens(30)
        let fresh = try await Tiny.model(name).rows(tokens, start: 0)
        let model = try Tiny.model(name)
        try await model.rows(Array(tokens[..<10]), start: 0)
        try await model.rows([200, 201, 202], start: 10)
        try await model.rewind(0, to: 10)
        #expect(await model.length(of: 0) == 10)
        let rest = try await model.rows(Array(tokens[10...]), start: 10)
        #expect(distance(rest, Array(fresh[10...])) < Self.rounding)
        try await model.rewind(0, to: 0)
        #expect(distance(try await model.rows(tokens, start: 0), fresh) < Self.rounding)
    }

    @Test("a rewind beyond what is held is refused") func aRewindBeyondWhatIsHeldIsRefused()
        async throws
    {
        let model = try Tiny.model()
        try await model.rows([1, 2], start: 0)
        for (sequence, length) in [(0, 3), (0, -1), (9, 0), (-1, 0)] {
            let error = await #expect(throws: ModelError.self) {
                try await model.rewind(sequence, to: length)
            }
            guard case .cannotRewind = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
        #expect(await model.length(of: 0) == 2)
    }

    @Test("sharing needs an empty target and a long enough source")
    func sharingNeedsAnEmptyTargetAndALongEnoughSource() async throws {
        let model = try Tiny.model()
        try await model.rows([1, 2], sequence: 0, start: 0)
        try await model.rows([1, 2], sequence: 1, start: 0)
        for (source, target, length) in [(0, 1, 2), (0, 2, 3), (0, 0, 1), (0, 7, 1), (0, 2, -1)] {
            let error = await #expect(throws: ModelError.self) {
                try await model.share(source, with: target, length: length)
            }
            guard case .cannotShare = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
        try await model.share(0, with: 2, length: 0)
        #expect(await model.length(of: 2) == 0)
    }

    @Test("a recurrent model can only start again") func aRecurrentModelCanOnlyStartAgain()
        async throws
    {
        let model = try Tiny.model("tiny-recurrent")
        #expect(model.limits.rewind == .none)
        let first = try await model.rows([1, 2, 3], start: 0)
        await #expect(throws: ModelError.self) { try await model.rewind(0, to: 2) }
        await #expect(throws: ModelError.self) { try await model.share(0, with: 1, length: 3) }
        #expect(await model.length(of: 0) == 3)
        try await model.rewind(0, to: 0)
        #expect(try await model.rows([1, 2, 3], start: 0) == first)
    }

    @Test("a model that keeps states goes back within its last pass")
    func aModelThatKeepsStatesGoesBackWithinItsLastPass() async throws {
        var options = Tiny.options()
        options.recurrentRewind = 8
        let model = try Tiny.model("tiny-hybrid", options: options)
        #expect(model.limits.rewind == .partial(8))
        #expect(try Tiny.model("tiny-hybrid").limits.rewind == .none)
        #expect(try Tiny.model("tiny-recurrent", options: options).limits.rewind == .none)
        let tokens = Tiny.tokens(60)
        let whole = try await Tiny.model("tiny-hybrid").rows(tokens, start: 0)
        var length = 0
        for back in [0, 1, 8, 3, 0, 5] {
            // As in a round: the next token and drafts that turn out wrong, then a cut.
            try await model.rows(
                [tokens[length]] + Array(repeating: 99, count: back), start: length)
            try await model.rewind(0, to: length + 1)
            length += 1
            let row = try await model.rows([tokens[length]], start: length)
            #expect(distance(row, [whole[length]]) < Self.rounding)
            length += 1
        }
        // To before the pass, too far, or twice: libllama would go on from a wrong state.
        try await model.rows(Array(tokens[length..<(length + 4)]), start: length)
        await #expect(throws: ModelError.self) { try await model.rewind(0, to: length) }
        try await model.rewind(0, to: length + 2)
        await #expect(throws: ModelError.self) { try await model.rewind(0, to: length + 1) }
        try await model.rows(Array(repeating: 1, count: 12), start: length + 2)
        await #expect(throws: ModelError.self) { try await model.rewind(0, to: length + 3) }
    }

    @Test("a sliding window that was overwritten is never read")
    func aSlidingWindowThatWasOverwrittenIsNeverRead() async throws {
        // 16 tokens of window: what a sequence has left behind goes to whoever needs cells.
        let options = Tiny.options(context: 200, sequences: 3, cells: 256, tokensPerPass: 200)
        let tokens = Tiny.tokens(140)
        let fresh = try await Tiny.model("tiny-window", options: options).rows(tokens, start: 0)
        let model = try Tiny.model("tiny-window", options: options)
        try await model.rows(Tiny.tokens(40), sequence: 1, start: 0)
        try await model.rows(Array(tokens[..<100]), start: 0)
        try await model.rewind(1, to: 0)
        try await model.rows(Tiny.tokens(60), sequence: 1, start: 0)
        for (offset, token) in tokens[100..<130].enumerated() {
            try await model.rows([token], start: 100 + offset)
        }
        try await model.rewind(1, to: 0)
        try await model.rows(Tiny.tokens(60), sequence: 1, start: 0)

        func row(_ sequence: SequenceID, _ length: Int) async throws -> [Float] {
            try await model.rows([tokens[length]], sequence: sequence, start: length)[0]
        }
        var refused: [Int] = []
        for length in [130, 129, 120, 110, 100, 60, 20] {
            do {
                try await model.share(0, with: 2, length: length)
                #expect(distance([try await row(2, length)], [fresh[length]]) < Self.rounding)
                try await model.rewind(2, to: 0)
            } catch ModelError.cannotShare {
                refused.append(length)
            }
        }
        #expect(refused.contains(60))
        #expect(!refused.contains(130))
        // Going back that far is refused as well, and releases the sequence.
        try await model.rewind(0, to: 129)
        #expect(distance([try await row(0, 129)], [fresh[129]]) < Self.rounding)
        await #expect(throws: ModelError.self) { try await model.rewind(0, to: 60) }
        #expect(await model.length(of: 0) == 0)
    }

    @Test(
        "members of the demo family hold the same laws within F16",
        arguments: ["small-base.gguf", "large-base.gguf"])
    func membersOfTheDemoFamilyHoldTheSameLawsWithinF16(_ name: String) async throws {
        // F16 weights: activations are rounded too, and a wider batch adds up in another order.
        let tolerance: Float = 0.05
        func model() throws -> LlamaModel {
            try LlamaModel(path: RepositoryFiles.atlas(name), options: Tiny.options())
        }
        let tokens = Tiny.tokens(40)
        let whole = try await model().rows(tokens, start: 0)
        let parts = try model()
        try await parts.rows(Array(tokens[..<15]) + [250, 251], start: 0)
        try await parts.rewind(0, to: 15)
        try await parts.share(0, with: 1, length: 15)
        for sequence in [0, 1] {
            let rest = try await parts.rows(Array(tokens[15...]), sequence: sequence, start: 15)
            #expect(distance(rest, Array(whole[15...])) < tolerance)
        }
    }

    @Test("caches of all types hold the same within their precision")
    func cachesOfAllTypesHoldTheSameWithinTheirPrecision() async throws {
        let tokens = Tiny.tokens(40)
        let exact = try await Tiny.model().rows(tokens, start: 0)
        for (type, tolerance) in [
            (LlamaOptions.CacheType.f16, Float(0.02)), (.bf16, 0.1), (.q8, 0.1), (.q4, 1),
        ] {
            var options = Tiny.options(cacheType: type)
            options.flashAttention = .on
            // A block of 32 numbers does not fit into the tiny model's heads of 16.
            if type.isQuantised {
                #expect(throws: LlamaError.self) { try Tiny.model(options: options) }
                continue
            }
            let rows = try await Tiny.model(options: options).rows(tokens, start: 0)
            #expect(distance(rows, exact) < tolerance)
        }
    }
}
