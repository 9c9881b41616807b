import EmulatedFineTuning
import RealModule

// From rows to the scores of strings.

extension StringModel {
    /// What a position needs: rows of the main path, and of side paths.
    struct Need {
        /// Which rows its strings read.
        var plan: BranchPlan
        /// Where each branch of the plan has its row.
        var rows: [Place]

        enum Place {
            /// After so many tokens of the main path.
            case main(Int)
            case side(SidePaths.Node)
        }

        var sides: [SidePaths.Node] {
            rows.compactMap { if case .side(let node) = $0 { node } else { nil } }
        }
    }

    /// The rows that a position needs, chosen by its text, its strings and the row after its trunk; nil
    /// where no string is asked for.
    func need(_ position: Position) throws -> Need? {
        let strings = position.tokens.compactMap { texts[$0] }
        guard !strings.isEmpty else { return nil }
        let trunk = try row(position.sequence, position.point.length)
        let whole = scorer.plan(
            held: position.point.held, strings: strings, weights: weights(position))
        let plan = scorer.trimmed(whole, trunk: trunk)
        let path = sequences[position.sequence].cached
        let rows = plan.branches.indices.map { branch -> Need.Place in
            let tokens = plan.path(to: branch)
            let same = zip(tokens, path[position.point.length...]).prefix { $0 == $1 }.count
            let fork = position.point.length + same
            guard same < tokens.count else { return .main(fork) }
            return .side(
                .init(sequence: position.sequence, fork: fork, tokens: Array(tokens[same...])))
        }
        return Need(plan: plan, rows: rows)
    }

    /// The scores of a position's tokens, in their order.
    ///
    /// - Throws: `ModelError.failed` when the base gives the text no probability, so that there is no ratio.
    func scores(
        _ position: Position, _ need: Need?, _ sides: [SidePaths.Node: KeptRow]
    ) throws -> [Float] {
        var values: ArraySlice<Double> = []
        let trunk = try need.map { _ in try row(position.sequence, position.point.length) }
        if let need, let trunk {
            let branches = try need.rows.map { place in
                switch place {
                case .main(let length): return try row(position.sequence, length)
                case .side(let node):
                    guard let row = sides[node] else { throw Self.lostRow }
                    return row.normalized
                }
            }
            let weights = weights(position)
            guard
                let scores = scorer.scores(
                    need.plan, trunk: trunk, branches: branches,
                    share: { weights?[$0] ?? 1 / Double(need.plan.strings) })
            else {
                throw ModelError.failed(
                    "a member of another vocabulary gives the text so far no probability")
            }
            statistics.positions += 1
            statistics.cutMass += scores.totalCut
            values = scores.values[...]
        }
        return try position.tokens.map { token in
            guard texts[token] != nil else { return try mark(token, position) }
            return Float(min(0, max(values.popFirst() ?? -.infinity, Self.least)))
        }
    }

    /// No string is less likely than this, nats: a weight may be negative, and −∞ would then be the best.
    private static var least: Double { -80 }

    /// The score of a mark: that of the base's own token, where the vocabulary is its own.
    private func mark(_ token: TokenID, _ position: Position) throws -> Float {
        guard case .tokens = reading else { return Float(Self.least) }
        return try row(position.sequence, position.point.length)[token]
    }

    /// How much each string matters: what the asker thinks of it.
    private func weights(_ position: Position) -> [Double]? {
        guard position.guesses.count == position.tokens.count else { return nil }
        return zip(position.tokens, position.guesses).compactMap { token, guess in
            texts[token] == nil ? nil : Double.exp(Double(guess))
        }
    }

    private func row(_ sequence: SequenceID, _ length: Int) throws -> NormalizedRow {
        guard let row = sequences[sequence].rows[length] else { throw Self.lostRow }
        return row.normalized
    }

    private static var lostRow: ModelError { .failed("a row is missing that was asked for") }
}
