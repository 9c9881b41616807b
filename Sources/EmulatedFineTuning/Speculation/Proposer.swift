/// Draws what the draft member would say next, sampling as it would alone.
struct Proposer {
    let reader: RowReader
    let sampler: PositionSampler

    struct Proposal {
        var token: TokenID
        /// The draft member's, nats.
        var logProbability: Float
    }

    /// The token after a turn's proposals; nil when nothing can be drawn from the draft member's row there,
    /// or some member reads the token as several. The reply meets such a place when, and if, it gets
    /// there, as in plain decoding.
    func proposal(_ turn: Turn, _ member: Int) -> Proposal? {
        let reply = turn.reply
        let position = turn.drafts.count
        guard let scores = turn.scores[member], scores.count == position + 1,
            let row = try? reader.row(scores[position], member: member)
        else { return nil }
        let options = reply.request.sampling
        var history = reply.history
        if history.isNeeded(by: options) {  // otherwise the copy is not needed
            for token in turn.drafts { history.append(token) }
        }
        guard
            let token = try? sampler.propose(row, options, history, reply.noise(after: position)),
            reply.isReadAsOne(token)
        else { return nil }
        return Proposal(token: token, logProbability: row[token])
    }
}
