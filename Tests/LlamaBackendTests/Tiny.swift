import EmulatedFineTuning
import LlamaBackend
import TestSupport

/// The tiny models of Tests/Fixtures/llama, and short ways to run them.
enum Tiny {
    static func path(_ name: String) -> String {
        RepositoryFiles.path("Tests/Fixtures/llama/\(name).gguf")
    }

    /// One thread and no rounding beyond `Float`: differences are then the backend's own.
    static func options(
        context: Int? = 256, sequences: Int = 4, cells: Int? = nil, tokensPerPass: Int = 64,
        cacheType: LlamaOptions.CacheType = .f32
    ) -> LlamaOptions {
        LlamaOptions(
            gpuLayers: 0, threads: 1, cacheType: cacheType, flashAttention: .off,
            context: context, sequences: sequences, cells: cells, tokensPerPass: tokensPerPass)
    }

    static func model(
        _ name: String = "tiny", options: LlamaOptions = options(),
        adapters: [LlamaAdapter] = []
    ) throws -> LlamaModel {
        try LlamaModel(path: path(name), options: options, adapters: adapters)
    }

    /// Some ids of ordinary tokens, always the same.
    static func tokens(_ count: Int, from seed: Int = 1) -> [TokenID] {
        (0..<count).map { (seed * 31 + $0 * 17 + $0 * $0 * 3) % 256 }
    }
}

extension LlamaModel {
    /// Appends tokens to one sequence; returns a copy of the row after each.
    @discardableResult
    func rows(_ tokens: [TokenID], sequence: Int = 0, start: Int) throws -> [[Float]] {
        try forward(
            ForwardPass([
                SequenceExtension(
                    sequence: sequence, start: start, tokens: tokens,
                    scored: Array(tokens.indices))
            ])
        ).map(\.copy)
    }
}

extension Scores {
    /// The row's numbers, which a pass would otherwise overwrite.
    var copy: [Float] {
        switch self {
        case .row(let row): Array(row.buffer)
        case .tokens(let values): values
        }
    }
}

/// The largest difference between two rows, or lists of rows, of one shape.
func distance(_ a: [[Float]], _ b: [[Float]]) -> Float {
    guard a.count == b.count, zip(a, b).allSatisfy({ $0.count == $1.count }) else {
        return .infinity
    }
    return zip(a.joined(), b.joined()).reduce(0) { max($0, abs($1.0 - $1.1)) }
}
