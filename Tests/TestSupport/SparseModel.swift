public import EmulatedFineTuning
import Synchronization

/// A model that scores chosen tokens only, as a remote one does: a table model behind.
public struct SparseModel: LanguageModel {
    public let base: TableModel
    private let normalise: @Sendable (LogitRow, [TokenID]) -> [Float]
    private let log = Log()

    /// - Parameter normalise: log-probabilities of some tokens of a row.
    public init(
        _ base: TableModel, normalise: @escaping @Sendable (LogitRow, [TokenID]) -> [Float]
    ) {
        self.base = base
        self.normalise = normalise
    }

    public var vocabulary: Vocabulary { base.vocabulary }
    public var limits: ModelLimits {
        var limits = base.limits
        limits.scores = .tokens
        return limits
    }

    /// Lists that were asked for, by pass that asked.
    public var asked: [[[TokenID]]] { log.asked.withLock { $0 } }

    /// What it was told of the token that follows, by position.
    public var given: [TokenID?] { log.given.withLock { $0 } }

    public func forward(_ pass: ForwardPass) async throws -> [Scores] {
        var lists: [[TokenID]] = []
        for part in pass.extensions {
            guard case .tokens(let part) = part.request else {
                throw ModelError.invalidPass("rows were asked for")
            }
            // Sums over a list, as a server makes them, would count a token twice.
            guard part.allSatisfy({ Set($0).count == $0.count }) else {
                throw ModelError.invalidPass("a list has a token twice")
            }
            lists += part
        }
        guard lists.count == pass.extensions.reduce(0, { $0 + $1.scored.count }) else {
            throw ModelError.invalidPass("\(lists.count) lists")
        }
        if !lists.isEmpty { log.asked.withLock { $0.append(lists) } }
        log.given.withLock { $0 += pass.extensions.flatMap(\.given) }
        return zip(try await base.forward(pass), lists).map { scores, tokens in
            guard case .row(let row) = scores else { return scores }
            return .tokens(normalise(row, tokens))
        }
    }

    public func rewind(_ sequence: SequenceID, to length: Int) async throws {
        try await base.rewind(sequence, to: length)
    }
    public func share(_ source: SequenceID, with target: SequenceID, length: Int) async throws {
        try await base.share(source, with: target, length: length)
    }

    private final class Log: Sendable {
        let asked = Mutex<[[[TokenID]]]>([])
        let given = Mutex<[TokenID?]>([])
    }
}
