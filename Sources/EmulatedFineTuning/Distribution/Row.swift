/// One number per token, `[vocabulary]`, read only.
package typealias Row = UnsafeBufferPointer<Float>

/// One number per token, `[vocabulary]`.
package typealias MutableRow = UnsafeMutableBufferPointer<Float>

/// Logits with their normaliser: log p(v) = logits[v] − logNormalizer.
package struct NormalizedRow {
    package var logits: Row
    /// log Σ exp(logits), nats.
    package var logNormalizer: Float

    package init(_ logits: Row, logNormalizer: Float) {
        self.logits = logits
        self.logNormalizer = logNormalizer
    }

    /// The log-probability of a token, nats.
    package subscript(_ token: TokenID) -> Float { logits[token] - logNormalizer }
}
