import EmulatedFineTuning
public import Foundation

/// Makes GGUF files of safetensors and of PEFT's LoRA adapters, with llama.cpp's own converters, once: the
/// files are kept in a cache.
///
/// The converters and the Python packages that they need are a folder that `Scripts/setup-convert` makes.
/// They run without a network, and without the code that some models bring along. Two processes that want the
/// same file convert it once; one that is killed leaves no file under the final name.
public struct Converter: Sendable {
    /// The folder that `Scripts/setup-convert` makes: `EFT_CONVERTER`, else `eft/convert` in
    /// `XDG_DATA_HOME` (`~/.local/share`).
    public let folder: String
    /// Where converted files are kept: `eft/converted` in `XDG_CACHE_HOME` (`~/.cache`).
    public let cache: String
    /// Receives progress messages, one sentence at a time. By default, they go to standard error.
    public var report: @Sendable (String) -> Void = { line in
        try? FileHandle.standardError.write(contentsOf: Data("eft: \(line)\n".utf8))
    }

    /// The folders of an environment.
    public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        let home = environment.homeFolder
        func set(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        folder =
            set("EFT_CONVERTER") ?? "\(set("XDG_DATA_HOME") ?? "\(home)/.local/share")/eft/convert"
        cache = "\(set("XDG_CACHE_HOME") ?? "\(home)/.cache")/eft/converted"
    }

    /// The GGUF file of a folder of safetensors: of 32 bits where all its numbers are, else of 16.
    func model(_ model: ModelFolder) throws(ModelStoreError) -> String {
        let weights = model.files.filter { $0.hasSuffix(".safetensors") }
        var isFloat32 = true
        for file in weights {
            isFloat32 = try SafetensorsHeader(model.path, file).isFloat32 && isFloat32
        }
        try Self.requireParts(model)
        // What the converter reads in addition to the weights.
        let kinds = [".safetensors", ".json", ".model", ".txt", ".jinja", ".tiktoken"]
        let inputs = model.files.filter { file in kinds.contains { file.hasSuffix($0) } }
        return try convert(
            Conversion(
                folder: model.path, script: "convert_hf_to_gguf.py",
                arguments: [model.path, "--outtype", isFloat32 ? "f32" : "auto"],
                inputs: inputs.map { "\(model.path)/\($0)" }))
    }

    /// The GGUF file of an adapter.
    ///
    /// - Parameter base: the folder with the `config.json` of the model it was trained over.
    func adapter(_ adapter: PEFTAdapter, base: String) throws(ModelStoreError) -> String {
        let path = adapter.folder.path
        _ = try SafetensorsHeader(path, PEFTAdapter.weights)
        return try convert(
            Conversion(
                folder: path, script: "convert_lora_to_gguf.py",
                arguments: [path, "--base", base, "--outtype", "f32"],
                inputs: [
                    "\(path)/\(PEFTAdapter.weights)", "\(path)/\(ModelFolder.adapterConfiguration)",
                    "\(base)/\(ModelFolder.configuration)",
                ]))
    }

    private struct Index: Decodable { var weightMap: [String: String] }

    /// Refuses a model in several files of which some are missing.
    private static func requireParts(_ model: ModelFolder) throws(ModelStoreError) {
        let name = "model.safetensors.index.json"
        guard model.files.contains(name) else { return }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard let data = FileManager.default.contents(atPath: "\(model.path)/\(name)"),
            let index = try? decoder.decode(Index.self, from: data)
        else {
            throw .noModel(
                folder: model.path, wanted: "whole safetensors",
                reason: "has `\(name)`, which is not JSON of that form. Download it again.")
        }
        let missing = Set(index.weightMap.values).subtracting(model.files).sorted()
        guard missing.isEmpty else {
            throw .noModel(
                folder: model.path, wanted: "all parts of a model",
                reason: "lacks \(ModelStoreError.shortened(missing)). Download it again; "
                    + "`hf download` goes on where it stopped.")
        }
    }

    // MARK: Converting

    /// The command that sets up the converters: next to this program, or in a checkout.
    static let setupCommand: String = {
        let script = "setup-convert"
        return ProgramFiles.find(inCheckout: "Scripts/\(script)", installed: script)?.shellWord
            ?? "Scripts/\(script) (in a checkout of eft)"
    }()

    private var python: String { "\(folder)/venv/bin/python" }

