/// A LoRA adapter to lay over a model: a GGUF file, and how strongly it counts.
///
/// The adapter belongs to a ``LlamaModel``, not to its weights: a base member and its tuned member can
/// share one ``LlamaWeights``.
public struct LlamaAdapter: Sendable, Equatable, Hashable {
    /// The adapter's GGUF file.
    public var path: String
    /// A factor on the adapter's own scale, dimensionless: 0 leaves the base model, 1 is as trained.
    public var scale: Float

    public init(path: String, scale: Float = 1) {
        self.path = path
        self.scale = scale
    }
}
