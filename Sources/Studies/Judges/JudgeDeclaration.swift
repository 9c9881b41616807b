/// Who scores replies, and how.
public struct JudgeDeclaration: Sendable, Equatable {
    public var name: String
    public var kind: Kind

    public enum Kind: Sendable, Equatable {
        case reference(ReferenceJudge)
        case atlas(AtlasJudge)
        case endpoint(EndpointOptions, questions: [JudgeQuestion])
        case pairwise(EndpointOptions, against: String)
    }

    /// What the judge measures: names that a metric may use.
    public var scores: [String] {
        switch kind {
        case .reference: ReferenceJudge.scores
        case .atlas: AtlasJudge.scores
        case .endpoint(_, let questions): questions.map(\.rawValue)
        case .pairwise: ["preferred"]
        }
    }

    /// Whether its scores are shares of 1, shown in per cent.
    public var scoresAreShares: Bool {
        if case .endpoint = kind { return false }
        return true
    }
}
