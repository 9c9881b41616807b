/// How a model is loaded, and how much it can hold.
///
/// The defaults suit a chat with a few sequences; comparisons with another engine at 1e-4 need
/// ``cacheType`` `.f32` and ``flashAttention`` `.off`.
public struct LlamaOptions: Sendable, Equatable {
    /// Layers to put on accelerators; nil: all if there is one, otherwise none.
    public var gpuLayers: Int?
    /// The accelerator to use, by its name in ``LlamaRuntime/devices``; nil: all that there are.
    public var device: String?
    /// Number of CPU threads; nil: chosen while decoding from what passes take, from one up to one for each
    /// physical core that the process may use.
    public var threads: Int?
    /// Whether the file is mapped instead of read: several processes then share its memory.
    public var memoryMap: Bool
    /// Whether the weights are locked into memory, so that they are never swapped out.
    public var lockMemory: Bool
    /// Whether weights are rearranged while loading, for kernels of this processor that are faster. Rearranged
    /// weights are not shared with other processes.
    public var repack: Bool
    /// The numbers that the cache is made of.
    public var cacheType: CacheType
    public var flashAttention: FlashAttention
    /// Tokens that one sequence can hold; nil: as many as the model was trained on, at most 8192.
    public var context: Int?
    /// Sequences that can be held at once, 1 to 256.
    public var sequences: Int
    /// Tokens that all sequences together can hold; nil: `context` for each.
    ///
    /// Sequences that share a prefix hold it once.
    public var cells: Int?
    /// Tokens that one pass can carry; at least one for each sequence.
    ///
    /// The library sets memory aside for the rows of all of them: 4 bytes × vocabulary × tokens.
    public var tokensPerPass: Int
    /// States that a recurrent model keeps for each sequence, so that it can go back; few can.
    ///
    /// The library calls this experimental. Attention models need none and ignore it.
    public var recurrentRewind: Int

    public init(
        gpuLayers: Int? = nil, device: String? = nil, threads: Int? = nil, memoryMap: Bool = true,
        lockMemory: Bool = false, repack: Bool = true, cacheType: CacheType = .f16,
        flashAttention: FlashAttention = .automatic, context: Int? = nil, sequences: Int = 4,
        cells: Int? = nil, tokensPerPass: Int = 512, recurrentRewind: Int = 0
    ) {
        self.gpuLayers = gpuLayers
        self.device = device
        self.threads = threads
        self.memoryMap = memoryMap
        self.lockMemory = lockMemory
        self.repack = repack
        self.cacheType = cacheType
        self.flashAttention = flashAttention
        self.context = context
        self.sequences = sequences
        self.cells = cells
        self.tokensPerPass = tokensPerPass
        self.recurrentRewind = recurrentRewind
    }

    /// As many threads as there are cores to compute on.
    package static var mostThreads: Int { Machine.cores }

    /// The numbers that a cache is made of. Quantised ones need flash attention.
    public enum CacheType: String, Sendable, Equatable, CaseIterable {
        case f32, f16, bf16
        case q8 = "q8_0"
        case q5 = "q5_0"
        case q4 = "q4_0"

        /// Whether the type packs blocks of numbers, which only flash attention can read.
        public var isQuantised: Bool {
            switch self {
            case .f32, .f16, .bf16: false
            case .q8, .q5, .q4: true
            }
        }
    }

    /// Whether attention is computed in one fused step, which is faster and rounds differently.
    public enum FlashAttention: String, Sendable, Equatable, CaseIterable {
        case automatic, on, off
    }
}
