public import Foundation

/// Models that Ollama has pulled or created, by Ollama's name for them: `ollama:qwen3:8b`,
/// `ollama:user/model`, `ollama:hf.co/user/repo:Q4_K_M`.
///
/// Source: matches Ollama's layout: manifests are JSON files at `manifests/host/namespace/model/tag`, and
/// their layers are the files `blobs/sha256-…`.
public struct OllamaStore: Sendable {
    /// Folders that hold `manifests` and `blobs`; the first that has a model counts.
    public let folders: [String]

    static let scheme = "ollama:"
    /// Manifests are a few KB.
    private static let largestManifest = 1 << 20

    /// The folders of an environment: `OLLAMA_MODELS`, else `~/.ollama/models` and that of the Linux
    /// service, `/usr/share/ollama/.ollama/models`.
    public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        if let folder = environment["OLLAMA_MODELS"], !folder.isEmpty {
            folders = [folder]
        } else {
            folders = [
                "\(environment.homeFolder)/.ollama/models", "/usr/share/ollama/.ollama/models",
            ]
        }
    }

    /// The weights of a model, its own adapters, and what else its manifest has.
    ///
    /// - Throws: ``ModelStoreError``.
    func model(_ text: String) throws(ModelStoreError) -> LocatedModel {
        let name = try OllamaName(text)
        let (folder, layers) = try manifest(of: name)
        let weights = layers.filter { $0.kind == .model }
        guard let first = weights.first else {
            throw .unusable(
                name: text,
                reason: layers.contains { $0.kind == .tensor }
                    ? "is stored by Ollama as single tensors, not as a GGUF file, and cannot be "
                        + "read here. Name another model."
                    : "has no weights in Ollama's store: it runs in Ollama's cloud, or is an adapter "
                        + "alone. Name a model that is on this machine.")
        }
        guard weights.count == 1 else {
            throw .unusable(
                name: text,
                reason:
                    "is split into \(weights.count) files, which Ollama renames so that libllama cannot "
                    + "find them all. Name a model of one file, or the GGUF files themselves."
            )
        }
        var adapters: [String] = []
        for layer in layers where layer.kind == .adapter {
            adapters.append(try path(of: layer, in: folder, name))
        }
        return LocatedModel(
            path: try path(of: first, in: folder, name), adapters: adapters,
            unused: layers.compactMap { $0.kind?.unused })
    }

    /// The one LoRA adapter of a model.
    func adapter(_ text: String) throws(ModelStoreError) -> String {
        let name = try OllamaName(text)
        let (folder, layers) = try manifest(of: name)
        let adapters = layers.filter { $0.kind == .adapter }
        guard let adapter = adapters.first, adapters.count == 1 else {
            throw .unusable(
                name: text,
                reason:
                    "has \(adapters.count) LoRA adapters in Ollama's store, and `lora:` takes the one "
                    + "of a model that was made with ADAPTER. Use `file:` for the model itself.")
        }
        return try path(of: adapter, in: folder, name)
    }

    // MARK: Manifests

    private struct Manifest: Decodable { var layers: [Layer]? }

    private struct Layer: Decodable {
        var mediaType: String
        var digest: String
        var size: Int?

        /// Nil for what does not change replies, such as a licence.
        enum Kind: String {
            case model, adapter, tensor, template, prompt, system, messages, params, projector

            /// The name of what is not used here.
            var unused: String? {
                switch self {
                case .model, .adapter, .tensor: nil
                case .template, .prompt: "template"
                case .system: "system message"
                case .messages: "messages"
                case .params: "parameters"
                case .projector: "projector for images"
                }
            }
        }

        var kind: Kind? {
            let prefix = "application/vnd.ollama.image."
            return mediaType.hasPrefix(prefix)
                ? Kind(rawValue: String(mediaType.dropFirst(prefix.count))) : nil
        }
    }

    private func manifest(
        of name: OllamaName
    ) throws(ModelStoreError) -> (folder: String, layers: [Layer]) {
        for folder in folders {
            let path = "\(folder)/manifests/\(name.path)"
            do throws(FileBytes.Failure) {
                let data = try FileBytes.read(path, upTo: Self.largestManifest)
                return (folder, try Self.layers(data))
            } catch {
                switch error {
                case .missing: continue
                case .unreadable(let reason): throw .unreadable(path: path, reason: reason)
                case .tooLarge(let bytes):
                    throw .brokenManifest(
                        path: path, reason: "it has \(bytes) bytes", command: name.pull)
                case .broken(let reason):
                    throw .brokenManifest(path: path, reason: reason, command: name.pull)
                }
            }
        }
        throw .notInStore(
            name: "\(Self.scheme)\(name.short)", folders: folders, present: present,
            remedy: "Fetch it with: \(name.pull)")
    }

    private static func layers(_ data: Data) throws(FileBytes.Failure) -> [Layer] {
        guard let manifest = try? JSONDecoder().decode(Manifest.self, from: data) else {
            throw .broken("it cannot be parsed")
        }
        guard let layers = manifest.layers else { throw .broken("it has no `layers`") }
        return layers
    }

    private func path(
        of layer: Layer, in folder: String, _ name: OllamaName
    ) throws(ModelStoreError) -> String {
        // A digest becomes a path: it must be nothing else.
        guard layer.digest.wholeMatch(of: /sha256[:-]([0-9a-f]{64})/) != nil else {
            throw .brokenManifest(
                path: "\(folder)/manifests/\(name.path)",
                reason: "`\(layer.digest.prefix(80))` is not a digest", command: name.pull)
        }
        let path = "\(folder)/blobs/sha256-\(layer.digest.suffix(64))"
        guard let size = FileBytes.size(path) else {
            let blobs = ModelFolder.names(in: "\(folder)/blobs")
            throw .missingBlob(
                name: name.short, path: path,
                isPartial: blobs.contains {
                    $0.hasPrefix("sha256-\(layer.digest.suffix(64))-partial")
                },
                command: name.pull)
        }
        if let expected = layer.size, expected != size {
            throw .incomplete(
                path: path, expected: expected, actual: size,
                remedy: "Fetch it again with: \(name.pull)")
        }
        return path
    }

    /// The names of all models, as Ollama lists them.
    private var present: [String] {
        var names: Set<String> = []
        for folder in folders {
            let root = "\(folder)/manifests"
            for host in ModelFolder.names(in: root) {
                for space in ModelFolder.names(in: "\(root)/\(host)") {
                    for model in ModelFolder.names(in: "\(root)/\(host)/\(space)") {
                        for tag in ModelFolder.names(in: "\(root)/\(host)/\(space)/\(model)") {
                            names.insert(
                                Self.scheme
                                    + OllamaName(host: host, space: space, model: model, tag: tag)
                                    .short)
                        }
                    }
                }
            }
        }
        return names.sorted()
    }
}

