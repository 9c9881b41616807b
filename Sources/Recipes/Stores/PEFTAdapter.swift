import Foundation

/// A LoRA adapter as PEFT saves it: `adapter_config.json` and `adapter_model.safetensors`.
struct PEFTAdapter {
    let folder: ModelFolder
    /// The model that it was trained over: a repository's name, or a folder.
    let baseName: String?

    static let weights = "adapter_model.safetensors"

    private struct Configuration: Decodable {
        var peftType: String?
        var baseModelNameOrPath: String?
        var useRslora: Bool?
        var useDora: Bool?
        var alphaPattern: [String: Double]?
        var modulesToSave: [String]?
        var loraBias: Bool?

        /// What a GGUF adapter cannot say, or the converter would drop.
        var obstacle: String? {
            if let peftType, peftType != "LORA" { return "it is of the type \(peftType), not LORA" }
            if useRslora == true { return "it is scaled by the root of its rank (`use_rslora`)" }
            if useDora == true { return "it has magnitudes (`use_dora`)" }
            if alphaPattern?.isEmpty == false {
                return "its layers are scaled differently (`alpha_pattern`)"
            }
            if loraBias == true { return "it has biases (`lora_bias`)" }
            if let modulesToSave, !modulesToSave.isEmpty {
                return "it replaces whole layers (`modules_to_save`)"
            }
            return nil
        }
    }

    /// The adapter of a folder; nil when it is none.
    ///
    /// - Throws: ``ModelStoreError``: it cannot be read, or says what GGUF cannot say.
    init?(_ folder: ModelFolder) throws(ModelStoreError) {
        guard folder.files.contains(ModelFolder.adapterConfiguration) else { return nil }
        self.folder = folder
        guard folder.files.contains(Self.weights) else {
            throw .noModel(
                folder: folder.path,
                wanted: "PEFT's `\(Self.weights)` next to `adapter_config.json`",
                reason: folder.files.contains("adapter_model.bin")
                    ? "has PyTorch's older `adapter_model.bin`. Save the adapter again with "
                        + "`safe_serialization=True`."
                    : "has none. Download all of the adapter.")
        }
        let path = "\(folder.path)/\(ModelFolder.adapterConfiguration)"
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard let data = try? FileBytes.read(path, upTo: 1 << 20),
            let configuration = try? decoder.decode(Configuration.self, from: data)
        else {
            throw .noModel(
                folder: folder.path, wanted: "PEFT's `adapter_config.json`",
                reason: "has one that is not JSON of that form. Save or download the adapter again."
            )
        }
        if let obstacle = configuration.obstacle {
            throw .unusable(
                name: folder.path,
                reason:
                    "cannot be written as a GGUF adapter: \(obstacle). Merge it into its base model with "
                    + "PEFT's `merge_and_unload()`, save that, and name its folder under `file:`.")
        }
        baseName = configuration.baseModelNameOrPath
    }

    /// The folder with the `config.json` of the base model: the folder that the member was converted from,
    /// the adapter's own folder, or what the adapter names, a folder or a repository in the cache.
    func base(
        _ member: String?, in cache: HuggingFaceCache
    ) throws(ModelStoreError) -> String {
        let named = baseName.flatMap { $0.hasPrefix("/") ? $0 : cache.snapshot(of: $0) }
        for candidate in [member, folder.path, named] {
            if let candidate,
                FileBytes.size("\(candidate)/\(ModelFolder.configuration)") != nil
            {
                return candidate
            }
        }
        let isRepository =
            baseName?.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9_.-]*\/[A-Za-z0-9][A-Za-z0-9_.-]*/)
            != nil
        throw .noBase(
            adapter: folder.path, base: baseName,
            remedy: isRepository
                ? "Download it (a few KB) with: hf download \(baseName ?? "") \(ModelFolder.configuration)"
                : "Copy it there with: cp BASE/\(ModelFolder.configuration) \(folder.path.shellWord)/"
        )
    }
}
