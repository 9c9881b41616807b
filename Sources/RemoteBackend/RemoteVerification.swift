/// What a server was asked before the first token, and what it said.
public struct RemoteVerification: Sendable, Equatable {
    /// Tokens that one sequence can hold.
    public var context: Int
    /// Tokens whose texts were compared; nil when the server has no `/detokenize`.
    public var tokensCompared: Int?

    /// The findings, a sentence each.
    public var sentences: [String] {
        [
            "serves the model with \(context) tokens of context, and the vocabulary's size is the same",
            tokensCompared.map {
                "\($0) tokens compared, control tokens among them: their texts agree"
            }
                ?? "no /detokenize there: no token's text could be compared",
            "log-probabilities are raw: temperature, top-k and the list do not change them",
        ]
    }
}
