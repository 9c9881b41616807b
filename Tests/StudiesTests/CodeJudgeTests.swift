import Foundation
import Testing

@testable import Studies

/// Programs that misbehave, run by the judge.
@Suite(.serialized) struct CodeJudgeTests {
    /// The system's Python: others may lie where only their owner can read them.
    static let python = ["/usr/bin/python3", "/opt/homebrew/bin/python3"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    static func options(
        _ isolation: CodeOptions.Isolation, timeout: Double = 60
    ) -> CodeOptions {
        var options = CodeOptions()
        options.isolation = isolation
        options.timeout = timeout
        options.python = python ?? options.python
        return options
    }

    static let sandboxWorks =
        limitsWork && succeeds("bwrap", "--unshare-net", "--dev-bind", "/", "/", "true")
    static let limitsWork = succeeds(python ?? "python3", "-c", "")
    static let isolations = CodeOptions.Isolation.allCases.filter {
        $0 == .sandbox ? sandboxWorks : limitsWork
    }

    private static func succeeds(_ command: String...) -> Bool {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    private static func judge(
        _ isolation: CodeOptions.Isolation, timeout: Double = 60
    ) async throws -> CodeJudge {
        try await CodeJudge(options(isolation, timeout: timeout))
    }

    private static func outcome(
        _ program: String, _ judge: CodeJudge
    ) async throws -> CodeJudge.Outcome {
        try await judge.run(program, tests: "assert answer() == 42\n")
    }

    private static let right = "def answer():\n    return 42\n"

    @Test("a right program passes, whatever it prints and leaves behind", arguments: isolations)
    func aRightProgramPasses(_ isolation: CodeOptions.Isolation) async throws {
        let judge = try await Self.judge(isolation)
        for program in [
            Self.right, "print('hello')\n" + Self.right,
            "import dataclasses, typing\n" + Self.right,
            "if __name__ == '__main__':\n    raise SystemExit(input())\n" + Self.right,
            "open('own.txt', 'w').write('x')\nassert open('own.txt').read() == 'x'\n" + Self.right,
            "import os, shutil\nshutil.rmtree(os.getcwd(), ignore_errors=True)\n" + Self.right,
            "import threading, time\nthreading.Thread(target=time.sleep, args=[60]).start()\n"
                + Self.right,
        ] {
            let outcome = try await Self.outcome(program, judge)
            #expect(outcome == .init(passed: true, reason: ""), "\(program)")
        }
    }

    /// Programs, and how the reason why they do not pass begins.
    private static let wrong: [(program: String, reason: String)] = [
        ("def answer():\n    return 41\n", "AssertionError"),
        ("", "NameError: name 'answer' is not defined"),
        ("Sorry, I can't do that.", "SyntaxError"),
        ("import sys\nsys.exit(0)\n" + right, "SystemExit: 0"),
        ("import os\nos._exit(0)\n" + right, "ended with status 0 before the tests were done"),
        (
            "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n",
            "ended with status"
        ),
        ("import ctypes\nctypes.string_at(0)\n", "ended with status"),
        ("held = []\nwhile True:\n    held.append(bytearray(10 ** 6))\n", "MemoryError"),
        ("held = [0] * 10 ** 11\n", "MemoryError"),
        ("with open('a', 'wb') as file:\n    file.write(b'x' * 10 ** 8)\n", "OSError: [Errno 27]"),
        ("held = [open('/dev/null') for _ in range(100)]\n", "OSError: [Errno 24]"),
        ("input()\n", "EOFError"),
        ("answer = '''", "SyntaxError"),
        ("\0", "ValueError"),
        ("class E(Exception):\n    def __str__(self):\n        raise self\nraise E\n", "E"),
        ("raise ValueError('\\ud800' + 'x' * 10 ** 6)\n", "ValueError: ?xxx"),
        ("def answer():\n    return answer()\n", "RecursionError"),
    ]

    @Test(
        "a program that does not come to the end of its tests does not pass", arguments: isolations)
    func aWrongProgramDoesNotPass(_ isolation: CodeOptions.Isolation) async throws {
        let judge = try await Self.judge(isolation)
        for (program, reason) in Self.wrong {
            let outcome = try await Self.outcome(program, judge)
            #expect(!outcome.passed, "\(program)")
            #expect(outcome.reason.hasPrefix(reason), "\(program): \(outcome.reason)")
            #expect(outcome.reason.count <= 300)
        }
    }

    @Test("a program without end is ended", arguments: isolations)
    func aProgramWithoutEndIsEnded(_ isolation: CodeOptions.Isolation) async throws {
        let judge = try await Self.judge(isolation, timeout: 0.3)
        for program in [
            "while True:\n    pass\n", "import time\ntime.sleep(600)\n",
            "while True:\n    print('x' * 10 ** 6)\n",
            "while True:\n    try:\n        [0] * 10 ** 11\n    except MemoryError:\n        pass\n",
        ] {
            let outcome = try await Self.outcome(program, judge)
            #expect(outcome == .init(passed: false, reason: "not done in time"), "\(program)")
        }
    }

    @Test(
        "the number of processes is limited, and all of them end with the program",
        .enabled(if: sandboxWorks, "bubblewrap does not work here"))
    func theNumberOfProcessesIsLimited() async throws {
        let counted = """
            import os, time
            for _ in range(100):
                if os.fork() == 0:
                    time.sleep(600)
            """
        let outcome = try await Self.outcome(counted, Self.judge(.sandbox))
        #expect(outcome.reason.hasPrefix("BlockingIOError"), "\(outcome.reason)")
        let bomb = """
            import os
            while True:
                try:
                    os.fork()
                except OSError:
                    pass
            """
        let ended = try await Self.outcome(bomb, Self.judge(.sandbox, timeout: 0.3))
        #expect(ended.reason == "not done in time")
    }

    @Test(
        "in the sandbox, a program reaches no server and no file that it reaches without",
        .enabled(if: sandboxWorks, "bubblewrap does not work here"))
    func theSandboxHasNoNetworkAndNoFiles() async throws {
        let folder = try Folder()
        try folder.write("secret.txt", "secret")
        chmod(folder.path, 0o777)
        let sandbox = try await Self.judge(.sandbox)
        let server = JudgeServer(then: .says("hello"))
        try await server.run { url in
            let port = try #require(url.split(separator: ":").last?.prefix { $0.isNumber })
            let programs = [
                "import socket\nsocket.create_connection(('127.0.0.1', \(port)))\n" + Self.right,
                "open('\(folder.file("secret.txt"))').read()\n" + Self.right,
                "open('\(folder.file("new.txt"))', 'w').close()\n" + Self.right,
            ]
            for program in programs {
                let outcome = try await Self.outcome(program, sandbox)
                #expect(!outcome.passed, "\(program)")
                #expect(!FileManager.default.fileExists(atPath: folder.file("new.txt")))
            }
            for program in programs where Self.limitsWork {
                let outcome = try await Self.outcome(program, Self.judge(.limits))
                #expect(outcome.passed, "\(program)")
            }
        }
        let within = try await Self.outcome(
            "for number in range(100):\n    open(f'{number}', 'wb').write(b'x' * 10 ** 7)\n",
            sandbox)
        #expect(within.reason.hasPrefix("OSError: [Errno 28]"), "its folder has an end")
        let processes = try await Self.outcome(
            "import os\nassert sum(name.isdigit() for name in os.listdir('/proc')) < 4\n"
                + Self.right, sandbox)
        #expect(processes.passed, "\(processes.reason)")
    }

    @Test(
        "a Python that lies where only its owner may enter finds its library in the sandbox",
        .enabled(if: sandboxWorks, "bubblewrap does not work here"))
    func aPythonFindsItsLibrary() async throws {
        var options = Self.options(.sandbox)
        // The one on the path, which may be in a home folder.
        options.python = "python3"
        let outcome = try await CodeJudge(options).run(
            "import statistics, typing, unittest", tests: "")
        #expect(outcome == .init(passed: true, reason: ""))
    }

    @Test("a program sees nothing of the environment", arguments: isolations)
    func aProgramSeesNothingOfTheEnvironment(_ isolation: CodeOptions.Isolation) async throws {
        let outcome = try await Self.outcome(
            "import os\nassert not {'PATH', 'HOME', 'USER'} & set(os.environ), os.environ\n"
                + Self.right, Self.judge(isolation))
        #expect(outcome.passed, "\(outcome.reason)")
    }

    @Test("what cannot be run is refused, with what to do")
    func whatCannotBeRunIsRefused() async throws {
        let folder = try Folder()
        func refusal(_ python: String) async -> String? {
            var options = Self.options(.sandbox)
            options.python = python
            do {
                _ = try await CodeJudge(options)
                return nil
            } catch {
                return "\(error)"
            }
        }
        let missing = await refusal("/nowhere/python3")
        #expect(missing?.contains("`/nowhere/python3` cannot be started. Install both") == true)
        #expect(missing?.contains("apt-get install python3 bubblewrap") == true)
        #expect(missing?.contains("isolation: limits") == true)
        #expect(await refusal("/bin/false")?.contains("`/bin/false` ended with status 1") == true)

        /// Python with a path of its own.
        func script(_ name: String, path: String) throws -> String {
            let python = Self.python ?? "python3"
            try folder.write(name, "#!/bin/sh\nPATH=\(path) exec \(python) \"$@\"\n")
            chmod(folder.file(name), 0o755)
            return folder.file(name)
        }
        let without = try script("without", path: "/nowhere")
        #expect(await refusal(without)?.contains("`bwrap` is not installed") == true)
        try folder.write("bwrap", "#!/bin/sh\necho 'bwrap: No permissions' >&2\nexit 1\n")
        chmod(folder.file("bwrap"), 0o755)
        let forbidden = try script("forbidden", path: folder.path)
        #expect(await refusal(forbidden)?.contains("bwrap: No permissions") == true)
    }
}
