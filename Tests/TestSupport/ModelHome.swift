public import Foundation

/// A home folder with the stores of other programs in it, laid out as they lay them out.
public struct ModelHome {
    public let path: String

    /// The variables that lead `eft` to these stores and to no others.
    public var environment: [String: String] {
        [
            "HOME": path, "OLLAMA_MODELS": "\(path)/.ollama/models", "HF_HOME": "",
            "HF_HUB_CACHE": "",
            "XDG_CACHE_HOME": "", "XDG_CONFIG_HOME": "", "XDG_DATA_HOME": "", "EFT_CONVERTER": "",
        ]
    }

    public init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "eft-home-\(UUID())").path
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }

    public func remove() {
        _ = chmod(path, 0o755)
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Runs `body` in a home that is gone afterwards.
    public static func with<Result>(
        _ body: (ModelHome) async throws -> Result
    ) async throws -> Result {
        let home = try ModelHome()
        defer { home.remove() }
        return try await body(home)
    }

    // MARK: Files

    /// Writes a file below the home folder, with the folders above it.
    @discardableResult
    public func write(_ relative: String, _ data: Data) throws -> String {
        let url = URL(filePath: "\(path)/\(relative)")
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: url)
        return url.path
    }

    @discardableResult
    public func write(_ relative: String, _ text: String) throws -> String {
        try write(relative, Data(text.utf8))
    }

    /// A file of `Tests/Fixtures/llama`.
    public static func fixture(_ name: String) throws -> Data {
        try Data(
            contentsOf: URL(filePath: RepositoryFiles.path("Tests/Fixtures/llama/\(name).gguf")))
    }

    /// A safetensors file of one tensor of zeros.
    public static func safetensors(_ type: String = "BF16", count: Int = 8) -> Data {
        let bytes = count * (type == "F32" ? 4 : 2)
        let header =
            #"{"__metadata__":{"format":"pt"},"x":{"dtype":"\#(type)","shape":[\#(count)],"data_offsets":[0,\#(bytes)]}}"#
        let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
        return length + Data(header.utf8) + Data(count: bytes)
    }

    // MARK: Ollama

    /// A layer of a model: the end of its media type, and its contents.
    public typealias Layer = (kind: String, contents: Data)

    /// What `ollama pull` leaves of a model: a manifest, and a blob for every layer.
    ///
    /// Digests are made up: Ollama's are SHA-256, and nobody here recomputes them.
    /// - Returns: the paths of the blobs.
    @discardableResult
    public func ollama(
        _ name: String, _ layers: [Layer], folder: String = ".ollama/models"
    ) throws -> [String] {
        var entries: [String] = []
        var blobs: [String] = []
        for (kind, contents) in layers {
            let digest = Self.digest("\(name) \(kind) \(blobs.count)")
            blobs.append(try write("\(folder)/blobs/sha256-\(digest)", contents))
            entries.append(
                #"{"mediaType":"application/vnd.ollama.image.\#(kind)","digest":"sha256:\#(digest)","size":\#(contents.count)}"#
            )
        }
        let config = Self.digest("\(name) config")
        try write("\(folder)/blobs/sha256-\(config)", "{}")
        try write(
            "\(folder)/manifests/\(name)",
            #"{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{"mediaType":"application/vnd.docker.container.image.v1+json","digest":"sha256:\#(config)","size":2},"layers":[\#(entries.joined(separator: ","))]}"#
        )
        return blobs
    }

    private static func digest(_ text: String) -> String {
        (0..<4).map { part in
            var hash: UInt64 = 0xcbf2_9ce4_8422_2325 &+ UInt64(part)
            for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            return String(repeating: "0", count: 16).dropLast(String(hash, radix: 16).count)
                + String(hash, radix: 16)
        }.joined()
    }

    // MARK: Hugging Face

    /// What `hf download` leaves of a repository: blobs, and a snapshot of links to them.
    ///
    /// - Returns: the snapshot's folder.
    @discardableResult
    public func huggingFace(_ repository: String, _ files: [String: Data]) throws -> String {
        let root =
            ".cache/huggingface/hub/models--\(repository.replacing("/", with: "--"))"
        let snapshot = "\(path)/\(root)/snapshots/c0ffee"
        try write("\(root)/refs/main", "c0ffee")
        for (name, contents) in files {
            let blob = try write("\(root)/blobs/\(Self.digest(name))", contents)
            let link = "\(snapshot)/\(name)"
            try FileManager.default.createDirectory(
                at: URL(filePath: link).deletingLastPathComponent(),
                withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: blob)
        }
        return snapshot
    }
}
