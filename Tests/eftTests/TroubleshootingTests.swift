import Foundation
import TestSupport
import Testing

/// Documentation/troubleshooting.md is sorted by messages: they must be those of the programs.
@Suite struct TroubleshootingTests {
    /// A heading's message; `…` stands for what varies.
    static let messages: [String] = {
        let path = RepositoryFiles.path("Documentation/troubleshooting.md")
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").filter { $0.hasPrefix("### ") }.map {
            $0.dropFirst("### ".count).trimmingCharacters(in: CharacterSet(charactersIn: "` "))
        }
    }()

    /// Everything that prints messages, with literals that are cut into several put together.
    static let sources: String = {
        let folder = RepositoryFiles.path("Sources")
        let swift = (FileManager.default.enumerator(atPath: folder)?.allObjects ?? [])
            .compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }
            .map { "Sources/\($0)" }
        return (swift + ["Scripts/swift", "Scripts/setup-llama"])
            .compactMap { try? String(contentsOfFile: RepositoryFiles.path($0), encoding: .utf8) }
            .joined(separator: "\n")
            .replacing(/"\s*\n\s*\+ "/, with: "")
            .replacing(/\\\n\s*/, with: "")
    }()

    @Test("messages are listed") func messagesAreListed() { #expect(Self.messages.count > 20) }

    @Test("a listed message is one that the programs print", arguments: messages)
    func aListedMessageIsPrinted(_ message: String) throws {
        let pattern = message.components(separatedBy: "…")
            .map(NSRegularExpression.escapedPattern(for:)).joined(separator: ".{0,200}?")
        let expression = try NSRegularExpression(pattern: pattern)
        let all = NSRange(Self.sources.startIndex..., in: Self.sources)
        #expect(expression.firstMatch(in: Self.sources, range: all) != nil)
    }
}
