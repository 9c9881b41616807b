/// Chooses the tokens that members without whole rows are asked for.
struct Asking {
    let composite: Composite
    let reader: RowReader
    let sampler: PositionSampler

    /// Whether a reply needs members that are asked for chosen tokens.
    func isNeeded(by turn: Turn) -> Bool { !turn.reply.active.allSatisfy(composite.givesRows) }

    /// For every position of a turn, the tokens that the mask keeps for the formula, as the rows of the
    /// members that rule it say. What the fallback rules anyway is left out.
    func tokens(for turn: Turn) -> [[TokenID]] {
        let terms = turn.reply.composite.formula.terms
        let isTerm = terms.contains { !composite.givesRows($0.member) }
        return turn.positions.map { position in
            // A position whose rows are broken is met when, and if, the reply gets there.
            var tokens = isTerm ? (try? kept(turn, position)) ?? [] : []
            if let said = turn.said(at: position), !tokens.contains(said) { tokens.append(said) }
            return tokens
        }
    }

    private func kept(_ turn: Turn, _ position: Int) throws(GenerationError) -> [TokenID] {
        let reply = turn.reply
        for member in reply.composite.ruling where turn.scores[member] == nil {
            throw .wrongScores(member: composite.members[member].name)
        }
        let rows = try reader.rows(turn, at: position, of: reply.composite.ruling)
        let kept = try sampler.kept(reply.composite, rows)
        guard !reply.request.attributions, reply.composite.fallback != nil else { return kept }
        let ruled = reply.composite.fallbackTokens
        return kept.filter { !ruled.contains($0) }
    }
}
