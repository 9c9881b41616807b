/// What a reply cost.
public struct GenerationStatistics: Sendable, Equatable {
    /// Tokens of the longest member prompt.
    public var promptTokens = 0
    /// Prompt tokens, over all members, that were in a cache already.
    public var cachedTokens = 0
    /// Prompt tokens that no member had to compute: the fewest that one had in its cache.
    public var cachedPrefix = 0
    public var generatedTokens = 0
    /// Time from the request to the first round that decoded it: waiting and prefill.
    public var waited: Duration = .zero
    /// Time from there to the end of the reply.
    public var decoding: Duration = .zero
    /// Rounds that generated tokens: passes of every member but the draft member.
    public var rounds = 0
    /// Tokens proposed, by their position in a block.
    public var draftedByPosition: [Int] = []
    /// Proposed tokens that were kept, by their position in a block.
    public var acceptedByPosition: [Int] = []

    /// Tokens proposed, by where they came from.
    public var draftedBySource: [DraftSource: Int] = [:]
    /// Proposed tokens that were kept, by where they came from.
    public var acceptedBySource: [DraftSource: Int] = [:]

    public init() {}

    /// Tokens proposed.
    public var drafted: Int { draftedByPosition.reduce(0, +) }

    /// Proposed tokens that were kept.
    public var accepted: Int { acceptedByPosition.reduce(0, +) }

    /// Tokens proposed and kept, by the name of their source; sources that proposed nothing are left out.
    package var bySource: [String: (drafted: Int, accepted: Int)] {
        Dictionary(
            draftedBySource.map { ($0.rawValue, ($1, acceptedBySource[$0] ?? 0)) },
            uniquingKeysWith: { first, _ in first })
    }

    /// Passes of every member except the draft member, per token; 1 in plain decoding. Nil without tokens.
    public var passesPerToken: Double? {
        generatedTokens > 0 ? Double(rounds) / Double(generatedTokens) : nil
    }

    /// Counts the proposals of a block.
    mutating func count(drafted sources: [DraftSource]) {
        while draftedByPosition.count < sources.count {
            draftedByPosition.append(0)
            acceptedByPosition.append(0)
        }
        for (position, source) in sources.enumerated() {
            draftedByPosition[position] += 1
            draftedBySource[source, default: 0] += 1
        }
    }

    /// Counts a proposal that was kept.
    mutating func count(accepted source: DraftSource, at position: Int) {
        acceptedByPosition[position] += 1
        acceptedBySource[source, default: 0] += 1
    }
}
