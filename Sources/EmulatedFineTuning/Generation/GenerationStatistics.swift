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
    /// Tokens proposed by the draft member, by their position in a block.
    public var draftedByPosition: [Int] = []
    /// Proposed tokens that were kept, by their position in a block.
    public var acceptedByPosition: [Int] = []

    public init() {}

    /// Tokens proposed by the draft member.
    public var drafted: Int { draftedByPosition.reduce(0, +) }

    /// Proposed tokens that were kept.
    public var accepted: Int { acceptedByPosition.reduce(0, +) }

    /// Passes of every member except the draft member, per token; 1 in plain decoding. Nil without tokens.
    public var passesPerToken: Double? {
        generatedTokens > 0 ? Double(rounds) / Double(generatedTokens) : nil
    }

    /// Counts the proposals of a block.
    mutating func count(drafted: Int) {
        while draftedByPosition.count < drafted {
            draftedByPosition.append(0)
            acceptedByPosition.append(0)
        }
        for position in 0..<drafted { draftedByPosition[position] += 1 }
    }
}
