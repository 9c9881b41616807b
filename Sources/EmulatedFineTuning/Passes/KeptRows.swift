/// Memory for rows that are still read when their model runs again in the same round; used anew in every round.
final class KeptRows {
    /// By member, turn and position.
    private var storage: [Int: [[RowStorage]]] = [:]

    /// Copies the rows that members returned, before the next pass of their models overwrites them.
    func keep(_ members: Set<Int>, _ round: inout Round) {
        for member in members {
            for turn in round.turns.indices {
                for (position, scores) in (round.turns[turn].scores[member] ?? []).enumerated() {
                    guard case .row(let row) = scores else { continue }
                    let kept = storage(member, turn, position, count: row.buffer.count)
                    guard kept !== row.owner else { continue }
                    _ = kept.buffer.update(from: row.buffer)
                    round.turns[turn].scores[member]?[position] = .row(
                        LogitRow(borrowing: Row(kept.buffer), owner: kept))
                }
            }
        }
    }

    private func storage(_ member: Int, _ turn: Int, _ position: Int, count: Int) -> RowStorage {
        Self.storage(in: &storage[member, default: []], turn, position, count: count)
    }

    private static func storage(
        in rows: inout [[RowStorage]], _ turn: Int, _ position: Int, count: Int
    ) -> RowStorage {
        while rows.count <= turn { rows.append([]) }
        while rows[turn].count <= position { rows[turn].append(RowStorage(count: count)) }
        // A row of a wrong size is refused where it is read; the next may be right again.
        if rows[turn][position].buffer.count != count {
            rows[turn][position] = RowStorage(count: count)
        }
        return rows[turn][position]
    }
}
