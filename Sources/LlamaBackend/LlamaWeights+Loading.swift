import CLlama

extension LlamaWeights {
    /// Loads the file; nil when libllama refuses, which then has logged why.
    static func load(
        _ file: GGUFFile, placement: LlamaOptions.Placement, factors: RotaryFactors?,
        options: LlamaOptions, progress: (@Sendable (Double) -> Void)?
    ) -> OpaquePointer? {
        var parameters = llama_model_default_params()
        parameters.n_gpu_layers = Int32(clamping: placement.layers)
        parameters.load_mode =
            switch (options.memoryMap, options.lockMemory) {
            case (false, false): LLAMA_LOAD_MODE_NONE
            case (false, true): LLAMA_LOAD_MODE_MLOCK
            case (true, false): LLAMA_LOAD_MODE_MMAP
            case (true, true): LLAMA_LOAD_MODE_MMAP_MLOCK
            }
        parameters.use_extra_bufts = options.repack
        // A list, even an empty one, keeps the library from using every accelerator it finds.
        var devices: [ggml_backend_dev_t?] = placement.devices.map {
            ggml_backend_dev_by_name($0.name)
        }
        devices.append(nil)
        let overrides = factors?.overrides(file) ?? []
        let listener = progress.map(ProgressListener.init)
        if let listener {
            parameters.progress_callback = { share, listener in
                guard let listener else { return true }
                Unmanaged<ProgressListener>.fromOpaque(listener).takeUnretainedValue()
                    .report(Double(share))
                return true
            }
            parameters.progress_callback_user_data =
                Unmanaged.passUnretained(listener).toOpaque()
        }
        return withExtendedLifetime(listener) {
            devices.withUnsafeMutableBufferPointer { devices in
                overrides.withUnsafeBufferPointer { overrides in
                    parameters.devices = devices.baseAddress
                    parameters.kv_overrides = overrides.isEmpty ? nil : overrides.baseAddress
                    return llama_model_load_from_file(file.path, parameters)
                }
            }
        }
    }

    /// What libllama's callback calls.
    private final class ProgressListener {
        let report: @Sendable (Double) -> Void

        init(_ report: @escaping @Sendable (Double) -> Void) { self.report = report }
    }

    /// Loads vocabulary and metadata only.
    static func loadVocabulary(_ path: String) -> OpaquePointer? {
        var parameters = llama_model_default_params()
        parameters.vocab_only = true
        parameters.n_gpu_layers = 0
        return llama_model_load_from_file(path, parameters)
    }

    static func refusal(path: String, architecture: String, lines: [String]) -> LlamaError {
        if lines.contains(where: { $0.contains("unknown model architecture") }) {
            return .unsupportedArchitecture(path: path, architecture: architecture)
        }
        return .loadFailed(path: path, reason: LlamaLog.reason(lines))
    }

    static func requireDecoder(_ model: OpaquePointer, path: String) throws(LlamaError) {
        if !llama_model_has_decoder(model) {
            throw .notADecoder(path: path, reason: "is an encoder only")
        }
        if llama_model_has_encoder(model) {
            throw .notADecoder(path: path, reason: "needs an encoder beside it")
        }
        if llama_model_is_diffusion(model) {
            throw .notADecoder(path: path, reason: "is a diffusion model")
        }
    }
}
