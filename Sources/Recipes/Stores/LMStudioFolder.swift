public import Foundation

/// Models that LM Studio has downloaded, by the name `lmstudio:publisher/repo/file.gguf`, or
/// `lmstudio:publisher/repo` where it has one model.
///
/// Source: matches LM Studio's layout, `publisher/repo/file.gguf` in the folder `models` of its home: what
/// `~/.lmstudio-home-pointer` says, else `~/.lmstudio`, in older versions `~/.cache/lm-studio`. The folder
/// can be another one, `downloadsFolder` in the `settings.json` of that home or of the application
/// (`~/.config/LM Studio`, on macOS `~/Library/Application Support/LM Studio`).
///
/// - SeeAlso: `importCmd.ts` of <https://github.com/lmstudio-ai/lms>
public struct LMStudioFolder: Sendable {
    /// Folders that hold `publisher/repo`, the first that has a model counts.
    public let folders: [String]

    static let scheme = "lmstudio:"

    /// The folders of an environment (`HOME`).
    public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        let home = environment.homeFolder
        let pointer =
            (try? String(contentsOfFile: "\(home)/.lmstudio-home-pointer", encoding: .utf8))?
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let homes = [pointer ?? "", "\(home)/.lmstudio", "\(home)/.cache/lm-studio"]
            .filter { !$0.isEmpty }
        let configuration = environment["XDG_CONFIG_HOME"].flatMap { $0.isEmpty ? nil : $0 }
        let applications = [
            "\(configuration ?? "\(home)/.config")/LM Studio",
            "\(home)/Library/Application Support/LM Studio",
        ]
        var folders: [String] = []
        let chosen = (homes + applications).compactMap { Self.downloadsFolder(of: $0, home) }
        for folder in chosen + homes.map({ "\($0)/models" }) where !folders.contains(folder) {
            folders.append(folder)
        }
        self.folders = folders
    }

    private struct Settings: Decodable { var downloadsFolder: String? }

    private static func downloadsFolder(of place: String, _ home: String) -> String? {
        guard let data = FileManager.default.contents(atPath: "\(place)/settings.json"),
            let folder = try? JSONDecoder().decode(Settings.self, from: data).downloadsFolder,
            !folder.isEmpty
        else { return nil }
        return folder.hasPrefix("~/") ? home + folder.dropFirst() : folder
    }

    /// The path of a file, or of a model's folder.
    ///
    /// - Throws: ``ModelStoreError/invalidName(_:form:)``,
    ///   ``ModelStoreError/notInStore(name:folders:present:remedy:)``.
    public func path(of name: String) throws(ModelStoreError) -> String {
        let path = String(name.dropFirst(Self.scheme.count))
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard name.hasPrefix(Self.scheme), parts.count >= 2, parts.allSatisfy(\.isPathComponent)
        else {
            throw .invalidName(
                name,
                form: "A model of LM Studio is named `lmstudio:publisher/repo`, or "
                    + "`lmstudio:publisher/repo/file.gguf`")
        }
        for folder in folders where FileManager.default.fileExists(atPath: "\(folder)/\(path)") {
            return "\(folder)/\(path)"
        }
        let files = folders.flatMap { Self.files(in: "\($0)/\(parts[0])/\(parts[1])") }
        let present = files.isEmpty ? repositories : files.map { "\(parts[0])/\(parts[1])/\($0)" }
        throw .notInStore(
            name: name, folders: Array(folders.prefix(3)), present: present,
            remedy:
                "Download it with: lms get \("https://huggingface.co/\(parts[0])/\(parts[1])".shellWord)"
        )
    }

    /// `publisher/repo` of all folders.
    private var repositories: [String] {
        var names: [String] = []
        for folder in folders {
            for publisher in ModelFolder.names(in: folder) {
                for repository in ModelFolder.names(in: "\(folder)/\(publisher)") {
                    let name = "\(publisher)/\(repository)"
                    if ModelFolder.isFolder("\(folder)/\(name)"), !names.contains(name) {
                        names.append(name)
                    }
                }
            }
        }
        return names.sorted()
    }

    private static func files(in folder: String) -> [String] {
        ModelFolder.names(in: folder).filter { $0.hasSuffix(".gguf") }.sorted()
    }
}
