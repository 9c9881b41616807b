public import Foundation

/// Files that `hf download` has put into the Hugging Face cache, by the name `hf:org/repo/file.gguf`,
/// `hf:org/repo@revision/file.gguf`, or `hf:org/repo` where it has one model. Nothing is ever downloaded
/// here.
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
        let cache = set("XDG_CACHE_HOME") ?? "\(environment.homeFolder)/.cache"
        folder = set("HF_HUB_CACHE") ?? "\(set("HF_HOME") ?? "\(cache)/huggingface")/hub"
    }

    /// The path of a file, or of a repository's folder where the name has no file: of one in the cache
    /// if the name begins with `hf:`, otherwise the name itself.
    ///
    /// - Throws: ``ModelStoreError/invalidName(_:form:)`` when the name has no organisation and repository;
    ///   ``ModelStoreError/notInCache(name:folder:present:isPartial:command:)`` when it has not been
    ///   downloaded.
    public func path(of name: String) throws(ModelStoreError) -> String {
        guard name.hasPrefix(Self.scheme) else { return name }
        let file = try HubFile(name)
        let repository = "\(folder)/models--\(file.organisation)--\(file.repository)"
        let snapshot = snapshot(of: file)
        let path = file.path.map { "\(snapshot)/\($0)" } ?? snapshot
        if FileManager.default.fileExists(atPath: path) { return path }
        let files = Self.models(in: snapshot)
        throw .notInCache(
            name: name, folder: folder, present: files.isEmpty ? repositories : files,
            isPartial: ModelFolder.names(in: "\(repository)/blobs").contains {
                $0.hasSuffix(".incomplete")
            }, command: file.download)
    }

    /// The folder of a repository's files, if it is in the cache.
    func snapshot(of repository: String) -> String? {
        guard let file = try? HubFile("\(Self.scheme)\(repository)"), file.path == nil else {
            return nil
        }
        let folder = snapshot(of: file)
        return ModelFolder.isFolder(folder) ? folder : nil
    }

    private func snapshot(of file: HubFile) -> String {
        let repository = "\(folder)/models--\(file.organisation)--\(file.repository)"
        let reference = "\(repository)/refs/\(file.revision)"
        // A branch or tag is a file that names its commit; a commit names itself.
        let commit = (try? String(contentsOfFile: reference, encoding: .utf8)).map {
            $0.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        let name = commit.flatMap { $0.isPathComponent ? $0 : nil } ?? file.revision
        return "\(repository)/snapshots/\(name)"
    }

    /// The GGUF files of a snapshot, in its folders too.
    private static func models(in snapshot: String) -> [String] {
        var files: [String] = []
        for name in ModelFolder.names(in: snapshot) {
            if name.hasSuffix(".gguf") {
                files.append(name)
            } else {
                files += ModelFolder.names(in: "\(snapshot)/\(name)")
                    .filter { $0.hasSuffix(".gguf") }.map { "\(name)/\($0)" }
            }
        }
        return files.sorted()
    }

    /// The models of the cache, as they are named here.
    private var repositories: [String] {
        ModelFolder.names(in: folder).compactMap { name in
            guard name.hasPrefix("models--") else { return nil }
            return Self.scheme
                + name.dropFirst("models--".count).replacing("--", with: "/", maxReplacements: 1)
        }.sorted()
    }
}

/// The parts of `hf:org/repo@revision/folder/file.gguf`, or `hf:org/repo`.
private struct HubFile {
    let organisation: String
    let repository: String
    let revision: String
    /// Nil: the whole repository.
    let path: String?

    init(_ name: String) throws(ModelStoreError) {
        let form =
            "A model of the Hugging Face cache is named `hf:organisation/repository`, "
            + "`hf:organisation/repository/file.gguf`, or with `@revision` after the repository"
        let parts = name.dropFirst(HuggingFaceCache.scheme.count)
            .split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 2, parts.allSatisfy(\.isPathComponent) else {
            throw .invalidName(name, form: form)
        }
        let named = parts[1].split(separator: "@", omittingEmptySubsequences: false)
        guard named.count <= 2, named.allSatisfy(\.isPathComponent) else {
            throw .invalidName(name, form: form)
        }
        organisation = parts[0]
        repository = String(named[0])
        revision = named.count == 2 ? String(named[1]) : "main"
        path = parts.count == 2 ? nil : parts[2...].joined(separator: "/")
    }

    /// The command that downloads the file, all parts of it where it is split.
    var download: String {
        var command = "hf download \("\(organisation)/\(repository)".shellWord)"
        if let path, let part = path.firstRange(of: /-00001-of-(\d{5})\.gguf$/) {
            let rest = path[part].dropFirst("-00001".count)
            // Always in quotes: the shell would look for `*`.
            command +=
                " --include '\("\(path[..<part.lowerBound])-*\(rest)".replacing("'", with: "'\\''"))'"
        } else if let path {
            command += " \(path.shellWord)"
        } else if repository.lowercased().contains("gguf") {
            // Such repositories have a model in many sizes.
            command += " FILE.gguf"
        }
        return revision == "main" ? command : command + " --revision \(revision.shellWord)"
    }
}
