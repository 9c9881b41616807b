import Foundation
import TestSupport
import Testing

/// What the documents name is there: files, headings, options.
@Suite struct DocumentTests {
    static let documents: [String] = {
        let folder = RepositoryFiles.path("Documentation")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let pages = names.filter { $0.hasSuffix(".md") }.sorted().map { "Documentation/\($0)" }
        return ["README.md", "CONTRIBUTING.md", "Benchmarks/README.md", "Atlas/README.md"] + pages
    }()

    static func text(_ document: String) throws -> String {
        try String(contentsOfFile: RepositoryFiles.path(document), encoding: .utf8)
    }

    @Test("links lead to files and headings", arguments: documents)
    func linksLeadSomewhere(_ document: String) throws {
        let folder = URL(filePath: RepositoryFiles.path(document)).deletingLastPathComponent()
        for link in try Self.text(document).matches(of: /\]\(([^)\s]+)\)/).map(\.1)
        where !link.contains("://") && !link.hasPrefix("mailto:") {
            let parts = link.split(separator: "#", omittingEmptySubsequences: false)
            let file =
                parts[0].isEmpty
                ? URL(filePath: RepositoryFiles.path(document))
                : folder.appending(path: String(parts[0])).standardized
            #expect(FileManager.default.fileExists(atPath: file.path), "\(document): \(link)")
            guard parts.count == 2, file.pathExtension == "md" else { continue }
            let headings = try String(contentsOf: file, encoding: .utf8)
                .split(separator: "\n").filter { $0.hasPrefix("#") }.map(Self.anchor)
            #expect(headings.contains(String(parts[1])), "\(document): \(link)")
        }
    }

    /// The anchor that GitHub gives a heading.
    private static func anchor(_ heading: Substring) -> String {
        heading.drop { $0 == "#" || $0 == " " }.lowercased()
            .filter { $0.isLetter || $0.isNumber || " -_".contains($0) }
            .replacing(" ", with: "-")
    }

    @Test("commands have only options that there are", arguments: documents)
    func commandsHaveOnlyOptionsThatThereAre(_ document: String) throws {
        let text = try Self.text(document).replacing("\\\n", with: " ")
        for command in text.matches(of: /\beft ([a-z]+)((?: [^`\n|]*)?)/) {
            let file = RepositoryFiles.path("Tests/eftTests/Help/\(command.1).txt")
            // "eft is", in a sentence.
            guard let help = try? String(contentsOfFile: file, encoding: .utf8) else { continue }
            for option in command.2.matches(of: /\s(--[a-z][a-z-]*)/).map(\.1) {
                #expect(help.contains(option), "\(document): eft \(command.1) \(option)")
            }
        }
    }
}
