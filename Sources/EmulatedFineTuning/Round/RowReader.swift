/// Reads what members return: checks it, brings it into the shared vocabulary, and normalises it.
///
/// Holds scratch memory for one engine: a row is valid until the next one of the same member is read.
final class RowReader {
    private let composite: Composite
    /// Rows of members that score chosen tokens only, by member.
    private var sparseRows: [SparseRow?]
    /// Rows of members that lack tokens, by member.
    private var alignedRows: [RowStorage?]
    private let clock: StepClock

    init(_ composite: Composite, _ clock: StepClock) {
        self.composite = composite
        self.clock = clock
        sparseRows = composite.members.map { _ in nil }
        alignedRows = composite.members.map { _ in nil }
    }

    /// Every member's row at a position of a turn.
    ///
    /// - Parameter wanted: the members to read; nil: all that were asked.
    /// - Throws: ``GenerationError``, when a member's scores are not what it was asked for.
    func rows(
        _ turn: Turn, at position: Int, of wanted: Set<Int>? = nil
    ) throws(GenerationError) -> PositionRows {
        var rows = [NormalizedRow?](repeating: nil, count: composite.members.count)
        for member in composite.members.indices {
            guard wanted?.contains(member) ?? true, let scores = turn.scores[member] else {
                continue
            }
            guard scores.indices.contains(position) else {
                throw .wrongScores(member: composite.members[member].name)
            }
            rows[member] =
                composite.givesRows(member)
                ? try row(scores[position], member: member)
                : try row(scores[position], of: turn.asked[position].tokens, member: member)
        }
        return PositionRows(rows)
    }

    /// A member's whole row.
    func row(_ scores: Scores, member: Int) throws(GenerationError) -> NormalizedRow {
        let name = composite.members[member].name
        guard case .row(let row) = scores,
            row.buffer.count == composite.alignments[member].size
        else {
            throw .wrongScores(member: name)
        }
        return try clock.time(.normalizing) { () throws(GenerationError) in
            let aligned = aligned(row.buffer, member: member)
            guard let normalizer = LogSoftmax.logNormalizer(aligned) else {
                throw .brokenScores(member: name)
            }
            return NormalizedRow(aligned, logNormalizer: normalizer)
        }
    }

    /// A row that holds the log-probabilities of the tokens asked for, and 0 elsewhere: there the mask
    /// puts the fallback's scores. Tokens that the member lacks were not asked for, and have −∞.
    private func row(
        _ scores: Scores, of tokens: [TokenID], member: Int
    ) throws(GenerationError) -> NormalizedRow {
        let name = composite.members[member].name
        let alignment = composite.alignments[member]
        guard case .tokens(var values) = scores else { throw .wrongScores(member: name) }
        var tokens = tokens
        if !alignment.missing.isEmpty {
            let lacking = tokens.filter { !alignment.has($0) }
            tokens = tokens.filter(alignment.has) + lacking
            values += lacking.map { _ in -.infinity }
        }
        guard values.count == tokens.count else { throw .wrongScores(member: name) }
        // A probability may come out as a little more than 1 of sums in low precision.
        guard values.allSatisfy({ $0 <= 0.1 }) else { throw .brokenScores(member: name) }
        let sparse = sparseRows[member] ?? SparseRow(vocabulary: composite.vocabulary.count)
        sparseRows[member] = sparse
        return NormalizedRow(sparse.hold(values, of: tokens), logNormalizer: 0)
    }

    /// A member's row in the shared vocabulary: without its padding at the end, and, where the member
    /// lacks tokens, a copy.
    private func aligned(_ row: Row, member: Int) -> Row {
        let alignment = composite.alignments[member]
        guard !alignment.missing.isEmpty else {
            return Row(rebasing: row.prefix(composite.vocabulary.count))
        }
        let storage = alignedRows[member] ?? RowStorage(count: composite.vocabulary.count)
        alignedRows[member] = storage
        alignment.align(row, into: storage.buffer)
        return Row(storage.buffer)
    }
}

extension Composite {
    /// Whether a member gives whole rows.
    func givesRows(_ member: Int) -> Bool { members[member].model.limits.scores == .rows }
}

/// A row of zeros, but for a few tokens.
private final class SparseRow {
    private let storage: RowStorage
    private var tokens: [TokenID] = []

    init(vocabulary: Int) { storage = RowStorage(count: vocabulary) }

    /// Holds these values until the next call.
    ///
    /// - Complexity: O(tokens).
    func hold(_ values: [Float], of tokens: [TokenID]) -> Row {
        for token in self.tokens { storage.buffer[token] = 0 }
        for (token, value) in zip(tokens, values) { storage.buffer[token] = value }
        self.tokens = tokens
        return Row(storage.buffer)
    }
}
