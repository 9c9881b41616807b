import LlamaBackend

/// Where a member's files were found, when its recipe does not name GGUF files.
public struct MemberOrigin: Sendable, Equatable {
    /// The name in the recipe, such as `ollama:qwen3:8b`; nil where that is the file.
    public var name: String?
    /// The folder of safetensors that was converted.
    public var folder: String?
    /// Adapters as the recipe names them, where that is not their file.
    public var adapters: [String] = []
    /// Adapters that come with the model itself; they are applied first.
    public var ownAdapters = 0
    /// What its store keeps for the model but is not used, such as `template`.
    public var unused: [String] = []
}

extension Recipe {
    /// The recipe with the paths of its files, where it names models of a store, or folders; what must be
    /// converted is.
    ///
    /// - Throws: ``ModelStoreError``.
    /// - Complexity: reads folders and manifests; a conversion reads and writes a whole model.
    public func located(in stores: ModelStores = ModelStores()) throws(ModelStoreError) -> Recipe {
        var located = self
        for index in members.indices {
            guard case .file(let name) = members[index].source else { continue }
            let model = try stores.model(name)
            guard model.path != name else { continue }
            located.members[index].source = .file(model.path)
            located.members[index].adapters.insert(
                contentsOf: model.adapters.map { LlamaAdapter(path: $0) }, at: 0)
            located.members[index].origin = MemberOrigin(
                name: name, folder: model.folder, ownAdapters: model.adapters.count,
                unused: model.unused)
        }
        for index in members.indices {
            let base = located.weights(of: members[index])?.origin?.folder
            let own = located.members[index].adapters.count - members[index].adapters.count
            for adapter in members[index].adapters.indices {
                let name = members[index].adapters[adapter].path
                let path = try stores.adapter(name, base: base).path
                guard path != name else { continue }
                located.members[index].adapters[own + adapter].path = path
                var origin = located.members[index].origin ?? MemberOrigin()
                origin.adapters.append(name)
                located.members[index].origin = origin
            }
        }
        return located
    }

    /// The member whose weights a member shares.
    private func weights(of member: MemberDeclaration) -> MemberDeclaration? {
        guard case .member(let other) = member.source else {
            return members.first { $0.name == member.name }
        }
        return members.first { $0.name == other }
    }

    /// Notes for the user on what the stores keep for the members but is not used, one sentence each.
    var originNotes: [String] {
        var notes: [String] = []
        for member in members {
            guard let origin = member.origin, let name = origin.name, origin.ownAdapters > 0 else {
                continue
            }
            notes.append(
                "`\(member.name)` has the LoRA adapter that Ollama keeps with `\(name)`. It is "
                    + "applied at scale 1, as in Ollama.")
        }
        let left = members.filter { $0.origin?.unused.isEmpty == false }
        guard let first = left.first?.origin?.name else { return notes }
        var kinds: [String] = []
        for kind in left.flatMap({ $0.origin?.unused ?? [] }) where !kinds.contains(kind) {
            kinds.append(kind)
        }
        let command = "ollama show --modelfile \(first.dropFirst(OllamaStore.scheme.count))"
        notes.append(
            "What Ollama keeps with \(left.map { "`\($0.name)`" }.joined(separator: ", ")) is not used: "
                + "\(kinds.joined(separator: ", ")). Chats use the chat template in the GGUF file; "
                + "`\(command)` shows the rest, to copy into `prompt:` and `sampling:`.")
        return notes
    }
}
