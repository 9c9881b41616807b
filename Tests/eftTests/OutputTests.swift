import Foundation
import TestSupport
import Testing

/// Where commands write, and what they read line by line.
@Suite struct OutputTests {
    static let tiny = "Tests/Fixtures/llama/tiny.gguf"

    private static func folder() throws -> URL {
        let url = FileManager.default.temporaryDirectory.appending(path: "eft-out-\(UUID())")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        return url
    }

    /// Runs a line of the shell, with `$EFT` for the tool.
    private static func shell(_ line: String) throws -> (code: Int32, errors: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", line]
        process.currentDirectoryURL = RepositoryFiles.root
        process.environment = ProcessInfo.processInfo.environment.merging(["EFT": Tool.path]) { $1 }
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        let data = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }

    private static let generate =
        "\"$EFT\" generate --member a=\(tiny) --formula a --max-tokens 3 --seed 1 the"

    @Test("output that cannot be written is an error, not a crash")
    func outputThatCannotBeWrittenIsAnError() throws {
        #expect(FileManager.default.fileExists(atPath: "/dev/full"))
        let full = try Self.shell("\(Self.generate) >/dev/full")
        #expect(full.code == 1)
        #expect(full.errors.contains("the output cannot be written"))
        let closed = try Self.shell("\(Self.generate) >&-")
        #expect(closed.code == 1)
        let silent = try Self.shell("\(Self.generate) 2>/dev/full >/dev/null")
        #expect(silent.code == 0)
        // A reader that has seen enough.
        let left = try Self.shell("(trap '' PIPE; \(Self.generate); echo $? >&2) | true")
        #expect(left.errors.hasSuffix("1\n") || left.errors.hasSuffix("0\n"))
        #expect(!left.errors.contains("Crash"))
    }

    @Test("files with Windows line ends are read") func filesWithWindowsLineEndsAreRead() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "prompts.jsonl")
        try Data("{\"prompt\": \"the\"}\r\n\r\n{\"prompt\": \"and\u{2028}\"}\r\n".utf8).write(
            to: file)
        let outcome = try Tool.run([
            "generate", "--member", "a=\(Self.tiny)", "--formula", "a", "--max-tokens", "1",
            "--json", "--prompts", file.path,
        ])
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.output.split(separator: "\n").count == 2)
        let input = try Tool.run(
            [
                "generate", "--member", "a=\(Self.tiny)", "--formula", "a", "--max-tokens", "1",
                "--json", "-",
            ], input: Data("the\r\n".utf8))
        #expect(input.output.contains("\"prompt\":\"the\""))
    }

    @Test("a link that is written to stays one") func aLinkThatIsWrittenToStaysOne() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let (link, target) = (folder.appending(path: "l.svg"), folder.appending(path: "t.svg"))
        try Data("old".utf8).write(to: target)
        try FileManager.default.createSymbolicLink(at: link, withDestinationURL: target)
        func bench(_ path: String) throws -> Tool.Outcome {
            try Tool.run([
                "bench", "--member", "a=\(Self.tiny)", "--formula", "a", "--tokens", "2",
                "--repeats", "1", "--block", "0", "--svg", path,
            ])
        }
        #expect(try bench(link.path).code == 0)
        #expect(try String(contentsOf: target, encoding: .utf8).contains("<svg"))
        #expect(
            try FileManager.default.destinationOfSymbolicLink(atPath: link.path) == target.path)
        #expect(try bench("/dev/null").code == 0)
        let kind = try FileManager.default.attributesOfItem(atPath: "/dev/null")[.type]
        #expect(kind as? FileAttributeType == .typeCharacterSpecial)
        let refused = try bench("/nowhere/x.svg")
        #expect(refused.code == 1)
        #expect(refused.errors.contains("/nowhere/x.svg cannot be written"))
    }
}
