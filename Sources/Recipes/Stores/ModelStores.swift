public import Foundation

/// Where models are looked up by name: the Hugging Face cache, Ollama's store, LM Studio's folder, and
/// plain files and folders. Nothing is ever downloaded.
///
/// | name | is |
/// |---|---|
/// | `hf:org/repo/file.gguf`, `hf:org/repo` | a file, or the only model, of the Hugging Face cache |
/// | `ollama:name:tag` | a model of Ollama's store |
/// | `lmstudio:publisher/repo/file.gguf`, `lmstudio:publisher/repo` | a file, or the only model, of LM Studio |
/// | a folder | the only model in it: a GGUF file, or safetensors, which are converted once |
public struct ModelStores: Sendable {
    public var huggingFace: HuggingFaceCache
    public var ollama: OllamaStore
    public var lmStudio: LMStudioFolder
    /// Makes GGUF files of safetensors.
    public var converter: Converter

    /// The stores of an environment: `HOME`, and the variables of each program.
    public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        huggingFace = HuggingFaceCache(environment: environment)
        ollama = OllamaStore(environment: environment)
        lmStudio = LMStudioFolder(environment: environment)
        converter = Converter(environment: environment)
    }

    /// Whether a name is one of a store's, rather than a path.
    static func isName(_ text: String) -> Bool {
        [HuggingFaceCache.scheme, OllamaStore.scheme, LMStudioFolder.scheme]
            .contains { text.hasPrefix($0) }
    }

    /// The weights of a name, converted if they must be.
    ///
    /// A path that is no folder is returned as it is, whether there is a file or not.
    func model(_ name: String) throws(ModelStoreError) -> LocatedModel {
        if name.hasPrefix(OllamaStore.scheme) { return try ollama.model(name) }
        let path = try path(of: name)
        guard ModelFolder.isFolder(path) else {
            if path.hasSuffix(".safetensors"), FileBytes.size(path) != nil {
                throw .unusable(
                    name: name,
                    reason:
                        "is one file of a safetensors model, which can only be converted as a whole. Name "
                        + "the folder that contains it and `config.json`.")
            }
            return LocatedModel(path: path)
        }
        let folder = try ModelFolder(path)
        if let file = try folder.model() { return LocatedModel(path: file) }
        return LocatedModel(path: try converter.model(folder), folder: path)
    }

    /// The file of a LoRA adapter, converted if it must be.
    ///
    /// - Parameter base: the folder that the member's weights were converted from, if they were.
    func adapter(_ name: String, base: String?) throws(ModelStoreError) -> LocatedModel {
        if name.hasPrefix(OllamaStore.scheme) {
            return LocatedModel(path: try ollama.adapter(name))
        }
        let path = try path(of: name)
        guard ModelFolder.isFolder(path) else { return LocatedModel(path: path) }
        let folder = try ModelFolder(path)
        guard let adapter = try PEFTAdapter(folder) else {
            return LocatedModel(path: try folder.adapter())
        }
        let config = try adapter.base(base, in: huggingFace)
        return LocatedModel(path: try converter.adapter(adapter, base: config), folder: path)
    }

    private func path(of name: String) throws(ModelStoreError) -> String {
        if name.hasPrefix(LMStudioFolder.scheme) { return try lmStudio.path(of: name) }
        return try huggingFace.path(of: name)
    }
}

/// A model or adapter that was found.
struct LocatedModel {
    /// The GGUF file.
    var path: String
    /// LoRA adapters that belong to it.
    var adapters: [String] = []
    /// The folder of safetensors that it was converted from.
    var folder: String?
    /// What else its store keeps for it but is not used here.
    var unused: [String] = []
}
