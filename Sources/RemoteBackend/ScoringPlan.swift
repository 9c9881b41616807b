import EmulatedFineTuning

/// One request of a plan: a list of tokens, and the positions that are asked for all of them.
struct ScoringBatch: Equatable {
    /// Ascending.
    var positions: [Int]
    var tokens: [TokenID]
}

enum ScoringPlan {
    /// The fewest requests, packed in order, that ask for every position's tokens: one request has one
    /// list for all its positions, the union of theirs, of at most `limit` tokens. A position with more
    /// is asked several times.
    ///
    /// - Complexity: O(tokens of all lists).
    static func batches(_ lists: [[TokenID]], limit: Int) -> [ScoringBatch] {
        var batches: [ScoringBatch] = []
        var open: ScoringBatch?
        var seen: Set<TokenID> = []
        for (position, list) in lists.enumerated() where !list.isEmpty {
            if list.count > limit {
                for start in stride(from: 0, to: list.count, by: limit) {
                    let part = list[start..<min(start + limit, list.count)]
                    batches.append(ScoringBatch(positions: [position], tokens: Array(part)))
                }
                continue
            }
            let fresh = list.filter { !seen.contains($0) }
            if var batch = open, batch.tokens.count + fresh.count <= limit {
                batch.positions.append(position)
                batch.tokens += fresh
                seen.formUnion(fresh)
                open = batch
            } else {
                if let open { batches.append(open) }
                open = ScoringBatch(positions: [position], tokens: list)
                seen = Set(list)
            }
        }
        if let open { batches.append(open) }
        return batches
    }
}
