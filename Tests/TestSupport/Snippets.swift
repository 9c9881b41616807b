import Foundation

/// Examples in documents, and the code that they are copied from: tests compare the two, so that every
/// example is compiled and runs.
public enum Snippets {
    /// The bodies of a document's code blocks in a language.
    public static func blocks(of document: String, language: String) throws -> [String] {
        let text = try String(contentsOfFile: RepositoryFiles.path(document), encoding: .utf8)
        return text.components(separatedBy: "\n```\(language)\n").dropFirst().map {
            $0.components(separatedBy: "\n```")[0]
        }
    }

    /// What stands between `// MARK {` and `// } MARK` in a source file, each without the indentation
    /// of its first line.
    public static func examples(in file: String, mark: String) throws -> [String] {
        let text = try String(contentsOfFile: file, encoding: .utf8)
        return text.components(separatedBy: "// \(mark) {\n").dropFirst().map { part in
            var lines = part.components(separatedBy: "\n")
            lines = Array(
                lines.prefix { $0.trimmingPrefix(while: \.isWhitespace) != "// } \(mark)" })
            let indentation = lines.first?.prefix(while: \.isWhitespace) ?? ""
            return lines.map { String($0.trimmingPrefix(indentation)) }.joined(separator: "\n")
        }
    }

    /// A block without its `import` lines, which cannot stand where the code is compiled.
    public static func withoutImports(_ block: String) -> String {
        let lines = block.components(separatedBy: "\n")
        return lines.drop { $0.hasPrefix("import ") || $0.isEmpty }.joined(separator: "\n")
    }
}
