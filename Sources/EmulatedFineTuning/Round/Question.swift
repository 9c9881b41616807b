/// What members without whole rows are asked at a position.
struct Question: Sendable, Equatable {
    /// The tokens whose log-probabilities are wanted.
    var tokens: [TokenID] = []
    /// What the members that rule the mask say of them: log-probabilities, nats.
    var guesses: [Float] = []
    /// The token that follows whatever is said of it; nil where it is still to be chosen.
    var given: TokenID?

    /// The part that a member can be asked: the tokens that it has.
    func restricted(to alignment: VocabularyAlignment) -> Question {
        guard !alignment.missing.isEmpty else { return self }
        let had = tokens.indices.filter { alignment.has(tokens[$0]) }
        return Question(
            tokens: had.map { tokens[$0] }, guesses: had.map { guesses[$0] },
            given: given.flatMap { alignment.has($0) ? $0 : nil })
    }
}
