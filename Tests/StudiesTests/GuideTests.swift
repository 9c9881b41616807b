import Studies
import TestSupport
import Testing

@Suite struct GuideTests {
    @Test("the first example of Documentation/studies.md is a study")
    func theFirstExampleIsAStudy() throws {
        let examples = try Snippets.blocks(of: "Documentation/studies.md", language: "yaml")
        let study = try Study(yaml: #require(examples.first), file: "study.yaml", folder: "/")
        #expect(study.name == "my study")
    }
}
