/// What a reply must be: which tokens may come next, given those that came.
///
/// It never changes: going on makes another one, so that the states of drafted positions can be dropped.
public protocol TokenConstraint: AnyObject, Sendable {
    /// Sets the scores of tokens that may not come next to −∞, and leaves the others.
    ///
    /// - Parameter scores: `[vocabulary]`, nats.
    func restrict(_ scores: UnsafeMutableBufferPointer<Float>)

    /// Tokens that spell the text that must come next, as far as it is certain; empty where several texts
    /// may. A guess: the same text can be spelled by other tokens.
    func forced(atMost limit: Int) -> [TokenID]

    /// The state after a token that may come next.
    func advanced(by token: TokenID) -> any TokenConstraint
}

extension TokenConstraint {
    public func forced(atMost limit: Int) -> [TokenID] { [] }
}
