/// The exponential race: token v finishes at E_v / weight_v, and the first to finish is drawn, with
/// probability proportional to its weight. The same as Gumbel-max with the same noise.
enum Race {
    /// Draws a token with the noise of one position.
    ///
    /// - Parameter weight: sixteen weights, from the index of the first; 0 for tokens not in the race.
    /// - Returns: nil when every weight is 0.
    /// - Complexity: O(vocabulary); noise is made only for groups of 32 tokens with a weight above 0.
    @inline(__always)
    static func winner(
        vocabulary: Int, _ noise: Noise, _ purpose: NoisePurpose, weight: (Int) -> Lanes
    ) -> TokenID? {
        var winner: TokenID?
        var best = Float.greatestFiniteMagnitude
        for group in 0..<(vocabulary + Noise.groupSize - 1) / Noise.groupSize {
            let start = group * Noise.groupSize
            let low = weight(start)
            let high =
                start + 16 < vocabulary ? weight(start + 16) : Lanes.zero
            guard (low + high).sum() > 0 else { continue }
            let (u, w) = noise.uniforms(group: group, purpose)
            consider(u, low, from: start, &best, &winner)
            consider(w, high, from: start + 16, &best, &winner)
        }
        return winner
    }

    @inline(__always)
    private static func consider(
        _ uniform: Lanes, _ weight: Lanes, from start: Int, _ best: inout Float,
        _ winner: inout TokenID?
    ) {
        // −log(1 − u) ≥ u, so most tokens are too slow without the logarithm; the margin is for its rounding.
        guard (weight * best - uniform * 0.999).largest > 0 else { return }
        let time = (negativeLogOfComplement(uniform) / weight).replacing(
            with: Lanes(repeating: .infinity), where: weight .<= 0)
        for lane in 0..<Lanes.scalarCount where time[lane] < best {
            best = time[lane]
            winner = start + lane
        }
    }
}
