/// About how much memory a model takes, in bytes.
///
/// Weights and cache are exact for ordinary attention; the rest is a bound with some slack.
public struct MemoryEstimate: Sendable, Equatable, CustomStringConvertible {
    /// The tensors of the file.
    public var weights: Int
    /// Keys and values of all cells.
    public var cache: Int
    /// Intermediate results of a pass.
    public var compute: Int

    public init(weights: Int, cache: Int, compute: Int) {
        self.weights = weights
        self.cache = cache
        self.compute = compute
    }

    public var total: Int { Self.clamped(Double(weights) + Double(cache) + Double(compute)) }

    public var description: String {
        "weights \(bytes(weights)), cache \(bytes(cache)), computing \(bytes(compute))"
    }

    /// Sizes come from a file and may be absurd: sums are made in `Double`, where none overflows.
    static func clamped(_ value: Double) -> Int {
        value < Double(Int.max) ? Int(max(0, value)) : Int.max
    }
}

extension MemoryEstimate {
    /// The estimate for a model file under options.
    init(_ file: GGUFFile, size: Int, sizes: LlamaOptions.Sizes, options: LlamaOptions) {
        let layers = min(file.integerOfArchitecture("block_count") ?? 0, 4096)
        let width = Double(file.integerOfArchitecture("embedding_length") ?? 0)
        let heads = file.integers("\(file.architecture).attention.head_count", count: layers) ?? []
        let shared =
            file.integers("\(file.architecture).attention.head_count_kv", count: layers) ?? heads
        let headWidth = width / Double(max(1, heads.max() ?? 1))
        let key = file.integerOfArchitecture("attention.key_length").map(Double.init) ?? headWidth
        let value =
            file.integerOfArchitecture("attention.value_length").map(Double.init) ?? headWidth
        let padding = LlamaOptions.cellsPadding
        let cells = Double((sizes.cells + padding - 1) / padding * padding)
        let numbers = shared.reduce(0.0) { $0 + Double(max(0, $1)) * (key + value) }
        let vocabulary = Double(file.vocabularySize)
        let hidden = Double(
            file.integers("\(file.architecture).feed_forward_length", count: layers)?.max() ?? 0)
        // Without flash attention, the scores of all heads exist at once.
        let scores = options.flashAttention == .off ? Double(heads.max() ?? 0) * cells : 0
        let step = Double(sizes.tokensPerStep)
        weights = size
        cache = Self.clamped(numbers * cells * options.cacheType.bytesPerNumber)
        compute = Self.clamped(
            4 * step * (vocabulary + 3 * hidden + 8 * width + scores + cells / 2) + 0x100_0000)
    }
}
