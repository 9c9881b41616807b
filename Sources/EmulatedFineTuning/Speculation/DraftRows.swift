/// Memory for the rows of the draft member, used again in every round.
final class DraftRows {
    private var storage: [[RowStorage]] = []

    /// Copies the rows that a pass of the draft member returned, before its next pass overwrites them.
    func keep(_ made: MemberPass, _ round: inout Round) {
        for reader in made.readers {
            guard let scores = round.turns[reader.turn].scores[made.member] else { continue }
            for position in scores.count - reader.rows..<scores.count {
                guard case .row(let row) = scores[position] else { continue }
                round.turns[reader.turn].scores[made.member]?[position] = .row(
                    copy(row, turn: reader.turn, position: position))
            }
        }
    }

    /// Copies a row; the copy is valid until the next one for the same turn and position.
    private func copy(_ row: LogitRow, turn: Int, position: Int) -> LogitRow {
        while storage.count <= turn { storage.append([]) }
        while storage[turn].count <= position {
            storage[turn].append(RowStorage(count: row.buffer.count))
        }
        // A row of a wrong size is refused where it is read; the next may be right again.
        if storage[turn][position].buffer.count != row.buffer.count {
            storage[turn][position] = RowStorage(count: row.buffer.count)
        }
        let kept = storage[turn][position]
        _ = kept.buffer.update(from: row.buffer)
        return LogitRow(borrowing: Row(kept.buffer), owner: kept)
    }
}
