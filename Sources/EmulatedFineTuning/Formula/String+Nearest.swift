extension String {
    /// The candidate that this was most likely meant to be: the nearest by edit distance, when at most
    /// a third of its letters differ (but always allowing one).
    ///
    /// - Complexity: O(candidates · length²).
    package func nearest(in candidates: some Sequence<String>) -> String? {
        let scored = candidates.map { ($0, editDistance(to: $0)) }
        guard let best = scored.min(by: { $0.1 < $1.1 }),
            best.1 <= Swift.max(1, best.0.count / 3)
        else { return nil }
        return best.0
    }

    /// Insertions, deletions, substitutions, and swaps of neighbours.
    private func editDistance(to other: String) -> Int {
        let a = Array(lowercased().prefix(64))
        let b = Array(other.lowercased().prefix(64))
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var distance = Swift.min(
                    last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    distance = Swift.min(distance, beforeLast[j - 1] + 1)
                }
                row.append(distance)
            }
            (beforeLast, last) = (last, row)
        }
        return last[b.count]
    }
}
