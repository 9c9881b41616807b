import EmulatedFineTuning
import RealModule

// From rows to the scores of strings.

extension StringModel {
    /// Where a row is, or is to come from.
    enum Place {
        /// After so many tokens of the main path.
        case main(Int)
        case side(SidePaths.Node)
    }

    /// What a position needs: which rows its strings read, and where they are.
    struct Need {
        var plan: BranchPlan
        /// By branch of the plan.
        var places: [Place]
    }

    /// Where the rows after the tokens of a position's held bytes are, one after another; none where no string
    /// is asked for.
    ///
    /// - Parameter path: the main path; nil: the one in the cache.
    func heldPath(_ position: Position, along path: [TokenID]? = nil) -> [Place] {
        guard position.tokens.contains(where: { text($0) != nil }) else { return [] }
        let path = path ?? sequences[position.sequence].cached
        return position.held.indices.map { place(Array(position.held[...$0]), position, path) }
    }

    /// The rows that a position needs: chosen by its text, its strings, and the rows along its held bytes; nil
    /// where no string is asked for.
    func need(_ position: Position, _ sides: [SidePaths.Node: KeptRow]) throws -> Need? {
        let asked = position.tokens.filter { text($0) != nil }
        let strings = asked.compactMap(text)
        guard !strings.isEmpty else { return nil }
        let rows = try ([.main(position.point.length)] + heldPath(position)).map {
            try row($0, position, sides)
        }
        let whole = scorer.plan(
            held: position.point.held, strings: strings, weights: weights(position))
        let plan = scorer.trimmed(
            whole, along: position.held.map { Int32($0) }, rows: rows,
            given: position.given.flatMap(asked.firstIndex))
        return Need(
            plan: plan,
            places: plan.branches.indices.map {
                place(plan.path(to: $0), position, sequences[position.sequence].cached)
            })
    }

    /// Where the row is after some tokens behind a position's trunk.
    private func place(
        _ tokens: [TokenID], _ position: Position, _ path: [TokenID]
    ) -> Place {
        let same = zip(tokens, path[position.point.length...]).prefix { $0 == $1 }.count
        let fork = position.point.length + same
        guard same < tokens.count else { return .main(fork) }
        return .side(
            .init(sequence: position.sequence, fork: fork, tokens: Array(tokens[same...])))
    }

    private func row(
        _ place: Place, _ position: Position, _ sides: [SidePaths.Node: KeptRow]
    ) throws -> NormalizedRow {
        let row =
            switch place {
            case .main(let length): sequences[position.sequence].rows[length]
            case .side(let node): sides[node]
            }
        guard let row else { throw ModelError.failed("a row is missing that was asked for") }
        return row.normalized
    }

    /// The scores of a position's tokens, in their order.
    ///
    /// - Throws: `ModelError.failed` when the base gives the text no probability, so that there is no ratio.
    func scores(
        _ position: Position, _ need: Need?, _ sides: [SidePaths.Node: KeptRow]
    ) throws -> [Float] {
        guard !position.tokens.isEmpty else { return [] }
        var values: ArraySlice<Double> = []
        let trunk = try row(.main(position.point.length), position, sides)
        if let need {
            let branches = try need.places.map { try row($0, position, sides) }
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
        return position.tokens.map { token in
            guard text(token) != nil else { return mark(token, trunk) }
            return Float(min(0, max(values.popFirst() ?? -.infinity, Self.least)))
        }
    }

    /// No string is less likely than this, nats: a weight may be negative, and −∞ would then be the best.
    private static var least: Double { -80 }

    /// The score of a mark: that of the base's own token, where the vocabulary is its own.
    private func mark(_ token: TokenID, _ row: NormalizedRow) -> Float {
        if case .tokens = reading { row[token] } else { Float(Self.least) }
    }

    /// How much each string matters: what the asker thinks of it.
    private func weights(_ position: Position) -> [Double]? {
        guard position.guesses.count == position.tokens.count else { return nil }
        return zip(position.tokens, position.guesses).compactMap { token, guess in
            text(token) == nil ? nil : Double.exp(Double(guess))
        }
    }
}
