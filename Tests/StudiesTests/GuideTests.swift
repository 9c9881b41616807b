import Studies
import TestSupport
import Testing

@Suite struct GuideTests {
    @Test("the first example of Documentation/studies.md is a study")
    func theFirstExampleIsAStudy() throws {
        let examples = try Snippets.blocks(of: "Documentation/studies.md", language: "yaml")
        let line = "{\"prompt\":\"q\",\"answer\":\"a\",\"split\":\"test\"}\n"
        let folder = try Folder()
        try folder.write("facts.jsonl", String(repeating: line, count: 300))
        let study = try Study(
            yaml: #require(examples.first), file: "study.yaml", folder: folder.path)
        #expect(study.name == "my study")
    }
}
