/// Why a model could not do what was asked of it.
public enum ModelError: Error, Sendable, Equatable {
    /// The pass breaks a rule of ``LanguageModel/forward(_:)``: the rule, and what was received.
    case invalidPass(String)
    /// The cache has no room for the pass's tokens.
    case cacheFull(tokens: Int)
    /// The sequence cannot be cut back that far.
    case cannotRewind(String)
    /// The model cannot share caches between sequences.
    case cannotShare(String)
    /// The pass was cancelled.
    case cancelled
    /// The engine underneath failed: what was attempted, and what it said.
    case failed(String)
}

extension ModelError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .invalidPass(let reason):
            "A forward pass must obey the model's limits: \(reason)."
        case .cacheFull(let tokens):
            "The model's cache has no room for \(tokens) more tokens. "
                + "Raise `context` in the recipe, or ask for fewer tokens."
        case .cannotRewind(let reason):
            "The model's cache cannot be cut back: \(reason)."
        case .cannotShare(let reason):
            "The model cannot share a cached prefix: \(reason)."
        case .cancelled:
            "The forward pass was cancelled."
        case .failed(let reason):
            "The model failed: \(reason)."
        }
    }
}
