import EmulatedFineTuning

/// The sampling options as their documentation says, in Float64 and with sorting.
enum NaiveSampling {
    static func distribution(
        _ probabilities: [Double], level: Double = 0, _ options: SamplingOptions,
        prompt: [TokenID] = [], reply: [TokenID] = []
    ) -> [Double] {
        var scores = probabilities.map { Reference.log($0) + level }
        for (token, bias) in options.logitBias { scores[token] += bias }
        for token in Set(prompt + reply) where scores[token] > -.infinity {
            scores[token] *=
                scores[token] < 0 ? options.repetitionPenalty : 1 / options.repetitionPenalty
        }
        for token in Set(reply) {
            let count = Double(reply.filter { $0 == token }.count)
            scores[token] -= options.presencePenalty + options.frequencyPenalty * count
        }
        let best = scores.max() ?? 0
        if options.temperature == 0 {
            let winner = scores.firstIndex(of: best)
            return scores.indices.map { $0 == winner ? 1 : 0 }
        }
        var weights = scores.map { Reference.exp(($0 - best) / options.temperature) }
        if let topK = options.topK { keep(&weights) { rank, _ in rank < topK } }
        if options.topP < 1 { keep(&weights) { _, massBefore in massBefore < options.topP } }
        if options.minP > 0 { weights = weights.map { $0 < options.minP ? 0 : $0 } }
        let total = weights.reduce(0, +)
        return weights.map { $0 / total }
    }

    /// Keeps the tokens for which a rule holds, given their rank and the share of mass ahead of them.
    private static func keep(_ weights: inout [Double], _ rule: (Int, Double) -> Bool) {
        let order = weights.indices.sorted { (weights[$1], $0) < (weights[$0], $1) }
        let total = weights.reduce(0, +)
        var ahead = 0.0
        var kept = [Double](repeating: 0, count: weights.count)
        for (rank, token) in order.enumerated() {
            if rank == 0 || rule(rank, ahead / total) { kept[token] = weights[token] }
            ahead += weights[token]
        }
        weights = kept
    }
}
