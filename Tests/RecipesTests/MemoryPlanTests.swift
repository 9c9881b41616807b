import LlamaBackend
import TestSupport
import Testing

@testable import Recipes

@Suite struct MemoryPlanTests {
    static let folder = RepositoryFiles.path("Tests/Fixtures/llama")

    static func recipe(_ members: String, cells: Int = 128) throws -> Recipe {
        try Recipe(
            yaml: """
                members: \(members)
                formula: a + b - c
                fallback: b
                context: 128
                engine: { gpu_layers: 0, cells: \(cells) }
                """, file: "r.yaml", folder: folder)
    }

    @Test("weights that members share count once, caches for each")
    func weightsThatMembersShareCountOnce() throws {
        let recipe = try Self.recipe(
            "{ a: tiny.gguf, b: tiny.gguf, c: { member: a, lora: tiny-lora.gguf } }")
        let plan = try recipe.memoryPlan()
        #expect(plan.demands.map(\.name) == ["a", "b", "c"])
        #expect(plan.demands.map { $0.estimate.weights > 0 } == [true, false, false])
        #expect(Set(plan.demands.map(\.estimate.cache)) == [256 * 2 * 32 * 2 * 2])
    }

    @Test("members that do not fit together are refused before one is loaded")
    func membersThatDoNotFitTogetherAreRefusedBeforeOneIsLoaded() async throws {
        // 2³⁰ cells of 256 bytes each.
        let recipe = try Self.recipe(
            "{ a: tiny.gguf, b: tiny-other.gguf, c: tiny.gguf }", cells: 1_000_000_000)
        let pool = SharedWeights()
        let error = await #expect(throws: LlamaError.self) {
            try await LoadedRecipe(recipe, sharing: pool)
        }
        let text = error?.description ?? ""
        #expect(text.hasPrefix("The members together need about "))
        for name in ["`a`", "`b`", "`c`"] { #expect(text.contains(name)) }
        #expect(!pool.holds(path: Self.folder + "/tiny.gguf", options: recipe.options))
    }
}
