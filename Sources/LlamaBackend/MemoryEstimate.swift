/// About how much memory a model takes, in bytes.
///
/// Weights are exact, and so is the cache of attention layers (a sliding window's are kept whole), of
/// Mamba layers and of short convolutions. The cache of other recurrent layers is not counted: it does
/// not grow with the context. Computing is a bound: for the shapes of Llama 2 and 3, Qwen 3, Gemma 2 and
/// Falcon from 2B to 180B at least what libllama sets aside, and at most twice that and 16 MiB.
public struct MemoryEstimate: Sendable, Equatable, CustomStringConvertible {
    /// The tensors of the file.
    public var weights: Int
    /// Keys and values of all cells, and states of all sequences.
    public var cache: Int
    /// Intermediate results of a pass.
    public var compute: Int
    /// Whether the weights are pages of the file, where they stay on the CPU: the system may drop and
    /// read them again, and several processes share them.
    public var mapsWeights: Bool

    public init(weights: Int, cache: Int, compute: Int, mapsWeights: Bool = false) {
        self.weights = weights
        self.cache = cache
        self.compute = compute
        self.mapsWeights = mapsWeights
    }

    public var total: Int { Self.clamped(Double(weights) + Double(cache) + Double(compute)) }

    public var description: String {
        (mapsWeights && weights > 0 ? "mapped weights " : "weights ") + "\(bytes(weights)), "
            + "cache \(bytes(cache)), computing \(bytes(compute))"
    }

    /// Sizes come from a file and may be absurd: sums are made in `Double`, where none overflows.
    static func clamped(_ value: Double) -> Int {
        value < Double(Int.max) ? Int(max(0, value)) : Int.max
    }

    func scaled(_ factor: Double) -> MemoryEstimate {
        var scaled = self
        scaled.weights = Self.clamped(Double(weights) * factor)
        scaled.cache = Self.clamped(Double(cache) * factor)
        scaled.compute = Self.clamped(Double(compute) * factor)
        return scaled
    }
}

extension MemoryEstimate {
    /// The estimate for a model file under options.
    ///
    /// - Parameter weights: bytes of all tensors, of all parts of the file.
    init(_ file: GGUFFile, weights: Int, sizes: LlamaOptions.Sizes, options: LlamaOptions) {
        let layers = min(file.integerOfArchitecture("block_count") ?? 0, 4096)
        let width = Double(file.integerOfArchitecture("embedding_length") ?? 0)
        let heads = file.integers("\(file.architecture).attention.head_count", count: layers) ?? []
        // Files of these may name heads, of which the network has none.
        let isRecurrent = Self.recurrent.contains(file.architecture)
        let shared =
            isRecurrent
            ? []
            : file.integers("\(file.architecture).attention.head_count_kv", count: layers) ?? heads
        let headWidth = width / Double(max(1, heads.max() ?? 1))
        let key = file.integerOfArchitecture("attention.key_length").map(Double.init) ?? headWidth
        let value =
            file.integerOfArchitecture("attention.value_length").map(Double.init) ?? headWidth
        let padding = LlamaOptions.cellsPadding
        let cells = isRecurrent ? 0 : Double((sizes.cells + padding - 1) / padding * padding)
        let numbers = shared.reduce(0.0) { $0 + Double(max(0, $1)) * (key + value) }
        let vocabulary = Double(file.vocabularySize)
        func widest(_ key: String) -> Int {
            file.integers("\(file.architecture).\(key)", count: layers)?.max() ?? 0
        }
        let experts = max(1, file.integerOfArchitecture("expert_used_count") ?? 1)
        let hidden = max(
            Double(widest("feed_forward_length")) * Double(experts),
            Double(widest("expert_feed_forward_length")) * Double(experts))
        // Without flash attention, the scores of all heads exist at once.
        let scores = options.flashAttention == .off ? Double(heads.max() ?? 0) * cells : 0
        let step = Double(sizes.tokensPerStep)
        let recurrent = shared.isEmpty ? layers : shared.count { $0 == 0 }
        let states =
            4 * Double(recurrent) * Double(sizes.sequences)
            * Double(1 + max(0, options.recurrentRewind)) * Self.state(of: file, width: width)
        self.weights = weights
        cache = Self.clamped(numbers * cells * options.cacheType.bytesPerNumber + states)
        // The widest layer, or the last one; their memory is used in turn.
        let numbersAtOnce = max(vocabulary + 2 * width, 3 * hidden + 6 * width)
        compute = Self.clamped(
            4 * step * (numbersAtOnce + scores + cells / 2) + 0x100_0000)
        mapsWeights = options.memoryMap
    }

    /// Architectures without any attention.
    private static let recurrent: Set<String> = [
        "mamba", "mamba2", "rwkv6", "rwkv6qwen2", "rwkv7", "arwkv7",
    ]

    /// Numbers in the state of one recurrent layer of one sequence: what a convolution looks back on,
    /// and a Mamba layer's state.
    private static func state(of file: GGUFFile, width: Double) -> Double {
        func number(_ key: String) -> Double? { file.integerOfArchitecture(key).map(Double.init) }
        if let kernel = number("shortconv.l_cache") { return max(0, kernel - 1) * width }
        guard let inner = number("ssm.inner_size"), let state = number("ssm.state_size"),
            let kernel = number("ssm.conv_kernel")
        else { return 0 }
        let groups = number("ssm.group_count") ?? 0
        return max(0, kernel - 1) * (inner + 2 * groups * state) + state * inner
    }
}
