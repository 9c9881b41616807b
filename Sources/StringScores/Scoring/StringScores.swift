/// How a member likes strings after a text.
package struct StringScores: Sendable, Equatable {
    /// By string v: log A(r·v) − log A(r), nats. −∞ for a string that the member never writes; in
    /// rounding, or where last tokens were not tested, up to about 1e-3 above 0.
    package var values: [Double]
    /// By string: what its branches that were left out could add to A(r·v) / A(r), at most.
    package var cut: [Double]
    /// Σ of the probabilities of all branches that were left out, each counted once, over A(r).
    package var totalCut: Double
    /// What was left out of A(r) itself, at most, over A(r).
    package var heldCut: Double
    /// log A(r): the log-probability that the text goes on from the trunk with the held bytes; nats.
    package var held: Double
    /// How many strings got a share of what was left out.
    package var shared: Int
}
