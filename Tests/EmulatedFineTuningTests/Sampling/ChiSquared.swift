/// Pearson's test that counts follow a law.
enum ChiSquared {
    /// Whether the counts fit, at a level of about 3 in 100,000.
    ///
    /// Outcomes that the law forbids must not occur; those expected fewer than five times are pooled.
    static func accepts(_ counts: [Double], of law: [Double]) -> Bool {
        let total = counts.reduce(0, +)
        var statistic = 0.0
        var cells = 0.0
        var (rareCount, rareExpected) = (0.0, 0.0)
        for (count, probability) in zip(counts, law) {
            let expected = probability * total
            if expected == 0, count > 0 { return false }
            if expected < 5 {
                rareCount += count
                rareExpected += expected
                continue
            }
            statistic += (count - expected) * (count - expected) / expected
            cells += 1
        }
        if rareExpected > 0 {
            statistic +=
                (rareCount - rareExpected) * (rareCount - rareExpected) / max(rareExpected, 1)
            cells += 1
        }
        guard cells > 1 else { return true }
        // Wilson and Hilferty: the cube root of a chi-squared variable is nearly normal.
        let freedom = cells - 1
        let part = 2 / (9 * freedom)
        let root = 1 - part + 4 * part.squareRoot()
        return statistic <= freedom * root * root * root
    }
}
