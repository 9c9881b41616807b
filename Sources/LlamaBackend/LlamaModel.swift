public import EmulatedFineTuning

/// A member that libllama runs in this process: weights, adapters, and the caches of its sequences.
///
/// ```swift
/// let weights = try LlamaWeights(path: "qwen3-4b.gguf")
/// let base = try LlamaModel(weights)
/// let tuned = try LlamaModel(weights, adapters: [LlamaAdapter(path: "chat-lora.gguf")])
/// ```
///
/// Rows of scores are borrowed from libllama and valid until this model's next pass.
public actor LlamaModel: LanguageModel {
    public nonisolated let weights: LlamaWeights
    public nonisolated let adapters: [LlamaAdapter]
    public nonisolated let limits: ModelLimits
    /// What libllama warned about while it loaded the weights and the adapters, and made the context.
    public nonisolated var warnings: [LlamaWarning] { weights.warnings + context.warnings }
    nonisolated let context: LlamaContext
    nonisolated let slidingWindow: Int?

    /// How many threads passes run on, where that is chosen while decoding.
    var threadChoice: ThreadChoice?
    /// The number of threads that passes run on at present.
    public private(set) var threads: Int

    /// Tokens that the cache holds of each sequence.
    var lengths: [Int]
    /// Tokens that the last pass appended to each sequence: what a recurrent cache can take back.
    var lastAppended: [Int]

    /// Makes a member with empty caches.
    ///
    /// - Parameters:
    ///   - weights: may be shared with other members.
    ///   - options: the sizes; nil: those that the weights were loaded with. Options about where the
    ///     weights go have no effect here.
    ///   - adapters: laid over the weights, for this member only.
    /// - Throws: ``LlamaError``.
    /// - Complexity: allocates the cache; blocks the thread.
    public init(
        _ weights: LlamaWeights, options: LlamaOptions? = nil, adapters: [LlamaAdapter] = []
    ) throws(LlamaError) {
        let options = options ?? weights.options
        let sizes = try options.sizes(trainingContext: weights.info.trainingContext)
        guard RotaryFactors(weights.file, context: sizes.context) == weights.factors else {
            throw .invalidOption(
                "texts of \(sizes.context) tokens need other rotary factors than those that the weights "
                    + "were loaded with. Load them with the same `context`")
        }
        // The weights are there already.
        let estimate = MemoryEstimate(weights.file, weights: 0, sizes: sizes, options: options)
        try MemoryPlan([
            MemoryDemand(
                weights.path, estimate,
                placement: weights.options.placement(layers: weights.info.layers),
                layers: weights.info.layers)
        ]).require()
        context = try LlamaContext(weights, sizes: sizes, options: options, adapters: adapters)
        threads = sizes.threads
        // On an accelerator the threads do little.
        let layers = try weights.options.placement(layers: weights.info.layers).layers
        if options.threads == nil, layers == 0 { threadChoice = ThreadChoice(most: sizes.threads) }
        self.weights = weights
        self.adapters = adapters
        limits = ModelLimits(
            context: sizes.context, cells: context.cells, tokensPerPass: context.tokensPerPass,
            sequences: sizes.sequences,
            rewind: weights.rewindClass(snapshots: context.snapshots))
        slidingWindow = context.slidingWindow
        lengths = Array(repeating: 0, count: sizes.sequences)
        lastAppended = lengths
    }

    /// Loads a model file and makes a member of it.
    ///
    /// - Throws: ``LlamaError``.
    public init(
        path: String, options: LlamaOptions = LlamaOptions(), adapters: [LlamaAdapter] = []
    ) throws(LlamaError) {
        try self.init(LlamaWeights(path: path, options: options), adapters: adapters)
    }

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        weights.executor.asUnownedSerialExecutor()
    }

    public nonisolated var executor: (any SerialExecutor)? { weights.executor }

    /// Where sequences have cells in common, which recurrent states are not.
    public nonisolated var takesCompanions: Bool { limits.rewind == .full }

    public nonisolated var vocabulary: Vocabulary { weights.vocabulary }

    public nonisolated var tokenizer: LlamaTokenizer { weights.tokenizer }

    /// A point in time.
    private static let origin = ContinuousClock.now

    /// Runs a pass on as many threads as are best for it, and takes in how long it took.
    func timed<Result>(width: Int, _ body: () -> (Result, isWhole: Bool)) -> Result {
        let now = (ContinuousClock.now - Self.origin) / .seconds(1)
        guard let wanted = threadChoice?.threads(width: width, now: now) else { return body().0 }
        if wanted != threads {
            context.setThreads(wanted)
            threads = wanted
        }
        let start = ContinuousClock.now
        let (result, isWhole) = body()
        if isWhole {
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            threadChoice?.record(width: width, seconds: seconds)
        }
        return result
    }

    /// Tokens that the cache holds of a sequence; 0 for sequences that there are not.
    public func length(of sequence: SequenceID) -> Int {
        lengths.indices.contains(sequence) ? lengths[sequence] : 0
    }
}
