/// A member's scores for the next token, with their normaliser: log p(t) = logits[t] − logNormalizer.
///
/// The memory must stay as it is while the row is in use. Log-probabilities are a row whose normaliser is 0.
public struct LogitRow {
    /// `[vocabulary]`, nats.
    public var logits: UnsafeBufferPointer<Float>
    /// log Σ exp(logits) over the whole vocabulary, control tokens included; nats.
    public var logNormalizer: Float

    public init(_ logits: UnsafeBufferPointer<Float>, logNormalizer: Float = 0) {
        self.logits = logits
        self.logNormalizer = logNormalizer
    }
}
