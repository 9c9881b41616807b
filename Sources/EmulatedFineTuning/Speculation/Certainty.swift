/// How often the composite keeps a proposed token, by how likely the draft member itself found it.
///
/// A small model is mostly right where it is sure. At every committed position, drafted or not, we know
/// what it would draw and how sure it was. From that, the chance of the next proposal is read off before
/// any time is spent on it.
///
/// Source: after the observation, used by many, that a draft's own probability predicts its acceptance
/// (e.g. arXiv:2405.19715); here the chance is counted, not learned.
struct Certainty: Equatable {
    /// Upper ends of the classes of −log q(token), nats; the last class has none.
    private static let edges: [Float] = [0.01, 0.03, 0.1, 0.25, 0.6, 1.2, 2.5]

    /// At first, as often as a draft of that probability would be kept if it were the composite's.
    private var tally = Tally([1, 0.98, 0.94, 0.84, 0.66, 0.42, 0.2, 0.05], memory: 64)

    /// - Parameter logProbability: the draft member's, of the token that it would draw, nats.
    mutating func record(_ logProbability: Float, agrees: Bool) {
        tally.record(agrees, of: Self.index(logProbability))
    }

    /// The chance that such a token is kept, 0 to 1.
    func chance(_ logProbability: Float) -> Double { tally.chance(of: Self.index(logProbability)) }

    private static func index(_ logProbability: Float) -> Int {
        edges.firstIndex { -logProbability <= $0 } ?? edges.count
    }
}
