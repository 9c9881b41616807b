/// Makes the members' forward passes of a round: which tokens they carry, and whose rows they return.
struct PassBuilder {
    let composite: Composite
    let slots: [Slot]
    /// Maximum number of prompt tokens in a pass.
    let prefillChunk: Int

    /// A pass over the pending and proposed tokens of the round's replies, and over a chunk of the prompts
    /// of others.
    func pass(of member: Int, _ round: Round, prefilling others: [LiveReply]) -> MemberPass {
        var made = MemberPass(member: member)
        for (index, turn) in round.turns.enumerated() where turn.reply.active.contains(member) {
            let tokens = Array(slots.pending(turn.reply, member) + turn.drafts)
            extend(&made, turn, at: index, by: tokens, rows: turn.positions.count)
        }
        var budget = min(prefillChunk, width(of: member) - made.pass.tokenCount)
        for reply in others where reply.active.contains(member) {
            let chunk = slots.pending(reply, member).dropLast().prefix(max(0, budget))
            budget -= chunk.count
            append(Array(chunk), of: reply, to: &made, scored: 0, [])
        }
        return made
    }

    /// A pass of the draft member over the tokens that it has just proposed, by turn.
    func pass(of member: Int, over proposals: [TokenID?], _ round: Round) -> MemberPass {
        var made = MemberPass(member: member)
        for (index, token) in proposals.enumerated() {
            // After the end of a reply nothing can be kept.
            guard let token, !composite.ends(round.turns[index].reply, token) else { continue }
            extend(&made, round.turns[index], at: index, by: [token], rows: 1)
        }
        return made
    }

    /// Widens a pass to a width that was measured to be cheaper, with tokens that are cut off again.
    ///
    /// - Parameter others: tokens that the model's pass carries for other members.
    func pad(_ made: inout MemberPass, beside others: Int, _ round: Round, _ costs: CostCurve) {
        guard composite.givesRows(made.member) else { return }
        let width = made.pass.tokenCount + others
        let padding = costs.padded(width, atMost: self.width(of: made.member) + others) - width
        guard padding > 0, made.pass.extensions.count == made.readers.count else { return }
        for index in made.readers.indices {
            let turn = round.turns[made.readers[index].turn]
            // The reply has reserved cells up to its last token, and its cache can be cut back.
            guard turn.reply.canRewind, turn.drafts.count + padding < turn.reply.remaining,
                let last = made.pass.extensions[index].tokens.last
            else { continue }
            let count = made.pass.extensions[index].tokens.count
            made.pass.extensions[index].tokens += Array(repeating: last, count: padding)
            made.pass.extensions[index].scored += Array(count..<count + padding)
            made.readers[index].padding = padding
            return
        }
    }

    private func width(of member: Int) -> Int {
        composite.members[member].model.limits.tokensPerPass
    }

    /// Adds tokens of a turn to a pass; the rows of the last ones go to it.
    private func extend(
        _ made: inout MemberPass, _ turn: Turn, at index: Int, by tokens: [TokenID], rows: Int
    ) {
        guard turn.reply.slot != nil, !tokens.isEmpty else { return }
        let alignment = composite.alignments[made.member]
        let asked = turn.asked.map { $0.restricted(to: alignment) }
        append(tokens, of: turn.reply, to: &made, scored: rows, asked)
        made.readers.append(.init(turn: index, rows: rows))
    }

    /// - Parameter asked: what a member without rows is asked, by scored position.
    private func append(
        _ tokens: [TokenID], of reply: LiveReply, to made: inout MemberPass, scored: Int,
        _ asked: [Question]
    ) {
        guard let slot = reply.slot, !tokens.isEmpty else { return }
        let givesRows = composite.givesRows(made.member)
        made.pass.extensions.append(
            SequenceExtension(
                sequence: slot, start: slots[slot].cached[made.member].count, tokens: tokens,
                scored: Array(tokens.count - scored..<tokens.count),
                request: givesRows ? .row : .tokens(asked.map(\.tokens)),
                guesses: givesRows ? [] : asked.map(\.guesses),
                given: givesRows ? [] : asked.map(\.given)))
        made.sinks.append(reply.sink)
    }
}
