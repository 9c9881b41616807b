import Foundation

/// How an implied reward orders pairs of responses.
public struct PreferenceReport: Sendable, Encodable {
    public var tuned: String
    public var reference: String
    public var beta: Double
    public var groups: [Group]

    /// Pairs that belong together: all of them first, then those with one value of a field.
    public struct Group: Sendable, Encodable, Equatable {
        public var name: String
        /// The share of pairs whose chosen response has the higher reward; equal ones count half.
        public var accuracy: Estimate
        /// The same for rewards per token.
        public var accuracyPerToken: Estimate
        /// Mean of r(chosen) − r(rejected).
        public var margin: Estimate
        /// Mean of −log σ(r(chosen) − r(rejected)), nats: the objective of DPO.
        public var loss: Estimate
    }

    /// One pair with its rewards.
    public struct Pair: Sendable, Equatable, Encodable {
        public var id: String
        public var chosen: ImpliedReward.Value
        public var rejected: ImpliedReward.Value
        public var group: String?

        public init(
            id: String, chosen: ImpliedReward.Value, rejected: ImpliedReward.Value,
            group: String? = nil
        ) {
            self.id = id
            self.chosen = chosen
            self.rejected = rejected
            self.group = group
        }
    }

    public init(_ pairs: [Pair], _ reward: ImpliedReward, resamples: Int = 2000) {
        self.init(
            pairs, tuned: reward.tuned, reference: reward.reference, beta: reward.beta,
            resamples: resamples)
    }

    init(_ pairs: [Pair], tuned: String, reference: String, beta: Double, resamples: Int) {
        self.tuned = tuned
        self.reference = reference
        self.beta = beta
        groups = [Self.group("all", pairs, resamples)]
        for name in Set(pairs.compactMap(\.group)).sorted() {
            groups.append(Self.group(name, pairs.filter { $0.group == name }, resamples))
        }
    }

    private static func group(_ name: String, _ pairs: [Pair], _ resamples: Int) -> Group {
        let bootstrap = Bootstrap(count: pairs.count, resamples: resamples, seed: 1)
        let margins = pairs.map { $0.chosen.reward - $0.rejected.reward }
        let perToken = pairs.map { $0.chosen.perToken - $0.rejected.perToken }
        func ordered(_ margin: Double) -> Double { margin > 0 ? 1 : margin == 0 ? 0.5 : 0 }
        func mean(_ values: [Double]) -> Estimate { bootstrap.mean(values).estimate }
        return Group(
            name: name, accuracy: mean(margins.map(ordered)),
            accuracyPerToken: mean(perToken.map(ordered)), margin: mean(margins),
            loss: mean(margins.map(logistic)))
    }

    /// −log σ(m), without overflow.
    static func logistic(_ margin: Double) -> Double {
        max(0, -margin) + log1p(exp(-abs(margin)))
    }
}

extension Estimate {
    /// The estimate as people read it.
    package func described(isShare: Bool) -> String { text(isShare: isShare) }
}
