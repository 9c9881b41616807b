import ChatTemplates
import EmulatedFineTuning
import Foundation
import LlamaBackend
import TestSupport
import Testing

@testable import Recipes

/// The recipes of Recipes/families: real pairs, whose files are not here.
@Suite struct FamilyRecipesTests {
    static let folder = RepositoryFiles.path("Recipes/families")
    static let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
        .filter { $0.hasSuffix(".yaml") }.sorted()

    @Test("the families of the paper and four later ones have recipes")
    func theFamiliesHaveRecipes() {
        #expect(
            Self.files == [
                "falcon.yaml", "gemma-2.yaml", "llama-1-vicuna.yaml", "llama-2.yaml",
                "llama-3.1-qwen-3.yaml", "llama-3.1.yaml", "llama-3.2.yaml",
                "qwen-3-llama-3.2.yaml", "qwen-3.yaml",
            ])
    }

    @Test("a family's recipe makes a composite whose large member falls back", arguments: files)
    func aFamilysRecipeMakesAComposite(_ file: String) throws {
        let recipe = try Recipe(contentsOf: "\(Self.folder)/\(file)")
        let vocabulary = ByteTokenizer.vocabulary()
        let composite = try Composite(
            members: recipe.members.map { member in
                Member(member.name, TableModel(vocabulary: vocabulary) { _ in [] })
            },
            formula: recipe.formula, parameters: recipe.parameters, fallback: recipe.fallback,
            mask: recipe.mask, control: recipe.control, draft: recipe.draft)
        #expect(composite.draft == "chat")
        #expect(composite.mask == Mask(.nucleus(0.95)))
        let resolved = try composite.resolve()
        let weights = Dictionary(
            resolved.formula.terms.map { (composite.members[$0.member].name, $0.weight) },
            uniquingKeysWith: { a, _ in a })
        #expect(weights == ["large": 1, "chat": 1, "small": -1])
        switch recipe.prompt {
        case .named(let name): #expect(ChatTemplate.named[name] != nil)
        case .plain, .own: break
        case .file, .raw: Issue.record("a family's recipe needs no file of its own")
        }
        #expect(recipe.options.context != nil)
    }

    @Test("a family's files are named so that they can be downloaded", arguments: files)
    func aFamilysFilesAreNamedSoThatTheyCanBeDownloaded(_ file: String) throws {
        let recipe = try Recipe(contentsOf: "\(Self.folder)/\(file)")
        let cache = HuggingFaceCache(environment: ["HF_HUB_CACHE": "/nowhere"])
        for member in recipe.members {
            guard case .file(let name) = member.source else {
                Issue.record("`\(member.name)` is no file")
                continue
            }
            let error = try #require(throws: ModelStoreError.self) { try cache.path(of: name) }
            guard case .notInCache(_, _, _, _, let command) = error else {
                Issue.record("\(error)")
                continue
            }
            #expect(command.hasPrefix("hf download "))
        }
        let text = try String(contentsOfFile: "\(Self.folder)/\(file)", encoding: .utf8)
        #expect(text.contains("We have not downloaded their files"))
        #expect(text.contains("Benchmarks/family_memory.py"))
    }
}
