import CLlama

extension LlamaOptions {
    /// Sizes of a context, checked: what libllama would abort on has been refused.
    package struct Sizes: Equatable {
        package var context: Int
        package var cells: Int
        package var sequences: Int
        package var tokensPerPass: Int
        package var threads: Int

        /// Tokens that the library computes at once; a wider pass is split inside it.
        var tokensPerStep: Int
    }

    /// Where a model goes.
    struct Placement {
        /// Layers on accelerators.
        var layers: Int
        /// The accelerators, empty for the CPU.
        var devices: [LlamaDevice]

        /// The name of the executor: members with the same name take turns.
        var name: String {
            devices.isEmpty ? "CPU" : devices.map(\.name).joined(separator: "+")
        }
    }

    /// Tokens that a context never exceeds unless asked to.
    static let defaultContext = 8192

    /// libllama pads contexts to this many cells.
    static let cellsPadding = 256

    /// Tokens that the library computes at once. A pass is given up between operations, so fewer on a CPU, where
    /// one operation over 512 tokens can take a tenth of a second. That is no slower there, and takes less memory.
    private var tokensPerStep: Int {
        let accelerators = gpuLayers == 0 ? [] : LlamaRuntime.devices.filter(\.isAccelerator)
        return accelerators.isEmpty ? 128 : 512
    }

    /// - Throws: ``LlamaError/invalidOption(_:)``.
    package func sizes(trainingContext: Int) throws(LlamaError) -> Sizes {
        let most = Int(Int32.max) - Self.cellsPadding
        func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws(LlamaError) {
            guard range.contains(value) else {
                throw .invalidOption(
                    "`\(name)` must be from \(range.lowerBound) to \(range.upperBound), "
                        + "but it is \(value)")
            }
        }
        let trained = trainingContext > 0 ? trainingContext : Self.defaultContext
        let context = self.context ?? min(trained, Self.defaultContext)
        try check("context", context, 1...most)
        if trainingContext > 0, context > trainingContext {
            throw .invalidOption(
                "`context` must be at most the \(trainingContext) tokens that the model was "
                    + "trained on, but it is \(context)")
        }
        try check("sequences", sequences, 1...llama_max_parallel_sequences())
        // Both factors are below 2³¹: the product fits.
        let cells = self.cells ?? context * sequences
        try check("cells", cells, context...most)
        // libllama makes room for a row of every sequence, and aborts when a pass could not hold them.
        try check("cells", cells, sequences...most)
        try check("tokensPerPass", tokensPerPass, sequences...(1 << 20))
        let threads = self.threads ?? Machine.cores
        try check("threads", threads, 1...Int(GGML_MAX_N_THREADS))
        try check("recurrentRewind", recurrentRewind, 0...64)
        if cacheType.isQuantised, flashAttention == .off {
            throw .invalidOption(
                "`cacheType` \(cacheType.rawValue) needs flash attention, but it is off")
        }
        let wide = min(tokensPerPass, cells)
        return Sizes(
            context: context, cells: cells, sequences: sequences, tokensPerPass: wide,
            threads: threads, tokensPerStep: min(wide, tokensPerStep))
    }

    /// - Throws: ``LlamaError/noAccelerator(wanted:devices:)``, ``LlamaError/invalidOption(_:)``.
    func placement(layers count: Int) throws(LlamaError) -> Placement {
        if let gpuLayers, gpuLayers < 0 {
            throw .invalidOption("`gpuLayers` must be 0 or more, but it is \(gpuLayers)")
        }
        if gpuLayers == 0 { return Placement(layers: 0, devices: []) }
        let all = LlamaRuntime.devices
        var devices = all.filter(\.isAccelerator)
        if let device {
            devices = devices.filter { $0.name == device }
            if devices.isEmpty {
                throw .noAccelerator(
                    wanted: "`device` asks for the accelerator `\(device)`",
                    devices: all.map(\.name))
            }
        }
        if devices.isEmpty {
            guard let gpuLayers else { return Placement(layers: 0, devices: []) }
            throw .noAccelerator(
                wanted: "`gpuLayers` asks for \(gpuLayers) layers on an accelerator",
                devices: all.map(\.name))
        }
        // One more than the layers: the output matrix counts as one.
        return Placement(layers: min(gpuLayers ?? Int.max, count + 1), devices: devices)
    }
}

extension LlamaOptions.CacheType {
    var ggml: ggml_type {
        switch self {
        case .f32: GGML_TYPE_F32
        case .f16: GGML_TYPE_F16
        case .bf16: GGML_TYPE_BF16
        case .q8: GGML_TYPE_Q8_0
        case .q5: GGML_TYPE_Q5_0
        case .q4: GGML_TYPE_Q4_0
        }
    }

    /// Bytes of one number, the scales of its block included.
    var bytesPerNumber: Double {
        Double(ggml_type_size(ggml)) / Double(ggml_blck_size(ggml))
    }
}

extension LlamaOptions.FlashAttention {
    var llama: llama_flash_attn_type {
        switch self {
        case .automatic: LLAMA_FLASH_ATTN_TYPE_AUTO
        case .on: LLAMA_FLASH_ATTN_TYPE_ENABLED
        case .off: LLAMA_FLASH_ATTN_TYPE_DISABLED
        }
    }
}
