import Foundation

/// A folder that stands for the one model, or the one adapter, in it.
struct ModelFolder {
    let path: String
    /// Its files, sorted; those of folders in it are not among them.
    let files: [String]

    static let configuration = "config.json"
    static let adapterConfiguration = "adapter_config.json"

    init(_ path: String) throws(ModelStoreError) {
        self.path = path
        guard let files = try? FileManager.default.contentsOfDirectory(atPath: path) else {
            // Foundation's error is a paragraph; the system's is two words.
            let folder = opendir(path)
            let reason =
                folder == nil
                ? String(cString: strerror(errno)).lowercased() : "it cannot be listed"
            if let folder { closedir(folder) }
            throw .unreadable(path: path, reason: reason)
        }
        self.files = files.sorted()
    }

    /// The GGUF file; nil where there is none, but safetensors with their `config.json`.
    ///
    /// - Throws: ``ModelStoreError/severalModels(folder:files:)``,
    ///   ``ModelStoreError/noModel(folder:wanted:reason:)``.
    func model() throws(ModelStoreError) -> String? {
        let wanted = "one GGUF file, or safetensors with their `config.json`"
        if let file = try oneGGUF() { return file }
        if files.contains(Self.adapterConfiguration) {
            throw .noModel(
                folder: path, wanted: wanted,
                reason:
                    "is a LoRA adapter. Name it under `lora:`, and its base model under `file:`.")
        }
        let hasConfiguration = files.contains(Self.configuration)
        if hasConfiguration, files.contains(where: { $0.hasSuffix(".safetensors") }) { return nil }
        let pickled = files.contains { $0.hasPrefix("pytorch_model") && $0.hasSuffix(".bin") }
        throw .noModel(
            folder: path, wanted: wanted,
            reason: pickled
                ? "has PyTorch's older files. Save the model again with `safe_serialization=True`."
                : hasConfiguration
                    ? "has only a `config.json`. Download all of the model."
                    : "has \(files.isEmpty ? "nothing" : "none"). Name the model's folder or file.")
    }

    /// The GGUF file of an adapter.
    func adapter() throws(ModelStoreError) -> String {
        if let file = try oneGGUF() { return file }
        throw .noModel(
            folder: path,
            wanted:
                "one GGUF file, or PEFT's `adapter_config.json` and `adapter_model.safetensors`",
            reason: "has neither. Name the folder that `save_pretrained` of the adapter wrote.")
    }

    private func oneGGUF() throws(ModelStoreError) -> String? {
        let models = Self.models(files)
        guard models.count <= 1 else { throw .severalModels(folder: path, files: models) }
        guard let file = models.first else { return nil }
        if let part = file.wholeMatch(of: /.*-(\d{5})-of-(\d{5})\.gguf/), part.1 != "00001" {
            throw .noModel(
                folder: path, wanted: "all parts of a split model",
                reason: "has no part 1 of \(Int(part.2) ?? 0). Download the missing parts.")
        }
        return "\(path)/\(file)"
    }

    /// GGUF files that are models; a split model is its first part.
    static func models(_ files: [String]) -> [String] {
        var models: [String] = []
        var split: Set<Substring> = []
        for file in files.sorted() where file.hasSuffix(".gguf") {
            // What goes with a model: its projector for images, statistics for quantising.
            guard !file.contains("mmproj"), !file.contains("imatrix") else { continue }
            if let part = file.wholeMatch(of: /(.*)-\d{5}-of-\d{5}\.gguf/) {
                guard split.insert(part.1).inserted else { continue }
            }
            models.append(file)
        }
        return models
    }

    static func isFolder(_ path: String) -> Bool {
        guard !path.utf8.contains(0), let status = FileBytes.status(path) else { return false }
        return status.st_mode & S_IFMT == S_IFDIR
    }

    /// What a folder holds; nothing where it cannot be read. Hidden files are left out.
    static func names(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
            .filter { !$0.hasPrefix(".") }
    }
}
