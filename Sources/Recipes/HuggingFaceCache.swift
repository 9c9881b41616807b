public import Foundation
import LlamaBackend

/// Files that `hf download` has put into the Hugging Face cache, by the name `hf:org/repo/file.gguf`, or
/// `hf:org/repo@revision/file.gguf`. Nothing is ever downloaded here.
///
/// Source: matches the layout of `huggingface_hub` (models--org--repo, refs, snapshots).
public struct HuggingFaceCache: Sendable {
    /// The folder that holds `models--org--repo`.
    public let folder: String

    static let scheme = "hf:"

    /// The cache of an environment: `HF_HUB_CACHE`, else `hub` in `HF_HOME`, else
    /// `~/.cache/huggingface/hub` (`XDG_CACHE_HOME` for `~/.cache`).
    public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        func set(_ name: String) -> String? {
            environment[name].flatMap {
                $0.isEmpty ? nil : ($0 as NSString).expandingTildeInPath
            }
        }
        let cache = set("XDG_CACHE_HOME") ?? ("~/.cache" as NSString).expandingTildeInPath
        folder = set("HF_HUB_CACHE") ?? "\(set("HF_HOME") ?? "\(cache)/huggingface")/hub"
    }

    /// The path of a file: of one in the cache where the name begins with `hf:`, else the name itself.
    ///
    /// - Throws: ``RecipeError/invalidHubName(_:)`` when the name has no organisation, repository and
    ///   file; ``RecipeError/notInCache(name:folder:command:)`` when the file has not been downloaded.
    public func path(of name: String) throws(RecipeError) -> String {
        guard name.hasPrefix(Self.scheme) else { return name }
        let file = try HubFile(name)
        let repository = "\(folder)/models--\(file.organisation)--\(file.repository)"
        let reference = "\(repository)/refs/\(file.revision)"
        // A branch or tag is a file that names its commit; a commit names itself.
        let commit = (try? String(contentsOfFile: reference, encoding: .utf8)).map {
            $0.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        let path = "\(repository)/snapshots/\(commit ?? file.revision)/\(file.path)"
        guard FileManager.default.fileExists(atPath: path) else {
            throw .notInCache(name: name, folder: folder, command: file.download)
        }
        return path
    }
}

extension Recipe {
    /// The recipe with the paths of its files, where it names files of the cache.
    ///
    /// - Throws: ``RecipeError/invalidHubName(_:)``, ``RecipeError/notInCache(name:folder:command:)``.
    public func located(
        in cache: HuggingFaceCache = HuggingFaceCache()
    ) throws(RecipeError) -> Recipe {
        var located = self
        for index in members.indices {
            if case .file(let name) = members[index].source {
                located.members[index].source = .file(try cache.path(of: name))
            }
            for adapter in members[index].adapters.indices {
                located.members[index].adapters[adapter].path = try cache.path(
                    of: members[index].adapters[adapter].path)
            }
        }
        return located
    }
}

/// The parts of `hf:org/repo@revision/folder/file.gguf`.
private struct HubFile {
    let organisation: String
    let repository: String
    let revision: String
    let path: String

    init(_ name: String) throws(RecipeError) {
        let parts = name.dropFirst(HuggingFaceCache.scheme.count)
            .split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 3, parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
            throw .invalidHubName(name)
        }
        let named = parts[1].split(separator: "@", omittingEmptySubsequences: false)
        guard named.count <= 2, named.allSatisfy({ !$0.isEmpty && $0 != ".." }) else {
            throw .invalidHubName(name)
        }
        organisation = parts[0]
        repository = String(named[0])
        revision = named.count == 2 ? String(named[1]) : "main"
        path = parts[2...].joined(separator: "/")
    }

    /// The command that downloads the file, all parts of it where it is split.
    var download: String {
        var command = "hf download \(quoted("\(organisation)/\(repository)"))"
        if let part = path.firstRange(of: /-00001-of-(\d{5})\.gguf$/) {
            let rest = path[part].dropFirst("-00001".count)
            command += " --include \(quoted("\(path[..<part.lowerBound])-*\(rest)", always: true))"
        } else {
            command += " \(quoted(path))"
        }
        return revision == "main" ? command : command + " --revision \(quoted(revision))"
    }

    /// A word of a shell's command.
    private func quoted(_ word: String, always: Bool = false) -> String {
        let isPlain = word.allSatisfy {
            $0.isASCII && ($0.isLetter || $0.isNumber || "-_./".contains($0))
        }
        return isPlain && !always ? word : "'\(word.replacing("'", with: "'\\''"))'"
    }
}
