public import EmulatedFineTuning
import Synchronization

/// A deterministic model whose logits are a function of the last tokens: no weights, no files.
///
/// It keeps real caches and checks every rule of ``LanguageModel``, so that an engine which breaks one
/// fails its tests. Rows depend on the tokens only, bit for bit, however they are batched.
public actor TableModel: LanguageModel {
    public nonisolated let vocabulary: Vocabulary
    public nonisolated let limits: ModelLimits
    private let logits: @Sendable ([TokenID]) -> [Float]
    private var caches: [[TokenID]]
    /// Passes that were run, for tests that count them.
    public private(set) var passes: [ForwardPass] = []
    /// The rows of the last pass, overwritten by the next as those of a real model would be.
    private var lent: [LentRow] = []
    /// Thrown by the pass with this index, once.
    private var failure: (pass: Int, error: any Error)?

    /// - Parameter logits: the row after these tokens.
    public init(
        vocabulary: Vocabulary, limits: ModelLimits = TableModel.roomy,
        logits: @escaping @Sendable ([TokenID]) -> [Float]
    ) {
        self.vocabulary = vocabulary
        self.limits = limits
        self.logits = logits
        self.caches = Array(repeating: [], count: limits.sequences)
    }

    public static let roomy = ModelLimits(
        context: 512, cells: 2048, tokensPerPass: 256, sequences: 4, rewind: .full)

    /// A model whose logits depend on its last two tokens and a seed, with the given spread.
    public static func random(
        seed: UInt64, vocabulary: Vocabulary, spread: Float = 2, limits: ModelLimits = roomy
    ) -> TableModel {
        TableModel(vocabulary: vocabulary, limits: limits) { tokens in
            randomRow(tokens, seed: seed, vocabulary: vocabulary, spread: spread)
        }
    }

    /// The row of ``random(seed:vocabulary:spread:limits:)`` after these tokens.
    public static func randomRow(
        _ tokens: [TokenID], seed: UInt64, vocabulary: Vocabulary, spread: Float
    ) -> [Float] {
        var hash = seed
        for token in tokens.suffix(2) {
            hash = (hash ^ UInt64(token + 1)) &* 0x9e37_79b9_7f4a_7c15
            hash ^= hash >> 29
        }
        var generator = SplitMix(state: hash)
        return (0..<vocabulary.count).map { _ in
            Float.random(in: -spread...spread, using: &generator)
        }
    }

    public func fail(atPass pass: Int, with error: any Error) { failure = (pass, error) }

    /// The tokens in every cache.
    public var contents: [[TokenID]] { caches }

    public nonisolated var takesCompanions: Bool { true }

    public func forward(_ pass: ForwardPass) async throws -> [Scores] {
        passes.append(pass)
        for row in lent { row.invalidate() }
        lent = []
        if let failure, failure.pass == passes.count - 1 {
            self.failure = nil
            throw failure.error
        }
        guard pass.tokenCount <= limits.tokensPerPass else {
            throw ModelError.invalidPass("\(pass.tokenCount) tokens")
        }
        guard Set(pass.extensions.map(\.sequence)).count == pass.extensions.count else {
            throw ModelError.invalidPass("a sequence is repeated")
        }
        var scores: [Scores] = []
        for part in pass.extensions {
            guard caches.indices.contains(part.sequence), !part.tokens.isEmpty,
                part.start == caches[part.sequence].count,
                part.start + part.tokens.count <= limits.context
            else { throw ModelError.invalidPass("extension \(part)") }
            guard part.tokens.allSatisfy(vocabulary.tokens.indices.contains) else {
                throw ModelError.invalidPass("a token that the vocabulary does not have")
            }
            for companion in part.companions {
                guard caches[companion.sequence] == caches[part.sequence],
                    (1...part.tokens.count).contains(companion.count)
                else { throw ModelError.invalidPass("companion \(companion)") }
                caches[companion.sequence] += part.tokens.prefix(companion.count)
            }
            for (offset, token) in part.tokens.enumerated() {
                caches[part.sequence].append(token)
                guard part.scored.contains(offset) else { continue }
                let row = LentRow(logits(caches[part.sequence]))
                lent.append(row)
                scores.append(.row(row.row))
            }
        }
        guard caches.reduce(0, { $0 + $1.count }) <= limits.cells else {
            throw ModelError.cacheFull(tokens: pass.tokenCount)
        }
        return scores
    }

    public func rewind(_ sequence: SequenceID, to length: Int) async throws {
        guard length <= caches[sequence].count else {
            throw ModelError.cannotRewind("\(length) is more than the cache holds")
        }
        if limits.rewind == .none, length != 0, length != caches[sequence].count {
            throw ModelError.cannotRewind("this model cannot")
        }
        if case .partial(let distance) = limits.rewind, length != 0,
            caches[sequence].count - length > distance
        {
            throw ModelError.cannotRewind("this model goes back by \(distance) tokens")
        }
        caches[sequence].removeSubrange(length...)
    }

    public func share(_ source: SequenceID, with target: SequenceID, length: Int) async throws {
        caches[target] = Array(caches[source].prefix(length))
    }
}

/// A row that is valid until its model's next pass; NaN from then on.
private final class LentRow: @unchecked Sendable {
    // Sendable: written only by the model, when nobody may read it any more.
    private let buffer: UnsafeMutableBufferPointer<Float>

    init(_ logits: [Float]) {
        buffer = .allocate(capacity: logits.count)
        _ = buffer.initialize(from: logits)
    }

    deinit { buffer.deallocate() }

    var row: LogitRow { LogitRow(borrowing: UnsafeBufferPointer(buffer), owner: self) }

    func invalidate() { buffer.update(repeating: .nan) }
}

/// A small generator for reproducible test data.
public struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    public init(state: UInt64) { self.state = state }

    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
