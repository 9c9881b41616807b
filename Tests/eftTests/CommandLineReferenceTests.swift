import Foundation
import TestSupport
import Testing

@Suite struct CommandLineReferenceTests {
    @Test("Documentation/cli.md is what the tool says of itself")
    func theReferenceIsWhatTheToolSaysOfItself() throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", RepositoryFiles.path("Scripts/cli-reference"), Tool.path]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let printed = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        let file = URL(filePath: RepositoryFiles.path("Documentation/cli.md"))
        #expect(try Data(contentsOf: file) == printed, "`make reference` writes it anew")
    }
}
