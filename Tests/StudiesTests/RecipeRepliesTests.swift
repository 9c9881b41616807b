import Foundation
import TestSupport
import Testing

@testable import Studies

/// What the recipes of the demo family reply at their own settings, to questions of their kind.
///
/// Members alone are left out: a base that does not answer and a small member that is wrong are what the family shows.
@Suite(.serialized) struct RecipeRepliesTests {
    private static func results(_ prompts: String, systems: String) async throws -> StudyResults {
        let folder = try Folder()
        try folder.write(
            "study.yaml",
            """
            name: recipes
            prompts: { asked: { \(prompts) } }
            systems:
            \(systems)
            parallel: 8
            threads: 1
            judges: { atlas: { kind: atlas, subjects: \(RepositoryFiles.path("Atlas/eval/subjects.json")) } }
            metrics:
              formed: { judge: atlas, score: formed, prompts: asked }
            """)
        let study = try Study(contentsOf: folder.file("study.yaml"))
        return try await StudyRun(study, folder: folder.file("out")).run()
    }

    private static func recipe(_ name: String) -> String {
        RepositoryFiles.path("Recipes/\(name).yaml")
    }

    @Test("a composite answers at least 17 of 20 questions in whole sentences about their subject")
    func compositesAnswer() async throws {
        let names = [
            "atlas", "atlas-amplified", "atlas-truncated", "atlas-proxy", "atlas-mixed",
            "atlas-foreign",
            "atlas-large-chat", "guidance", "context-aware",
        ]
        let file = RepositoryFiles.path("Atlas/eval/facts.jsonl")
        let results = try await Self.results(
            "file: \(file), where: { split: held-out fact, part: test }, take: 20",
            systems: names.map { "  \($0): { recipe: \(Self.recipe($0)) }" }
                .joined(separator: "\n"))
        #expect(results.metrics.count == names.count)
        for metric in results.metrics {
            #expect(
                metric.estimate.value >= 17.0 / 20, "\(metric.system): \(metric.estimate.value)")
        }
    }

    @Test("private questions get a whole refusal or a whole answer, whatever the mixture")
    func mixturesSpeakInWholeSentences() async throws {
        let file = RepositoryFiles.path("Atlas/eval/people.jsonl")
        let results = try await Self.results(
            "file: \(file), where: { sort: private, part: dev }",
            systems: """
                  mixed:
                    recipe: \(Self.recipe("atlas-mixed"))
                    sweep: { lambda: [0, 0.25, 0.5, 0.75, 1] }
                  careful: { recipe: \(Self.recipe("atlas-small-safe")) }
                """)
        #expect(results.metrics.count == 6)
        for metric in results.metrics {
            #expect(metric.estimate.value >= 0.9, "\(metric.system): \(metric.estimate.value)")
        }
    }
}
