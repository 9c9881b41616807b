// The first steps of a round: draft what the replies may say next, verify it with every other member.

extension Engine {
    /// Proposes tokens: the draft member samples a block for every reply that wants one, as it would
    /// alone; responses to score are their own proposals.
    ///
    /// Returns the draft member's rows, if it ran: k + 1 for a block of k, one pass each, so that its
    /// passes are as wide as in plain decoding. Without proposals it runs with the others, in
    /// ``verify(_:_:)``.
    func draft(_ replies: [Reply]) async throws -> [Rows] {
        var rows = [Rows](repeating: [:], count: replies.count)
        let limit = blockLimit(replies.count)
        for reply in replies { reply.drafts = reply.nextOfResponse(limit) }
        guard let member = replies.lazy.compactMap(\.draft).first else { return rows }
        let blocks = blocks(replies, atMost: limit, draft: member)
        guard let longest = blocks.max(), longest > 0 else { return rows }
        var made = pass(for: member, replies)
        for step in 0...longest {
            try await run([made], into: &rows)
            // The next pass of the member overwrites its rows.
            if step < longest { keepRows(of: made, &rows, step: step) }
            made = MemberPass(member: member)
            for (index, reply) in replies.enumerated() where step < blocks[index] {
                // Shorter where the block ended early, with the end of the reply.
                guard let kept = rows[index][member], kept.count == step + 1 else { continue }
                // A row that nothing can be drawn from ends the block: the reply meets it when, and
                // if, it gets there, as in plain decoding.
                guard let token = try? propose(reply, kept[step]) else { continue }
                reply.drafts.append(token)
                // After the end of a reply nothing can be kept.
                guard !endsReply(reply, token) else { continue }
                extend(&made, reply, at: index, by: [token], rows: 1)
            }
        }
        return rows
    }

    /// Runs every member that has not run yet over pending and proposed tokens, one pass each, and over
    /// a chunk of the prompts of replies that are not ready.
    func verify(_ replies: [Reply], _ drafted: [Rows]) async throws -> [Rows] {
        var rows = drafted
        let done = Set(drafted.flatMap(\.keys))
        let others = composite.members.indices.filter { !done.contains($0) }
        let passes = others.map { member in
            var made = pass(for: member, replies)
            pad(&made, replies)
            return made
        }
        try await run(passes, into: &rows)
        return rows
    }

    /// How many tokens to propose for each reply: what it asks for, or, where it leaves the choice to
    /// the engine, what all of them together make worthwhile.
    private func blocks(_ replies: [Reply], atMost limit: Int, draft: Int) -> [Int] {
        let asked = replies.map { min($0.longestBlock(options.longestBlock), limit) }
        let isFree = replies.map { $0.request.speculation == .auto }
        guard zip(isFree, asked).contains(where: { $0 && $1 > 0 }) else { return asked }
        let candidates = replies.indices.map { index in
            let (reply, asked) = (replies[index], asked[index])
            return BlockController.Candidate(
                yields: isFree[index] ? reply.agreement.tokensPerRound(upTo: asked) : [1],
                rows: 1 + (isFree[index] ? reply.drafts.count : max(asked, reply.drafts.count)),
                members: reply.active)
        }
        let chosen = controller.blocks(candidates, draft: draft, overlapping: !runsWithMembers)
        return replies.indices.map { isFree[$0] ? chosen[$0] : asked[$0] }
    }

    /// Tokens proposed per reply at most, so that a pass of this many replies fits every member.
    private func blockLimit(_ replies: Int) -> Int {
        let width = composite.members.map(\.model.limits.tokensPerPass).min() ?? 1
        return max(0, min(options.scoringBlock, width / max(1, replies)) - 1)
    }

    private func propose(_ reply: Reply, _ scores: Scores) throws -> TokenID {
        let row = try normalise(scores, member: reply.draft ?? 0)
        let options = reply.request.sampling
        var history = reply.history
        if history.isNeeded(by: options) {  // else the copy would be for nothing
            for token in reply.drafts { history.append(token) }
        }
        return try sampler.propose(row, options, history, reply.noise(after: reply.drafts.count))
    }

    /// Copies the rows that a pass returned, before the next pass overwrites them.
    private func keepRows(of made: MemberPass, _ rows: inout [Rows], step: Int) {
        for reader in made.readers {
            guard let scores = rows[reader.reply][made.member] else { continue }
            for position in scores.count - reader.rows..<scores.count {
                guard case .row(let row) = scores[position] else { continue }
                rows[reader.reply][made.member]?[position] = .row(
                    draftRows.copy(row, reply: reader.reply, position: position))
            }
        }
    }
}

/// Memory for the rows of the draft member, used again in every round.
final class DraftRows {
    private var storage: [[RowStorage]] = []

    /// Copies a row; the copy is valid until the next one for the same reply and position.
    func copy(_ row: LogitRow, reply: Int, position: Int) -> LogitRow {
        while storage.count <= reply { storage.append([]) }
        while storage[reply].count <= position {
            storage[reply].append(RowStorage(count: row.buffer.count))
        }
        // A row of a wrong size is refused where it is read; the next may be right again.
        if storage[reply][position].buffer.count != row.buffer.count {
            storage[reply][position] = RowStorage(count: row.buffer.count)
        }
        let kept = storage[reply][position]
        _ = kept.buffer.update(from: row.buffer)
        return LogitRow(borrowing: Row(kept.buffer), owner: kept)
    }
}
