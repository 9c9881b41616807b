import EmulatedFineTuning
import RealModule
import StringScores
import TestSupport

/// A model whose next token depends on the last two, by a hash: random logits.
struct RandomTable {
    let vocabularyCount: Int
    let seed: UInt64
    /// How far apart logits are, nats.
    var spread: Float = 4

    func logits(after tokens: [Int32]) -> [Float] {
        var hash = seed
        for token in tokens.suffix(2) { hash = (hash ^ UInt64(token + 1)) &* 0x1000_0000_01b3 }
        var random = SeededRandom(hash)
        _ = random.next()
        return (0..<vocabularyCount).map { _ in Float.random(in: -spread...0, using: &random) }
    }

    /// Probabilities in double precision, by libm.
    func probabilities(after tokens: [Int32]) -> [Double] {
        let logits = logits(after: tokens)
        let normalizer = Double(Self.normalizer(logits))
        return logits.map { Double.exp(Double($0) - normalizer) }
    }

    static func normalizer(_ logits: [Float]) -> Float {
        Float(Double.log(logits.reduce(0) { $0 + Double.exp(Double($1)) }))
    }
}

extension StringScorer {
    /// The scores with all rows of the plan from a model.
    mutating func scores(
        _ plan: BranchPlan, _ model: RandomTable, trunk: [Int32],
        share: (Int) -> Double = { _ in 0 }
    ) -> StringScores? {
        let paths = plan.branches.indices.map { trunk + plan.path(to: $0).map(Int32.init) }
        let logits = ([trunk] + paths).map(model.logits)
        return logits.flatMap { $0 }.withUnsafeBufferPointer { all in
            let count = model.vocabularyCount
            let rows = logits.enumerated().map { place, row in
                NormalizedRow(
                    UnsafeBufferPointer(rebasing: all[(place * count)..<((place + 1) * count)]),
                    logNormalizer: RandomTable.normalizer(row))
            }
            return scores(plan, trunk: rows[0], branches: Array(rows.dropFirst()), share: share)
        }
    }

    mutating func trimmed(
        _ plan: BranchPlan, _ model: RandomTable, trunk: [Int32], given: Int? = nil
    ) -> BranchPlan {
        let logits = model.logits(after: trunk)
        return logits.withUnsafeBufferPointer {
            trimmed(
                plan, rows: [NormalizedRow($0, logNormalizer: RandomTable.normalizer(logits))],
                given: given)
        }
    }
}