/// The parts of `host/namespace/model:tag`.
struct OllamaName {
    var host = "registry.ollama.ai"
    var space = "library"
    var model: String
    var tag = "latest"

    init(host: String, space: String, model: String, tag: String) {
        (self.host, self.space, self.model, self.tag) = (host, space, model, tag)
    }

    /// Reads `ollama:name`.
    init(_ text: String) throws(ModelStoreError) {
        let form =
            "A model of Ollama's store is named `ollama:NAME`, `ollama:NAME:TAG`, `ollama:user/NAME` or "
            + "`ollama:host/user/NAME`, as `ollama list` shows it"
        guard text.hasPrefix(OllamaStore.scheme) else { throw .invalidName(text, form: form) }
        var parts = text.dropFirst(OllamaStore.scheme.count)
            .split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard (1...3).contains(parts.count), var last = parts.popLast() else {
            throw .invalidName(text, form: form)
        }
        if let colon = last.lastIndex(of: ":") {
            tag = String(last[last.index(after: colon)...])
            last = String(last[..<colon])
        }
        model = last
        if let space = parts.popLast() { self.space = space }
        if let host = parts.popLast() { self.host = host }
        let isName = [host, space, model, tag].allSatisfy {
            // Ollama's own limits: letters, digits and `_`, then `-`, `.` too; a host may have a port.
            $0.wholeMatch(of: /[A-Za-z0-9_][A-Za-z0-9_.:-]{0,349}/) != nil
        }
        guard isName, ![space, model, tag].contains(where: { $0.contains(":") || $0.count > 80 })
        else {
            throw .invalidName(text, form: form)
        }
    }

    var path: String { "\(host)/\(space)/\(model)/\(tag)" }

    /// As Ollama prints it.
    var short: String {
        let isDefault = host == "registry.ollama.ai"
        let place = isDefault ? (space == "library" ? "" : "\(space)/") : "\(host)/\(space)/"
        return "\(place)\(model):\(tag)"
    }

    var pull: String { "ollama pull \(short)" }
}
