/// Chooses the tokens that members without whole rows are asked for.
struct Asking {
    let composite: Composite
    let reader: RowReader
    let sampler: PositionSampler

    /// Whether a reply needs members that are asked for chosen tokens.
    func isNeeded(by turn: Turn) -> Bool { !turn.reply.active.allSatisfy(composite.givesRows) }

    /// For every position of a turn, the tokens that the mask keeps for the formula, as the rows of the
    /// members that rule it say. What the fallback rules anyway is left out.
    func questions(for turn: Turn) -> [Question] {
        let terms = turn.reply.composite.formula.terms
        let isTerm = terms.contains { !composite.givesRows($0.member) }
        return turn.positions.map { position in
            // A position whose rows are broken is met when, and if, the reply gets there.
            guard let rows = try? rows(turn, position) else {
                return Question(turn.said(at: position).map { [$0] } ?? [])
            }
            var tokens = isTerm ? (try? kept(turn, rows)) ?? [] : []
            if let said = turn.said(at: position), !tokens.contains(said) { tokens.append(said) }
            var question = Question(tokens, guessing: turn.reply.composite.rulingSum, rows)
            question.given = turn.reply.goal.given(at: turn.reply.generated.count + position)
            return question
        }
    }

    private func rows(_ turn: Turn, _ position: Int) throws(GenerationError) -> PositionRows {
        let ruling = turn.reply.composite.ruling
        for member in ruling where turn.scores[member] == nil {
            throw .wrongScores(member: composite.members[member].name)
        }
        return try reader.rows(turn, at: position, of: ruling)
    }

    private func kept(_ turn: Turn, _ rows: PositionRows) throws(GenerationError) -> [TokenID] {
        let reply = turn.reply
        let kept = try sampler.kept(reply.composite, rows)
        guard !reply.request.attributions, reply.composite.fallback != nil else { return kept }
        let ruled = reply.composite.fallbackTokens
        return kept.filter { !ruled.contains($0) }
    }
}

extension Question {
    /// - Parameters:
    ///   - sum: the formula whose log-probabilities are the guesses; nil: there are none.
    ///   - rows: those of its members.
    fileprivate init(
        _ tokens: [TokenID], guessing sum: WeightedSum? = nil, _ rows: PositionRows? = nil
    ) {
        self.tokens = tokens
        guesses = tokens.map { token in
            guard let sum, let rows else { return 0 }
            return sum.terms.reduce(0) { $0 + $1.weight * rows[$1.member][token] }
        }
    }
}