    private func convert(_ conversion: Conversion) throws(ModelStoreError) -> String {
        let name = "\(cache)/\(conversion.name)"
        let isReady = FileManager.default.isExecutableFile(atPath: python)
        let version = FileManager.default.contents(atPath: "\(folder)/version")
            .map { String(decoding: $0, as: UTF8.self) }
        let record = conversion.record(version: isReady ? version ?? "" : nil)
        if isRecorded(record, name) { return "\(name).gguf" }
        guard isReady else {
            throw .noConverter(folder: conversion.folder, command: Self.setupCommand)
        }
        do {
            try FileManager.default.createDirectory(
                atPath: cache, withIntermediateDirectories: true)
        } catch {
            throw failure(conversion, "\(cache) cannot be made.", name)
        }
        let lock = FileLock("\(name).lock") {
            report("another process converts \(conversion.folder); waiting for it")
        }
        defer { lock.release() }
        // The other process has probably done the work.
        if isRecorded(record, name) { return "\(name).gguf" }
        report(
            "converting \(conversion.folder) to GGUF (only this first time): \(name).gguf")
        let partial = "\(name).\(ProcessInfo.processInfo.processIdentifier).partial"
        removeLeftovers(conversion.name)
        defer { unlink(partial) }
        try run(conversion, into: partial, name)
        // In this order, so that a record never speaks of another file.
        unlink("\(name).txt")
        guard rename(partial, "\(name).gguf") == 0,
            (try? Data(record.utf8).write(to: URL(filePath: "\(name).txt"), options: .atomic))
                != nil
        else { throw failure(conversion, String(cString: strerror(errno)) + ".", name) }
        unlink("\(name).log")
        return "\(name).gguf"
    }

    /// Whether a file was made of these inputs. Without a converter, its version does not matter.
    private func isRecorded(_ record: String, _ name: String) -> Bool {
        guard FileBytes.size("\(name).gguf") != nil,
            let data = FileManager.default.contents(atPath: "\(name).txt")
        else { return false }
        let found = String(decoding: data, as: UTF8.self)
        return found == record || found.hasSuffix("\n" + record)
    }

    /// Files of conversions that were killed: the lock is ours, so nobody writes them.
    private func removeLeftovers(_ name: String) {
        for file in ModelFolder.names(in: cache)
        where file.hasPrefix("\(name).") && file.hasSuffix(".partial") {
            unlink("\(cache)/\(file)")
        }
    }

    private func run(
        _ conversion: Conversion, into partial: String, _ name: String
    ) throws(ModelStoreError) {
        let log = "\(name).log"
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        guard let output = FileHandle(forWritingAtPath: log) else {
            throw failure(conversion, "\(log) cannot be written.", name)
        }
        defer { try? output.close() }
        let process = Process()
        process.executableURL = URL(filePath: python)
        process.arguments =
            ["\(folder)/convert.py", "\(folder)/\(conversion.script)"] + conversion.arguments
            + ["--outfile", partial]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        do {
            try process.run()
        } catch {
            throw failure(conversion, "\(python) cannot be started.", name)
        }
        ended.wait()
        let isDone = process.terminationReason == .exit && process.terminationStatus == 0
        guard isDone, FileBytes.size(partial) ?? 0 > 0 else {
            let said = Self.lastLine(of: log)
            throw failure(
                conversion, said ?? "it ended with status \(process.terminationStatus).", name)
        }
    }

    private func failure(
        _ conversion: Conversion, _ said: String, _ name: String
    ) -> ModelStoreError {
        .conversionFailed(
            folder: conversion.folder, said: said, command: "cat \("\(name).log".shellWord)")
    }

    /// The last line that says something; Python's is the error.
    private static func lastLine(of log: String) -> String? {
        guard let data = FileManager.default.contents(atPath: log) else { return nil }
        let lines = String(decoding: data.suffix(8192), as: UTF8.self).split(separator: "\n")
        return lines.last { !$0.allSatisfy(\.isWhitespace) }.map { String($0.prefix(300)) }
    }
}

/// What is to be converted.
private struct Conversion {
    let folder: String
    let script: String
    let arguments: [String]
    /// The files it depends on.
    let inputs: [String]

    /// The name of the converted file: the folder's name, to be readable, and a hash of its path. A folder that
    /// changes has its file replaced.
    var name: String {
        let parts = folder.split(separator: "/")
        // …/models--org--repo/snapshots/commit
        let repository = parts.last { $0.hasPrefix("models--") }?.dropFirst("models--".count)
        let plain = (repository ?? parts.last ?? "model").prefix(60).map {
            $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) ? $0 : "-"
        }
        var hash = FNV1a()
        hash.mix(([script] + arguments).joined(separator: "\0").utf8)
        return "\(String(plain))-\(String(hash.value, radix: 16))"
    }

    /// What the converted file was made of, kept next to it. Without a version, the first line is missing.
    func record(version: String?) -> String {
        let files = inputs.map { path in
            guard let status = FileBytes.status(path) else { return path }
            #if canImport(Darwin)
                let time = status.st_mtimespec
            #else
                let time = status.st_mtim
            #endif
            return "\(path) \(status.st_size) \(time.tv_sec).\(time.tv_nsec)"
        }
        let first = version.map { [$0.split(separator: "\n").joined(separator: " ")] } ?? []
        return (first + ["\(script) \(arguments.joined(separator: " "))"] + files)
            .joined(separator: "\n") + "\n"
    }
}

/// A file that one process at a time holds, until it ends.
private struct FileLock {
    private let descriptor: Int32

    /// Waits for the lock, and says so if another process has it. On a file system without locks,
    /// the work may be done twice.
    init(_ path: String, waiting: () -> Void) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK
        else {
            return
        }
        waiting()
        while flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
    }

    func release() { if descriptor >= 0 { close(descriptor) } }
}
