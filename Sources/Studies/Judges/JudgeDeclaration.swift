/// Who scores replies, and how.
public struct JudgeDeclaration: Sendable, Equatable {
    public var name: String
    public var kind: Kind

    public enum Kind: Sendable, Equatable {
        case reference(ReferenceJudge)
        case pattern(PatternJudge)
        case length
        case code(CodeOptions)
        case atlas(AtlasJudge)
        case endpoint(EndpointOptions, questions: [JudgeQuestion])
        case pairwise(EndpointOptions, against: String)
    }

    /// What the judge measures: names that a metric may use.
    public var scores: [String] {
        switch kind {
        case .reference: ReferenceJudge.scores
        case .pattern: PatternJudge.scores
        case .length: LengthJudge.scores
        case .code: CodeJudge.scores
        case .atlas: AtlasJudge.scores
        case .endpoint(_, let questions): questions.map(\.rawValue)
        case .pairwise: ["preferred"]
        }
    }

    /// Whether a score is a share of 1, shown in per cent.
    public func isShare(_ score: String) -> Bool {
        switch kind {
        case .endpoint: false
        case .length: score == "ended"
        case .reference, .pattern, .code, .atlas, .pairwise: true
        }
    }
}
