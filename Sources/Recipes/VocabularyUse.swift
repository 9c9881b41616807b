/// How a member's scores are asked for.
public enum VocabularyUse: String, Sendable, Equatable, CaseIterable {
    /// As the probability of the text that a token stands for: what a member of another vocabulary can say.
    case strings
    /// As the probability of the token: members that share a vocabulary.
    case tokens
}
