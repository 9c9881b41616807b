public import Foundation

/// The built `eft`, run as a person would.
public struct Tool: Sendable {
    public struct Outcome: Sendable {
        public var output: String
        public var errors: String
        public var code: Int32
    }

    /// The binary beside the test bundle that runs.
    public static let path = URL(filePath: CommandLine.arguments[0])
        .deletingLastPathComponent().appending(path: "eft").path

    /// Runs the tool to its end in the repository's folder; `environment` is set on top of the test's own.
    public static func run(
        _ arguments: [String], input: Data = Data(), environment: [String: String] = [:]
    ) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.currentDirectoryURL = RepositoryFiles.root
        // Help texts are as wide as the terminal says.
        process.environment = ProcessInfo.processInfo.environment
            .merging(["COLUMNS": "80"]) { $1 }.merging(environment) { $1 }
        let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
        process.standardInput = stdin
        process.standardOutput = stdout
        process.standardError = stderr
        try process.run()
        try stdin.fileHandleForWriting.write(contentsOf: input)
        try stdin.fileHandleForWriting.close()
        // Replies are far below a pipe's 64 KiB: neither end can fill up while the other is read.
        let output = try stdout.fileHandleForReading.readToEnd() ?? Data()
        let errors = try stderr.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Outcome(
            output: String(decoding: output, as: UTF8.self),
            errors: String(decoding: errors, as: UTF8.self), code: process.terminationStatus)
    }
}
