import EmulatedFineTuning
import Foundation
import LlamaBackend
import Recipes
import Synchronization
import TestSupport
import Testing

/// Notes about what libllama warns of, and about marks that are plain text.
@Suite struct FileNotesTests {
    static func recipe(_ yaml: String) throws -> Recipe {
        try Recipe(
            yaml: yaml + "\ncontext: 64\nengine: { gpu_layers: 0, threads: 1 }", file: "r.yaml",
            folder: RepositoryFiles.path("Tests/Fixtures/vocabularies"))
    }

    @Test("every warning is one note, with all members and files that it is about")
    func everyWarningIsOneNote() async throws {
        let loaded = try await LoadedRecipe(
            Self.recipe(
                """
                members: { base: warned.gguf, chat: warned.gguf, other: { member: chat } }
                formula: base + chat - other
                fallback: chat
                """))
        let subject = "`base` and `chat` and `other` (warned.gguf): "
        #expect(loaded.notes.count == 4)
        #expect(loaded.notes.prefix(3).allSatisfy { $0.hasPrefix(subject) }, "\(loaded.notes)")
        #expect(loaded.notes[0].contains("`tokenizer.ggml.pre` is missing"))
        #expect(loaded.notes[1].contains("`tokenizer.ggml.bos_token_id` is 99999"))
        #expect(loaded.notes[2].contains("calls `<|im_end|>` ordinary text"))
        // libllama mends the end of a turn, not its start.
        #expect(
            loaded.notes[3]
                == "`chat` (warned.gguf): the file calls the chat marks `<|im_start|>` ordinary "
                + "text, so the model reads them letter by letter, and replies get worse. "
                + "Convert the model again, or use another file of it.")
    }

    @Test("marks that the vocabulary does not have are said to be text")
    func marksThatTheVocabularyDoesNotHaveAreSaidToBeText() async throws {
        let loaded = try await LoadedRecipe(
            Self.recipe("members: { a: base.gguf }\nformula: a\nprompt: chatml"))
        #expect(
            loaded.notes == [
                "`a` (base.gguf): the chat marks `<|im_start|>`, `<|im_end|>` are not in the "
                    + "vocabulary, so the model reads them letter by letter. This is correct only "
                    + "for models trained that way (Zephyr, TinyLlama). Otherwise the template "
                    + "under `prompt:` does not fit this model."
            ])
    }

    @Test(
        "recipes whose files have no faults have no such notes",
        arguments: ["atlas", "atlas-small-chat", "atlas-proxy"])
    func recipesWhoseFilesHaveNoFaultsHaveNoSuchNotes(name: String) async throws {
        let loaded = try await LoadedRecipe(
            Recipe(contentsOf: RepositoryFiles.path("Recipes/\(name).yaml")))
        #expect(loaded.notes == [])
    }

    @Test("loading says how far it is, file by file")
    func loadingSaysHowFarItIs() async throws {
        let seen = Mutex<[LoadingProgress]>([])
        _ = try await LoadedRecipe(
            Self.recipe(
                """
                members: { base: base.gguf, chat: reserved.gguf, again: base.gguf }
                formula: base + chat - again
                fallback: chat
                """), progress: { progress in seen.withLock { $0.append(progress) } })
        let progress = seen.withLock { $0 }
        let members = progress.map(\.member).reduce(into: [String]()) {
            if $0.last != $1 { $0.append($1) }
        }
        #expect(members.prefix(2) == ["base", "chat"])
        let size = try LlamaModelInfo(
            path: RepositoryFiles.path("Tests/Fixtures/vocabularies/base.gguf")
        ).fileSize
        #expect(progress.first == LoadingProgress(member: "base", bytes: size, share: 0))
        #expect(progress.contains(LoadingProgress(member: "base", bytes: size, share: 1)))
        // A file that is there already is not read again.
        #expect(!progress.contains { $0.member == "again" && $0.share > 0 })
    }
}
