extension String {
    /// The candidate that this was most likely meant to be: the nearest by edit distance, when at most
    /// a third of its letters differ (but always allowing one).
    ///
    /// - Complexity: O(candidates · length²).
    package func nearest(in candidates: some Sequence<String>) -> String? {
        let scored = candidates.map { ($0, editDistance(to: $0)) }
        guard let best = scored.min(by: { $0.1 < $1.1 }), best.1 <= Swift.max(1, best.0.count / 3)
        else { return nil }
        return best.0
    }

    private func editDistance(to other: String) -> Int {
        let a = Array(self.lowercased().prefix(64)), b = Array(other.lowercased().prefix(64))
        var row = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, y) in b.enumerated() {
                let substituted = diagonal + (x == y ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = Swift.min(substituted, row[j] + 1, diagonal + 1)
            }
        }
        return row[b.count]
    }
}
