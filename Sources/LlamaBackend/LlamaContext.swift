import CLlama
import EmulatedFineTuning

/// A libllama context: the cache of a model's sequences, and the rows of its last pass.
///
/// Used by one thread at a time, that of the model's executor.
final class LlamaContext: @unchecked Sendable {
    // Sendable: only the owning model's actor calls it; rows borrow its memory and hold it.

    let pointer: OpaquePointer
    let memory: OpaquePointer
    let vocabularySize: Int
    /// What libllama warned about while it made the context and laid the adapters over the weights.
    let warnings: [LlamaWarning]
    private let demand: Demand
    private let weights: LlamaWeights
    private var batch: llama_batch

    /// Makes a context with empty caches.
    init(
        _ weights: LlamaWeights, sizes: LlamaOptions.Sizes, options: LlamaOptions,
        adapters: [LlamaAdapter]
    ) throws(LlamaError) {
        var parameters = llama_context_default_params()
        parameters.n_ctx = UInt32(sizes.cells)
        parameters.n_batch = UInt32(sizes.tokensPerPass)
        parameters.n_ubatch = UInt32(sizes.tokensPerStep)
        parameters.n_seq_max = UInt32(sizes.sequences)
        parameters.n_rs_seq = UInt32(options.recurrentRewind)
        parameters.n_threads = Int32(sizes.threads)
        parameters.n_threads_batch = Int32(sizes.threads)
        parameters.flash_attn_type = options.flashAttention.llama
        parameters.type_k = options.cacheType.ggml
        parameters.type_v = options.cacheType.ggml
        parameters.no_perf = true
        // Sliding windows keep everything, so that sequences can be cut back.
        parameters.swa_full = true
        // One pool of cells for all sequences, so that they can share a prefix.
        parameters.kv_unified = true
        let (created, lines) = LlamaLog.capturing {
            llama_init_from_model(weights.pointer, parameters)
        }
        guard let created else {
            throw .contextFailed(path: weights.path, reason: LlamaLog.reason(lines))
        }
        var warnings = LlamaWarning.warnings(in: lines)
        do throws(LlamaError) {
            guard let memory = llama_get_memory(created) else {
                throw .notADecoder(path: weights.path, reason: "keeps no cache")
            }
            warnings += try Self.apply(adapters, of: weights, to: created)
            self.memory = memory
        } catch {
            llama_free(created)
            throw error
        }
        pointer = created
        self.warnings = warnings
        self.weights = weights
        let demand = Demand()
        self.demand = demand
        vocabularySize = weights.vocabulary.count
        batch = llama_batch_init(Int32(llama_n_batch(created)), 0, Int32(sizes.sequences))
        llama_set_abort_callback(
            created,
            { demand in
                guard let demand else { return false }
                return !Unmanaged<Demand>.fromOpaque(demand).takeUnretainedValue().isWanted()
            },
            Unmanaged.passUnretained(demand).toOpaque())
    }

    deinit {
        llama_batch_free(batch)
        llama_free(pointer)
    }

    // MARK: Sizes

    /// Cells that the context really has: what was asked for, rounded up.
    var cells: Int { Int(llama_n_ctx(pointer)) }
    var tokensPerPass: Int { Int(llama_n_batch(pointer)) }
    /// States that a recurrent model really keeps to go back to.
    var snapshots: Int { Int(llama_n_rs_seq(pointer)) }
    var slidingWindow: Int? {
        let window = Int(llama_model_n_swa(weights.pointer))
        return window > 0 ? window : nil
    }

    // MARK: Passes

    /// Empties the batch.
    func clear() { batch.n_tokens = 0 }

    /// Appends a token of a sequence, and of those that go along, to the batch, which must have room for it.
    func append(
        token: Int, position: Int, sequence: Int, along others: some Sequence<Int>, scored: Bool
    ) {
        let index = Int(batch.n_tokens)
        batch.token[index] = llama_token(token)
        batch.pos[index] = llama_pos(position)
        batch.seq_id[index]?[0] = llama_seq_id(sequence)
        var count = 1
        for other in others {
            batch.seq_id[index]?[count] = llama_seq_id(other)
            count += 1
        }
        batch.n_seq_id[index] = Int32(count)
        batch.logits[index] = scored ? 1 : 0
        batch.n_tokens += 1
    }

    /// Sets how many threads the next passes run on.
    func setThreads(_ count: Int) { llama_set_n_threads(pointer, Int32(count), Int32(count)) }

    /// Runs the batch as long as it is wanted; the code is that of `llama_decode`.
    func decode(while isWanted: @escaping @Sendable () -> Bool) -> (code: Int32, lines: [String]) {
        demand.isWanted = isWanted
        defer { demand.isWanted = { true } }
        let (code, lines) = LlamaLog.capturing { llama_decode(pointer, batch) }
        return (code, lines)
    }

    /// The logits after the token at an index of the batch, `[vocabulary]`; valid until the next pass.
    func row(_ index: Int) -> UnsafeBufferPointer<Float>? {
        llama_get_logits_ith(pointer, Int32(index)).map {
            UnsafeBufferPointer(start: $0, count: vocabularySize)
        }
    }

    // MARK: Caches

    /// Removes the tokens of a sequence from `length` on; false when the cache cannot do that.
    func cut(_ sequence: Int, to length: Int) -> Bool {
        llama_memory_seq_rm(
            memory, llama_seq_id(sequence), length == 0 ? -1 : llama_pos(length), -1)
    }

    func copy(_ source: Int, to target: Int, length: Int) {
        llama_memory_seq_cp(
            memory, llama_seq_id(source), llama_seq_id(target), 0, llama_pos(length))
    }

    /// The first position that the cache still holds of a sequence, nil if it is empty.
    func firstPosition(_ sequence: Int) -> Int? {
        let position = llama_memory_seq_pos_min(memory, llama_seq_id(sequence))
        return position < 0 ? nil : Int(position)
    }

    private static func apply(
        _ adapters: [LlamaAdapter], of weights: LlamaWeights, to context: OpaquePointer
    ) throws(LlamaError) -> [LlamaWarning] {
        guard !adapters.isEmpty else { return [] }
        var warnings: [LlamaWarning] = []
        var pointers: [OpaquePointer?] = []
        var scales: [Float] = []
        for adapter in adapters {
            guard adapter.scale.isFinite else {
                throw .invalidOption(
                    "an adapter's scale must be finite, but it is \(adapter.scale)")
            }
            guard
                !adapters.dropFirst(pointers.count + 1).contains(where: { $0.path == adapter.path })
            else {
                throw .invalidOption(
                    "an adapter can be laid over a model once, but "
                        + "`\(adapter.path)` is named twice")
            }
            let loaded = try weights.adapter(adapter.path)
            pointers.append(loaded.pointer)
            warnings += loaded.warnings
            scales.append(adapter.scale)
        }
        let (code, lines) = LlamaLog.capturing {
            llama_set_adapters_lora(context, &pointers, pointers.count, &scales)
        }
        guard code == 0 else {
            throw .contextFailed(path: weights.path, reason: LlamaLog.reason(lines))
        }
        return warnings + LlamaWarning.warnings(in: lines)
    }
}

/// Whether the pass that is running is still wanted: libllama asks between the steps of the network.
private final class Demand {
    /// Written between passes, by the thread that runs them.
    var isWanted: @Sendable () -> Bool = { true }
}
