/// Draws what the draft member would say next, sampling as it would alone.
struct Proposer {
    let reader: RowReader
    let sampler: PositionSampler

    struct Proposal {
        var token: TokenID
        /// The draft member's, nats.
        var logProbability: Float
    }

    /// The token at a position of a turn, after the proposals before it; nil when nothing can be drawn from
    /// the draft member's row there, or some member reads the token as several. The reply meets such a
    /// place when, and if, it gets there, as in plain decoding.
    func proposal(_ turn: Turn, _ member: Int, at position: Int) -> Proposal? {
        let reply = turn.reply
        guard let scores = turn.scores[member], scores.indices.contains(position),
            let row = try? reader.row(scores[position], member: member)
        else { return nil }
        let options = reply.request.sampling
        var history = reply.history
        if history.isNeeded(by: options) {  // otherwise the copy is not needed
            for token in turn.drafts.prefix(position) { history.append(token) }
        }
        guard
            let token = try? sampler.propose(row, options, history, reply.noise(after: position)),
            reply.isReadAsOne(token)
        else { return nil }
        return Proposal(token: token, logProbability: row[token])
    }
}
