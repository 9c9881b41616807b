import EmulatedFineTuning
import LlamaBackend
import Yams

extension GenerationDefaults {
    package static let keys = [
        "temperature", "top_k", "top_p", "min_p", "repetition_penalty", "presence_penalty",
        "frequency_penalty", "logit_bias", "max_tokens", "stop",
    ]

    /// Reads `sampling`, `speculation`, `drafts` and `coupling` of a file's root.
    package init(_ root: YAMLMapping) throws(RecipeError) {
        self.init()
        coupling = try root.choice("coupling", Coupling.self) ?? coupling
        if let text = try root.text("speculation") {
            guard let chosen = Speculation(text) else {
                throw .invalid(
                    at: root.place(of: "speculation"),
                    reason: "must be auto, off, or a block length from 0 to 1024: `\(text)` is not."
                )
            }
            speculation = chosen
        }
        if let names = try root.texts("drafts") {
            guard let sources = Set<DraftSource>(names.joined(separator: ",")) else {
                throw .invalid(
                    at: root.place(of: "drafts"),
                    reason: "must name some of \(Set<DraftSource>.all.names), each once.")
            }
            drafts = sources
        }
        guard let mapping = try root.mapping("sampling", known: Self.keys) else { return }
        sampling.temperature = try mapping.number("temperature", in: 0...100) ?? 1
        sampling.topK = try mapping.integer("top_k", in: 1...1_000_000_000)
        sampling.topP = try mapping.number("top_p", in: 0...1) ?? 1
        sampling.minP = try mapping.number("min_p", in: 0...1) ?? 0
        sampling.repetitionPenalty = try mapping.number("repetition_penalty", in: 0.01...100) ?? 1
        sampling.presencePenalty = try mapping.number("presence_penalty", in: -100...100) ?? 0
        sampling.frequencyPenalty = try mapping.number("frequency_penalty", in: -100...100) ?? 0
        maxTokens = try mapping.integer("max_tokens", in: 1...1_000_000_000)
        stop = try mapping.texts("stop") ?? []
        guard let biases = try mapping.mapping("logit_bias", known: nil) else { return }
        for key in biases.keys {
            guard let token = Int(key), token >= 0 else {
                throw .wrongType(
                    at: biases.place(of: key), expected: "a token id as key", received: "`\(key)`")
            }
            sampling.logitBias[token] = try biases.number(key, in: -1000...1000) ?? 0
        }
    }
}

extension LlamaOptions {
    static let keys = [
        "threads", "gpu_layers", "device", "memory_map", "lock_memory", "repack",
        "cache_type", "flash_attention", "sequences", "cells", "tokens_per_pass",
    ]

    init(_ root: YAMLMapping) throws(RecipeError) {
        self.init(sequences: 1)
        context = try root.integer("context", in: 2...100_000_000)
        guard let mapping = try root.mapping("engine", known: Self.keys) else { return }
        threads =
            mapping.node("threads")?.scalar?.string == "auto"
            ? nil : try mapping.integer("threads", in: 1...1024)
        gpuLayers = try mapping.integer("gpu_layers", in: 0...10_000)
        device = try mapping.text("device")
        memoryMap = try mapping.flag("memory_map") ?? memoryMap
        lockMemory = try mapping.flag("lock_memory") ?? lockMemory
        repack = try mapping.flag("repack") ?? repack
        cacheType = try mapping.choice("cache_type", CacheType.self) ?? cacheType
        flashAttention =
            try mapping.choice("flash_attention", FlashAttention.self) ?? flashAttention
        sequences = try mapping.integer("sequences", in: 1...256) ?? sequences
        cells = try mapping.integer("cells", in: 2...1_000_000_000)
        tokensPerPass = try mapping.integer("tokens_per_pass", in: 1...1_000_000) ?? tokensPerPass
    }
}
