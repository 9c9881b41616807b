public import EmulatedFineTuning

/// What a server was asked before the first token, and what it said.
public struct RemoteVerification: Sendable, Equatable {
    /// Tokens that one sequence can hold.
    public var context: Int
    /// Tokens of the local vocabulary that the server has: all of them, or those up to some id.
    public var tokens: Int
    /// Tokens of the local vocabulary that the server lacks, at its end.
    public var tokensMissing = 0
    /// Whether the server has tokens beyond the local vocabulary. They are never asked for. Their share of
    /// the probability is missing from what the others have: next to nothing for padding.
    public var hasMoreTokens = false
    /// Tokens whose texts were compared; nil when the server has no `/detokenize`.
    public var tokensCompared: Int?
    /// Control tokens that the server knows by other names than the local vocabulary, with these names.
    public var renamed: [TokenID: String] = [:]

    private var size: String {
        if hasMoreTokens {
            return
                "has more than the \(tokens) tokens of the local vocabulary, which are never asked for"
        }
        guard tokensMissing > 0 else { return "the vocabulary's size is the same" }
        return "lacks the last \(tokensMissing) tokens of the local vocabulary"
    }

    /// The findings, one sentence each.
    public var sentences: [String] {
        [
            "serves the model with \(context) tokens of context, and \(size)",
            tokensCompared.map {
                "\($0) tokens compared, including control tokens: their texts agree"
                    + (renamed.isEmpty
                        ? "" : " except for \(renamed.count) control tokens with other names")
            }
                ?? "it has no /detokenize, so the texts of tokens could not be compared",
            "log-probabilities are raw: temperature, top-k and the list do not change them",
        ]
    }
}
