import Foundation
import Recipes
import TestSupport
import Testing

/// Documentation/recipes.md names every key that is read, and no other.
@Suite struct RecipeReferenceTests {
    /// A recipe with a wrong key, `wrong`, in each of the mappings there are: the error says which would
    /// have been right.
    static let probes = [
        ("the recipe", "wrong: 1"),
        ("a member", "members: { a: { wrong: 1 } }"),
        ("an adapter", "members: { a: { file: a.gguf, lora: [{ wrong: 1 }] } }"),
        ("a parameter", "members: { a: a.gguf }\nparameters: { p: { wrong: 1 } }"),
        ("mask", "members: { a: a.gguf }\nformula: a\nmask: { wrong: 1 }"),
        ("prompt", "members: { a: a.gguf }\nformula: a\nprompt: { wrong: 1 }"),
        ("sampling", "members: { a: a.gguf }\nformula: a\nsampling: { wrong: 1 }"),
        ("engine", "members: { a: a.gguf }\nformula: a\nengine: { wrong: 1 }"),
    ]

    static let document =
        (try? String(
            contentsOfFile: RepositoryFiles.path("Documentation/recipes.md"), encoding: .utf8))
        ?? ""

    /// The keys of a mapping, as the error for an unknown one names them.
    static func keys(_ probe: String) throws -> [String] {
        do {
            _ = try Recipe(yaml: probe, file: "probe.yaml", folder: "/")
        } catch RecipeError.unknownKey("wrong", _, let known) {
            return known
        }
        Issue.record("no key is refused: \(probe)")
        return []
    }

    /// What stands between backticks.
    static func code(_ text: Substring) -> [Substring] {
        text.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map(\.element)
    }

    /// The words in there: `nucleus: p` has `nucleus`.
    static func words(_ text: Substring) -> [String] {
        code(text).flatMap { span in
            span.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
        }
    }

    @Test("every key of a recipe is documented", arguments: probes)
    func everyKeyIsDocumented(_ mapping: String, _ probe: String) throws {
        let examples = try Snippets.blocks(of: "Documentation/recipes.md", language: "yaml")
        let named = Set(Self.document.split(separator: "\n").flatMap(Self.words))
        for key in try Self.keys(probe) {
            let isShown = examples.contains { $0.contains("\(key):") }
            #expect(named.contains(key) || isShown, "`\(key)` of \(mapping)")
        }
    }

    @Test("every documented key is one") func everyDocumentedKeyIsOne() throws {
        let root = try Self.keys(Self.probes[0].1)
        let rows = Self.document.split(separator: "\n").filter { $0.hasPrefix("| `") }
        #expect(rows.count > 8)
        for row in rows {
            let columns = row.split(separator: " | ", maxSplits: 1)
            let key = try #require(Self.words(columns[0]).first)
            #expect(root.contains(key), "`\(key)`")
            guard let probe = Self.probes.first(where: { $0.0 == key }), columns.count == 2 else {
                continue
            }
            let known = try Self.keys(probe.1)
            let isListOfKeys = ["sampling", "engine"].contains(key)
            for span in Self.code(columns[1])
            where isListOfKeys || key == "mask" && span.contains(": ") {
                let inner = String(span.prefix { $0 != ":" })
                #expect(known.contains(inner), "`\(inner)` of \(key)")
            }
        }
    }

    @Test(
        "the examples are recipes",
        arguments: ["README.md", "Documentation/recipes.md", "Documentation/scaling.md"])
    func theExamplesAreRecipes(_ document: String) throws {
        let examples = try Snippets.blocks(of: document, language: "yaml")
        #expect(!examples.isEmpty)
        for example in examples { _ = try Recipe(yaml: example, file: "recipe.yaml", folder: "/") }
    }
}
