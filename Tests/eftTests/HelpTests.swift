import Foundation
import TestSupport
import Testing

/// `--help` is product: its texts are kept in Tests/eftTests/Help and compared whole.
@Suite struct HelpTests {
    static let commands = [
        "", "generate", "chat", "compare", "score", "inspect", "bench", "serve", "playground",
        "study", "reward", "fit",
    ]

    @Test("the help texts are those on file", arguments: commands)
    func theHelpTextsAreThoseOnFile(_ command: String) throws {
        let outcome = try Tool.run((command.isEmpty ? [] : [command]) + ["--help"])
        #expect(outcome.code == 0)
        let name = command.isEmpty ? "eft" : command
        let file = RepositoryFiles.path("Tests/eftTests/Help/\(name).txt")
        if ProcessInfo.processInfo.environment["EFT_RECORD"] != nil {
            try Data(outcome.output.utf8).write(to: URL(filePath: file))
            Issue.record("recorded \(file): look at it, and run again without EFT_RECORD")
            return
        }
        let recorded = try String(contentsOfFile: file, encoding: .utf8)
        #expect(outcome.output == recorded, "EFT_RECORD=1 records it anew")
    }
}
