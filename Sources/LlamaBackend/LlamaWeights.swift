import CLlama
public import EmulatedFineTuning
import Synchronization

/// A loaded model file: weights and vocabulary, without a cache.
///
/// Several ``LlamaModel``s can share it, each with its own cache and adapters.
public final class LlamaWeights: @unchecked Sendable {
    // Sendable: libllama does not write to a loaded model, except for its list of adapters, which is
    // touched under a lock.

    public let path: String
    public let vocabulary: Vocabulary
    public let info: LlamaModelInfo
    /// What libllama warned about while it loaded the file.
    public let warnings: [LlamaWarning]
    /// The executor of the device that the weights are on.
    public let executor: DeviceExecutor

    let pointer: OpaquePointer
    package let options: LlamaOptions
    let file: GGUFFile
    let factors: RotaryFactors?
    private let adapters = Mutex<[String: AdapterPointer]>([:])

    /// Loads a model file.
    ///
    /// - Parameters:
    ///   - path: a GGUF file; of a split model, its first part.
    ///   - options: where the weights go. Sizes of the cache are read when a model is made; but the
    ///     rotary factors of a model with other ones for long texts follow the `context` given here.
    ///   - progress: called on this thread while the file is read, with the share that is there, 0 to 1.
    /// - Throws: ``LlamaError``.
    /// - Complexity: reads the whole file, unless it is mapped; blocks the thread.
    public init(
        path: String, options: LlamaOptions = LlamaOptions(),
        progress: (@Sendable (Double) -> Void)? = nil
    ) throws(LlamaError) {
        let file = try GGUFFile(path: path)
        let info = try LlamaModelInfo(file: file, options: options)
        let placement = try options.placement(layers: info.layers)
        try MemoryPlan([
            MemoryDemand(path, info.memory, placement: placement, layers: info.layers)
        ]).require()
        let context = try options.sizes(trainingContext: info.trainingContext).context
        let factors = RotaryFactors(file, context: context)
        let (pointer, lines) = LlamaLog.capturing {
            Self.load(
                file, placement: placement, factors: factors, options: options, progress: progress)
        }
        guard let pointer else {
            throw Self.refusal(path: path, architecture: info.architecture, lines: lines)
        }
        do {
            try Self.requireDecoder(pointer, path: path)
            vocabulary = try Vocabulary(
                llama: llama_model_get_vocab(pointer), path: path,
                preTokenizer: file.string("tokenizer.ggml.pre"))
        } catch {
            llama_model_free(pointer)
            throw error
        }
        self.path = path
        self.pointer = pointer
        warnings = LlamaWarning.warnings(in: lines)
        self.options = options
        self.file = file
        self.factors = factors
        self.info = info
        executor = .shared(device: placement.name)
    }

    deinit {
        // Adapters that are still loaded go with the model.
        llama_model_free(pointer)
    }

    /// The vocabulary of a file, without its weights.
    ///
    /// - Throws: ``LlamaError``.
    /// - Complexity: O(metadata).
    public static func vocabulary(of path: String) throws(LlamaError) -> Vocabulary {
        let file = try GGUFFile(path: path)
        _ = try LlamaModelInfo(file: file, options: LlamaOptions())
        let (pointer, lines) = LlamaLog.capturing { loadVocabulary(path) }
        guard let pointer else {
            throw refusal(path: path, architecture: file.architecture, lines: lines)
        }
        defer { llama_model_free(pointer) }
        return try Vocabulary(
            llama: llama_model_get_vocab(pointer), path: path,
            preTokenizer: file.string("tokenizer.ggml.pre"))
    }

    /// The tokenizer of the model's vocabulary.
    public var tokenizer: LlamaTokenizer { LlamaTokenizer(weights: self) }

    /// The template that the model carries, as its makers wrote it (Jinja); nil if it has none.
    public var chatTemplateText: String? {
        llama_model_chat_template(pointer, nil).map { String(cString: $0) }
    }

    /// How far caches of the model can be cut back; `snapshots` is what a context really keeps.
    func rewindClass(snapshots: Int) -> RewindClass {
        guard llama_model_is_recurrent(pointer) || llama_model_is_hybrid(pointer) else {
            return .full
        }
        return snapshots > 0 ? .partial(snapshots) : .none
    }

    // MARK: Adapters

    /// The adapter of a file, and what libllama warned about; loaded once, however many models use it.
    func adapter(
        _ path: String
    ) throws(LlamaError) -> (pointer: OpaquePointer, warnings: [LlamaWarning]) {
        let result = adapters.withLock { adapters -> Result<AdapterPointer, LlamaError> in
            if let known = adapters[path] { return .success(known) }
            return Result { () throws(LlamaError) in
                let loaded = try self.loadAdapter(path)
                adapters[path] = loaded
                return loaded
            }
        }
        let adapter = try result.get()
        return (adapter.pointer, adapter.warnings)
    }

    private func loadAdapter(_ path: String) throws(LlamaError) -> AdapterPointer {
        let adapter = try GGUFFile(path: path)
        let kind = adapter.string("general.type") ?? "model"
        guard kind == "adapter", adapter.string("adapter.type") == "lora" else {
            let found = kind == "adapter" ? "another kind of adapter" : "a \(kind)"
            throw .wrongKind(path: path, wanted: "a LoRA adapter", found: found)
        }
        guard adapter.architecture == file.architecture else {
            throw .adapterFailed(
                path: path,
                reason: "it is for the architecture `\(adapter.architecture)`, and "
                    + "`\(self.path)` has `\(file.architecture)`")
        }
        guard adapter.float("adapter.lora.alpha") != nil else {
            throw .adapterFailed(path: path, reason: "it does not say its `adapter.lora.alpha`")
        }
        let (pointer, lines) = LlamaLog.capturing { llama_adapter_lora_init(self.pointer, path) }
        guard let pointer else {
            throw .adapterFailed(path: path, reason: LlamaLog.reason(lines))
        }
        guard llama_adapter_get_alora_n_invocation_tokens(pointer) == 0 else {
            llama_adapter_lora_free(pointer)
            throw .adapterFailed(
                path: path, reason: "it acts only after certain tokens, which is not supported")
        }
        return AdapterPointer(pointer: pointer, warnings: LlamaWarning.warnings(in: lines))
    }

    /// A loaded adapter.
    private struct AdapterPointer: @unchecked Sendable {
        // Sendable: libllama does not write to a loaded adapter.
        let pointer: OpaquePointer
        let warnings: [LlamaWarning]
    }
}
