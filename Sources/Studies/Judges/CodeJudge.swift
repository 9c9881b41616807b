import Foundation

/// Runs programs that models wrote, each with its tests, in a limited child process.
///
/// `Resources/code-judge.py` starts the process and waits for it; `code-runner.py` is what runs inside.
struct CodeJudge: Sendable {
    let options: CodeOptions
    /// The version of Python: `3.11.2`.
    let python: String

    static let scores = ["right"]
    private static let runner = String(decoding: PackageResources.code_runner_py, as: UTF8.self)
    private static let starter = String(decoding: PackageResources.code_judge_py, as: UTF8.self)

    /// What came of one program.
    struct Outcome: Sendable, Equatable {
        /// Whether the tests came to their end without an error, in time.
        var passed: Bool
        /// What ended them otherwise, in Python's words; at most 300 characters.
        var reason: String
    }

    /// Runs an empty program that imports a module, to know before anything is generated that programs can be run.
    ///
    /// - Throws: ``StudyError/cannotRunCode(reason:)``.
    init(_ options: CodeOptions) async throws(StudyError) {
        self.options = options
        let (version, outcome) = try await Self.run("", tests: "import typing", options)
        guard outcome.passed else { throw .cannotRunCode(reason: outcome.reason) }
        python = version
    }

    /// Runs a program and then its tests, as one module.
    ///
    /// Takes at most ``CodeOptions/timeout``, and what it takes to start Python twice.
    ///
    /// - Throws: ``StudyError/cannotRunCode(reason:)`` if it could not be run at all.
    func run(_ program: String, tests: String) async throws(StudyError) -> Outcome {
        try await Self.run(program, tests: tests, options).outcome
    }

    /// What an outcome depends on, for its key.
    func parts(_ program: String, tests: String) -> [String] {
        [
            Self.runner, Self.starter, python, options.isolation.rawValue, "\(options.timeout)",
            "\(options.memory)", program, tests,
        ]
    }

    private struct Request: Encodable {
        var runner: String
        var isolation: String
        var timeout: Double
        var memory: Int
        var program: String
        var tests: String
    }

    private struct Answer: Decodable {
        var python: String
        var passed: Bool?
        var reason: String?
        var trouble: String?
    }

    private static func run(
        _ program: String, tests: String, _ options: CodeOptions
    ) async throws(StudyError) -> (python: String, outcome: Outcome) {
        let request = Request(
            runner: runner, isolation: options.isolation.rawValue, timeout: options.timeout,
            memory: options.memory << 20, program: program, tests: tests)
        let (status, output) = try await start(options.python, request)
        guard let answer = try? JSONDecoder().decode(Answer.self, from: output), status == 0 else {
            throw .cannotRunCode(
                reason: status == 126 || status == 127
                    ? "`\(options.python)` cannot be started"
                    : "`\(options.python)` ended with status \(status)")
        }
        guard let passed = answer.passed, let reason = answer.reason else {
            throw .cannotRunCode(reason: answer.trouble ?? "no reason is known")
        }
        return (answer.python, Outcome(passed: passed, reason: reason))
    }

    /// Runs `code-judge.py` with a request.
    private static func start(
        _ python: String, _ request: Request
    ) async throws(StudyError) -> (status: Int32, output: Data) {
        // Files and no pipes: nobody may be left to read them.
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "eft-program-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let (input, output) = (folder.appending(path: "asked"), folder.appending(path: "answer"))
        let process = Process()
        // It looks for a name on the path.
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [python, "-I", "-c", starter]
        process.standardError = FileHandle.nullDevice
        do {
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true)
            try JSONEncoder().encode(request).write(to: input)
            try Data().write(to: output)
            process.standardInput = try FileHandle(forReadingFrom: input)
            process.standardOutput = try FileHandle(forWritingTo: output)
            try await process.runToItsEnd()
            // A signal's number is no exit status.
            let status = process.terminationStatus
            return (
                process.terminationReason == .exit ? status : 128 + status,
                try Data(contentsOf: output)
            )
        } catch {
            throw .cannotWrite(path: folder.path, reason: "a program cannot be handed over")
        }
    }
}

extension Process {
    /// Starts it, and returns when it has ended.
    fileprivate func runToItsEnd() async throws {
        try await withCheckedThrowingContinuation { (end: CheckedContinuation<Void, any Error>) in
            terminationHandler = { _ in end.resume() }
            do {
                try run()
            } catch {
                terminationHandler = nil
                end.resume(throwing: error)
            }
        }
    }
}
