// What members without rows are asked for: the tokens on which a formula rules.

extension Engine {
    /// Whether a member gives whole rows.
    func givesRows(_ member: Int) -> Bool {
        composite.members[member].model.limits.scores == .rows
    }

    /// Chooses, for every position of the replies, the tokens that members without rows are asked for:
    /// those that the mask keeps, as the rows of the members that rule it say. What the fallback rules
    /// anyway is left out.
    func ask(_ replies: [Reply], _ rows: [Rows]) {
        for (reply, rows) in zip(replies, rows) where !reply.active.allSatisfy(givesRows) {
            let isTerm = reply.composite.formula.terms.contains { !givesRows($0.member) }
            reply.asked = (0...reply.drafts.count).map { position in
                // A position whose rows are broken is met when, and if, the reply gets there.
                var tokens = isTerm ? (try? kept(reply, rows, position)) ?? [] : []
                if let said = reply.said(at: position), !tokens.contains(said) {
                    tokens.append(said)
                }
                return tokens
            }
        }
    }

    private func kept(_ reply: Reply, _ rows: Rows, _ position: Int) throws -> [TokenID] {
        let ruling = rows.filter { reply.composite.ruling.contains($0.key) }
        let kept = try sampler.kept(
            reply.composite, normalise(reply, ruling, position))
        guard !reply.request.attributions, reply.composite.fallback != nil else { return kept }
        let ruled = reply.composite.fallbackTokens
        return kept.filter { !ruled.contains($0) }
    }

    /// A row that holds the log-probabilities of the tokens asked for, and 0 elsewhere: there the mask
    /// puts the fallback's scores. Tokens that the member lacks were not asked for, and have −∞.
    func row(
        _ values: [Float], of tokens: [TokenID], member: Int
    ) throws(DecodingError) -> NormalizedRow {
        let name = composite.members[member].name
        let alignment = composite.alignments[member]
        var (tokens, values) = (tokens, values)
        if !alignment.missing.isEmpty {
            let lacking = tokens.filter { !alignment.has($0) }
            tokens = tokens.filter(alignment.has) + lacking
            values += lacking.map { _ in -.infinity }
        }
        guard values.count == tokens.count else { throw .wrongScores(member: name) }
        // A probability may come out as a little more than 1 of sums in low precision.
        guard values.allSatisfy({ $0 <= 0.1 }) else { throw .brokenScores(member: name) }
        if sparseRows[member] == nil {
            sparseRows[member] = SparseRow(vocabulary: composite.vocabulary.count)
        }
        let row = sparseRows[member]?.hold(values, of: tokens)
        return NormalizedRow(row ?? Row(start: nil, count: 0), logNormalizer: 0)
    }
}

extension Reply {
    /// The token whose log-probabilities are reported at a position, as far as it is known beforehand:
    /// that of the response to score, or else the one proposed.
    func said(at position: Int) -> TokenID? {
        guard request.attributions else { return nil }
        if let response = request.response { return response[generated.count + position] }
        return position < drafts.count ? drafts[position] : nil
    }
}

/// A row of zeros, but for a few tokens.
final class SparseRow {
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
