import Foundation
import TestSupport
import Testing

/// The sessions of the README, and of the other documents, are what the tool prints.
@Suite struct ReadmeTests {
    struct Session: CustomTestStringConvertible, Sendable {
        var command: String
        var output: String

        var testDescription: String { command }
    }

    /// Every ```` ```console ```` block: a line `$ eft …`, and what it prints.
    static let sessions: [Session] = DocumentTests.documents.flatMap { document in
        let blocks = (try? Snippets.blocks(of: document, language: "console")) ?? []
        return blocks.compactMap { block -> Session? in
            guard block.hasPrefix("$ "), let end = block.firstIndex(of: "\n") else { return nil }
            return Session(
                command: String(block[..<end].dropFirst(2)),
                output: String(block[block.index(after: end)...]))
        }
    }

    @Test("the documents have sessions")
    func theReadmeHasSessions() {
        #expect(Self.sessions.count >= 2)
    }

    @Test("a session of the documents prints what it says", arguments: sessions)
    func aSessionPrintsWhatItSays(_ session: Session) throws {
        let arguments = try #require(words(session.command))
        #expect(arguments.first == "eft")
        let outcome = try Tool.run(Array(arguments.dropFirst()))
        #expect(outcome.code == 0, "\(outcome.errors)")
        // A line `…` stands for lines that are left out.
        var rest = words(ofText: outcome.output)[...]
        let parts = session.output.components(separatedBy: "…\n").map(words(ofText:))
        for (index, part) in parts.enumerated() {
            let start = index == 0 ? rest.startIndex : rest.firstRange(of: part)?.lowerBound
            let found = start.map { rest[$0...].prefix(part.count) } ?? []
            #expect(Array(found) == part, "\(outcome.output)")
            rest = found.isEmpty ? rest : rest[found.endIndex...]
        }
        #expect(rest.isEmpty || session.output.contains("…"))
    }

    /// A command line's words; double quotes keep spaces.
    private func words(_ command: String) -> [String]? {
        let parts = command.components(separatedBy: "\"")
        guard parts.count % 2 == 1 else { return nil }
        return parts.enumerated().flatMap { index, part in
            index % 2 == 1 ? [part] : part.split(separator: " ").map(String.init)
        }
    }

    /// A text's words, but for numbers, whose last digits depend on the processor.
    private func words(ofText text: String) -> [String] {
        text.split { $0.isWhitespace }.map(String.init).filter { Double($0) == nil }
    }
}
