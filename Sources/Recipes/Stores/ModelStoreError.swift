import EmulatedFineTuning
import Foundation

/// Why a named model cannot be used: the rule, what was found, what to do.
public enum ModelStoreError: Error, Sendable, Equatable {
    /// A name is not a valid name of its store; `form` says how they are written.
    case invalidName(String, form: String)
    /// The Hugging Face cache has no such file; `present` is what it has of that repository, or else the
    /// repositories it has.
    case notInCache(
        name: String, folder: String, present: [String], isPartial: Bool = false, command: String)
    /// No folder of a store has that model.
    case notInStore(name: String, folders: [String], present: [String], remedy: String)
    case unreadable(path: String, reason: String)
    case brokenManifest(path: String, reason: String, command: String)
    /// A manifest names a file that is not there.
    case missingBlob(name: String, path: String, isPartial: Bool, command: String)
    case incomplete(path: String, expected: Int, actual: Int, remedy: String)
    /// A model of a store that has no GGUF file, or cannot be used as wanted.
    case unusable(name: String, reason: String)
    /// A folder with several models.
    case severalModels(folder: String, files: [String])
    /// A folder without a model.
    case noModel(folder: String, wanted: String, reason: String)
    /// A folder that must be converted, but the converters are not set up.
    case noConverter(folder: String, command: String)
    /// The configuration of an adapter's base model, which may be unnamed, was not found.
    case noBase(adapter: String, base: String?, remedy: String)
    case conversionFailed(folder: String, said: String, command: String)
}

extension ModelStoreError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .invalidName(let name, let form):
            "\(form): `\(name.prefix(200))` is not such a name. Correct it."
        case .notInCache(let name, let folder, let present, let isPartial, let command):
            "`eft` does not download files, and `\(name.prefix(200))` is not in the Hugging Face cache "
                + "\(folder).\(Self.list(present, near: name)) "
                + (isPartial
                    ? "A download is unfinished; continue it with: " : "Download it with: ")
                + command
        case .notInStore(let name, let folders, let present, let remedy):
            "`eft` does not download models, and `\(name.prefix(200))` is not in "
                + "\(folders.joined(separator: " or ")).\(Self.list(present, near: name)) \(remedy)"
        case .unreadable(let path, let reason):
            "Models must be readable: \(path) is not, \(reason). Check its permissions."
        case .brokenManifest(let path, let reason, let command):
            "Ollama's manifest of a model must be JSON with layers: \(path) is not, \(reason). "
                + "Fetch it again with: \(command)"
        case .missingBlob(let name, let path, let isPartial, let command):
            "Ollama's manifest of `\(name)` names a file that is not there: \(path). "
                + (isPartial
                    ? "Its download is unfinished; continue it with: " : "Fetch it again with: ")
                + command
        case .incomplete(let path, let expected, let actual, let remedy):
            "The file `\(path)` is incomplete: it must have \(expected) bytes, and has \(actual). "
                + remedy
        case .unusable(let name, let reason):
            "`\(name)` \(reason)"
        case .severalModels(let folder, let files):
            "A folder must contain exactly one model, but \(folder) has \(files.count): "
                + "\(Self.shortened(files)). Name the file you want."
        case .noModel(let folder, let wanted, let reason):
            "A folder must contain \(wanted): \(folder) \(reason)"
        case .noConverter(let folder, let command):
            "\(folder) was not converted to GGUF, because llama.cpp's converters are not set up. "
                + "Set them up once (this downloads PyTorch) with: "
                + command
        case .noBase(let adapter, let base, let remedy):
            "To convert a LoRA adapter, the `config.json` of its base model is needed, but it was not found: "
                + "\(adapter) \(base.map { "was trained on `\($0)`" } ?? "names no base model"). \(remedy)"
        case .conversionFailed(let folder, let said, let command):
            "llama.cpp's converter could not convert \(folder): \(said) Its whole output: \(command)"
        }
    }

    private static func list(_ present: [String], near name: String) -> String {
        guard !present.isEmpty else { return " No models were found there." }
        return " Found: \(shortened(present, near: name))."
    }

    /// At most six names, those that begin or are spelled most alike first.
    static func shortened(_ names: [String], near name: String = "") -> String {
        let most = 6
        guard names.count > most else { return names.joined(separator: ", ") }
        var ranked = names
        let nearest = name.nearest(in: names)
        ranked.sort { a, b in
            (a == nearest ? Int.max : a.commonPrefix(with: name).count, b)
                > (b == nearest ? Int.max : b.commonPrefix(with: name).count, a)
        }
        return ranked.prefix(most).joined(separator: ", ") + " and \(names.count - most) more"
    }
}
