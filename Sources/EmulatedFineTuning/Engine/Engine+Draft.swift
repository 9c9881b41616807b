// The first steps of a round: draft what the replies may say next, verify it with every other member.

extension Engine {
    /// Proposes tokens: the draft member samples a block for every reply that wants one, as it would
    /// alone; responses to score are their own proposals.
    ///
    /// Returns the draft member's rows, if it ran: k + 1 for a block of k, one pass each, so that its
    /// passes are as wide as in plain decoding. Without proposals it runs with the others, in
    /// ``verify(_:_:)``.
    func draft(_ replies: [Reply]) async -> [Rows] {
        var rows = [Rows](repeating: [:], count: replies.count)
        let limit = blockLimit(replies.count)
        for reply in replies { reply.drafts = reply.nextOfResponse(limit) }
        guard let member = replies.lazy.compactMap(\.draft).first else { return rows }
        var block = plan(replies, atMost: limit, draft: member)
        guard block.isWorthwhile else { return rows }
        var made = pass(for: member, replies)
        while !made.pass.extensions.isEmpty {
            await run([made], into: &rows)
            let proposals = proposals(replies, &block, rows, draft: member)
            guard proposals.contains(where: { $0 != nil }) else { break }
            // The next pass of the member overwrites its rows.
            keepRows(of: made, &rows)
            made = MemberPass(member: member)
            for (index, token) in proposals.enumerated() {
                guard let token else { continue }
                replies[index].drafts.append(token)
                // After the end of a reply nothing can be kept.
                guard !endsReply(replies[index], token) else { continue }
                extend(&made, replies[index], at: index, by: [token], rows: 1)
            }
        }
        return rows
    }

    /// Runs every member that has not run yet over pending and proposed tokens, one pass each, and over
    /// a chunk of the prompts of replies that are not ready.
    ///
    /// Where members give no rows, those that rule where the formula gives way run first: their rows say
    /// which tokens the others are asked for. That is one more step, but no round trip more.
    func verify(_ replies: [Reply], _ drafted: [Rows]) async -> [Rows] {
        var rows = drafted
        let done = Set(drafted.flatMap(\.keys))
        let others = composite.members.indices.filter { !done.contains($0) }
        let asking = replies.filter { !$0.active.allSatisfy(givesRows) }
        let first = asking.reduce(into: Set<Int>()) { $0.formUnion($1.composite.ruling) }
        for stage in [others.filter(first.contains), others.filter { !first.contains($0) }] {
            let passes = stage.map { member in
                var made = pass(for: member, replies)
                pad(&made, replies)
                return made
            }
            await run(passes, into: &rows)
            if stage == others { break }
            ask(replies, rows)
        }
        return rows
    }

    /// Copies the rows that a pass returned, before the next pass overwrites them.
    private func keepRows(of made: MemberPass, _ rows: inout [Rows]) {
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
