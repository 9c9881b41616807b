import EmulatedFineTuning
import Foundation
import LlamaBackend
import RemoteBackend
import Yams

extension Recipe {
    static let memberKeys =
        ["file", "member", "lora", "prompt", "vocabulary", "gpu_layers", "device"] + remoteKeys
    static let remoteKeys = ["engine", "url", "model", "api_key_env", "ca_file", "timeout"]

    static func members(
        _ root: YAMLMapping, folder: String
    ) throws(RecipeError) -> [MemberDeclaration] {
        _ = try root.required("members")
        guard let mapping = try root.mapping("members", known: nil) else { return [] }
        var members: [MemberDeclaration] = []
        for name in mapping.keys {
            let place = mapping.place(of: name)
            try requireName(name, at: place)
            let node = try mapping.required(name)
            if let path = node.scalar {
                members.append(
                    MemberDeclaration(name: name, source: .file(resolve(path.string, in: folder))))
            } else {
                let body = try YAMLMapping(node, at: place, known: memberKeys)
                members.append(try member(name, body, folder: folder))
            }
        }
        guard !members.isEmpty else {
            throw .invalid(at: mapping.place, reason: "a recipe needs at least one member.")
        }
        for member in members {
            guard case .member(let other) = member.source else { continue }
            let source = members.first { $0.name == other }?.source
            guard let source, case .file = source else {
                throw .invalid(
                    at: mapping.place(of: member.name),
                    reason: "`member` must name a member that has a file: `\(other)` has none.")
            }
        }
        return members
    }

    private static func member(
        _ name: String, _ body: YAMLMapping, folder: String
    ) throws(RecipeError) -> MemberDeclaration {
        if let remote = try remote(body, folder: folder) {
            let prompt = try prompt(body, folder: folder)
            return MemberDeclaration(
                name: name, source: .remote(remote), prompt: prompt.form, system: prompt.system)
        }
        let file = try body.text("file")
        let other = try body.text("member")
        let source: MemberDeclaration.Source
        switch (file, other) {
        case (let file?, nil): source = .file(resolve(file, in: folder))
        case (nil, let other?): source = .member(other)
        default:
            throw .invalid(
                at: body.place,
                reason: "a member needs either `file`, or `member` and `lora`, or `engine`, `url` "
                    + "and `model`: "
                    + (file == nil
                        ? "this one has none of them." : "this one has `file` and `member`."))
        }
        let prompt = try prompt(body, folder: folder)
        return MemberDeclaration(
            name: name, source: source, adapters: try adapters(body, folder: folder),
            prompt: prompt.form, system: prompt.system,
            vocabulary: try body.choice("vocabulary", VocabularyUse.self),
            gpuLayers: try body.integer("gpu_layers", in: 0...10_000),
            device: try body.text("device"))
    }

    /// `prompt: FORM`, or `prompt: { template: FORM, system: TEXT }`.
    private static func prompt(
        _ body: YAMLMapping, folder: String
    ) throws(RecipeError) -> (form: PromptForm?, system: String?) {
        if body.node("prompt")?.scalar != nil {
            return (try body.text("prompt").map { PromptForm($0, in: folder) }, nil)
        }
        guard let own = try body.mapping("prompt", known: ["template", "system"]) else {
            return (nil, nil)
        }
        let form = try own.text("template").map { PromptForm($0, in: folder) }
        return (form, try own.text("system"))
    }

    /// A model on a server; nil when the member names no engine.
    private static func remote(
        _ body: YAMLMapping, folder: String
    ) throws(RecipeError) -> RemoteDeclaration? {
        guard let server = try body.choice("engine", RemoteOptions.Server.self) else {
            if let key = remoteKeys.first(where: { body.node($0) != nil }) {
                throw .invalid(
                    at: body.place(of: key),
                    reason:
                        "`\(key)` needs `engine`, the kind of server: vllm or eft.")
            }
            return nil
        }
        let local = ["file", "member", "lora", "vocabulary", "gpu_layers", "device"]
        if let key = local.first(where: { body.node($0) != nil }) {
            throw .invalid(
                at: body.place(of: key), reason: "a remote member has no `\(key)`. Leave it out.")
        }
        _ = try body.required("url")
        _ = try body.required("model")
        return RemoteDeclaration(
            server, url: try body.text("url") ?? "", model: try body.text("model") ?? "",
            keyVariable: try body.text("api_key_env"),
            authorities: try body.text("ca_file").map { resolve($0, in: folder) },
            timeout: try body.number("timeout", in: 0.1...86_400))
    }

    /// A path, or a list of paths and of mappings with `file` and `scale`.
    private static func adapters(
        _ body: YAMLMapping, folder: String
    ) throws(RecipeError) -> [LlamaAdapter] {
        guard let node = body.node("lora") else { return [] }
        if let scalar = node.scalar {
            return [LlamaAdapter(path: resolve(scalar.string, in: folder))]
        }
        var adapters: [LlamaAdapter] = []
        for item in try node.mapping == nil ? body.list("lora") ?? [] : [node] {
            if let scalar = item.scalar {
                adapters.append(LlamaAdapter(path: resolve(scalar.string, in: folder)))
                continue
            }
            let entry = try YAMLMapping(
                item, at: body.place(of: "lora"), known: ["file", "scale"])
            _ = try entry.required("file")
            adapters.append(
                LlamaAdapter(
                    path: resolve(try entry.text("file") ?? "", in: folder),
                    scale: Float(try entry.number("scale", in: -100...100) ?? 1)))
        }
        return adapters
    }

    /// Names are what a formula can spell.
    static func requireName(_ name: String, at place: RecipeError.Place) throws(RecipeError) {
        let isName =
            name.first.map { $0.isLetter || $0 == "_" } ?? false
            && name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
        guard isName else {
            throw .invalid(
                at: place,
                reason: "a name must be a letter or `_`, then letters, digits and `_`: "
                    + "`\(name)` is not.")
        }
    }

    /// A path of a recipe: relative to its folder; `~` is the home folder. Names of stores stay.
    package static func resolve(_ path: String, in folder: String) -> String {
        if ModelStores.isName(path) { return path }
        let path = (path as NSString).expandingTildeInPath
        guard !path.hasPrefix("/") else { return path }
        return URL(filePath: folder, directoryHint: .isDirectory).appending(path: path)
            .standardizedFileURL.path
    }
}
