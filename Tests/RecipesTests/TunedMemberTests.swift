import EmulatedFineTuning
import Recipes
import TestSupport
import Testing

/// Which member a recipe without a fallback takes for the fine-tuned one.
@Suite struct TunedMemberTests {
    /// Of one vocabulary: `base` and `deep` carry no chat template, `tiny` carries one; `deep` has
    /// another shape than all others.
    static func load(_ members: String, _ formula: String) async throws -> LoadedRecipe {
        try await LoadedRecipe(
            Recipe(
                yaml: """
                    members: { \(members) }
                    formula: \(formula)
                    parameters: { beta: 1.5, lambda: 0.25 }
                    context: 64
                    engine: { gpu_layers: 0, threads: 1 }
                    """, file: "r.yaml",
                folder: RepositoryFiles.path("Tests/Fixtures/vocabularies")))
    }

    static let plain = "large: deep.gguf, small: base.gguf, chat: base.gguf"

    struct Case: CustomTestStringConvertible, Sendable {
        var members: String
        var formula: String
        /// Nil: nobody knows.
        var tuned: String?
        var testDescription: String { "\(formula) of \(members)" }
    }

    static let cases = [
        // The same formula in two orders: the tuned one has the shape of the reference.
        Case(members: plain, formula: "chat + beta * (large - small)", tuned: "chat"),
        Case(members: plain, formula: "large + beta * (chat - small)", tuned: "chat"),
        Case(members: plain, formula: "large - small + chat", tuned: "chat"),
        // Down-scaling: the small base, with what tuning changed in the large one.
        Case(
            members: "small: base.gguf, large: deep.gguf, big: deep.gguf",
            formula: "small + big - large", tuned: "big"),
        // Subtracted somewhere: a reference, whatever it weighs in all.
        Case(
            members: "ref: base.gguf, aligned: base.gguf",
            formula: "ref + lambda * (aligned - ref)", tuned: "aligned"),
        Case(
            members: "amateur: base.gguf, expert: deep.gguf", formula: "2 * expert - amateur",
            tuned: "expert"),
        // An adapter is a fine-tuning.
        Case(
            members: "base: ../llama/tiny.gguf, "
                + "tuned: { member: base, lora: ../llama/tiny-lora.gguf }",
            formula: "0.5 * base + 0.5 * tuned", tuned: "tuned"),
        // One of several with a template, the rest by shape.
        Case(
            members: "large: deep.gguf, small: ../llama/tiny.gguf, chat: ../llama/tiny.gguf",
            formula: "large + chat - small", tuned: "chat"),
        // All of one shape, and none subtracted: nobody knows.
        Case(
            members: "base: base.gguf, expert: base.gguf, anti: base.gguf",
            formula: "base + expert - anti", tuned: nil),
        Case(members: "a: base.gguf, b: deep.gguf", formula: "0.5 * a + 0.5 * b", tuned: nil),
    ]

    @Test("files and formula say which member was tuned, or nothing does", arguments: cases)
    func filesAndFormulaSayWhichMemberWasTuned(_ test: Case) async throws {
        let loaded = try await Self.load(test.members, test.formula)
        let unknown = loaded.notes.filter { $0.contains("not clear which") }
        #expect(loaded.isTunedKnown == (test.tuned != nil))
        if let tuned = test.tuned {
            #expect(loaded.tuned == tuned)
            #expect(unknown == [])
        } else {
            #expect(
                unknown == [
                    "It is not clear which member was fine-tuned, so the prompts are made for "
                        + "`\(loaded.tuned)`. Name the fine-tuned member under `fallback:`."
                ])
        }
    }

    @Test("a fallback names them all") func aFallbackNamesThemAll() async throws {
        var recipe = try await Self.load(Self.plain, "chat + large - small").recipe
        recipe.fallback = 0.5 * "large" + 0.5 * "chat"
        let loaded = try await LoadedRecipe(recipe)
        #expect(loaded.tuned == "large")
        #expect(loaded.isTunedKnown)
    }
}
