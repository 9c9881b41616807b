import ChatTemplates
import EmulatedFineTuning
import Foundation
import LlamaBackend

extension LoadedRecipe {
    /// What libllama warned about while it loaded the members: a note for each warning, with the members
    /// and files that it is about.
    static func fileNotes(_ recipe: Recipe, _ models: [String: LlamaModel]) -> [String] {
        var found: [(warning: LlamaWarning, members: [String])] = []
        for member in recipe.members {
            for warning in models[member.name]?.warnings ?? [] {
                if let index = found.firstIndex(where: { $0.warning == warning }) {
                    if !found[index].members.contains(member.name) {
                        found[index].members.append(member.name)
                    }
                } else {
                    found.append((warning, [member.name]))
                }
            }
        }
        return found.map { warning, members in
            "\(subject(members, models)): \(warning)"
        }
    }

    /// Members with their files: `` `small` and `chat` (small.gguf), `large` (large.gguf) ``.
    private static func subject(_ members: [String], _ models: [String: LlamaModel]) -> String {
        var files: [(path: String, members: [String])] = []
        for member in members {
            guard let path = models[member]?.weights.path else { continue }
            if let index = files.firstIndex(where: { $0.path == path }) {
                files[index].members.append(member)
            } else {
                files.append((path, [member]))
            }
        }
        return files.map { path, members in
            members.map { "`\($0)`" }.joined(separator: " and ")
                + " (\((path as NSString).lastPathComponent))"
        }.joined(separator: ", ")
    }

    /// Marks of the prompts that the tokenizer does not read as tokens: a note for those that the file
    /// calls ordinary text, and one for those that it does not have.
    ///
    /// Only the marks in a short chat count. A template also writes tools and documents, between tags
    /// that were never meant to be tokens.
    static func markNotes(
        _ templates: [ChatTemplate], _ name: String, _ model: LlamaModel
    ) -> [String] {
        let texts = templates.compactMap(sample)
        var seen: Set<String> = []
        let marks = texts.flatMap { $0.matches(of: mark).map { String($0.output) } }
            .filter { seen.insert($0).inserted }
        let vocabulary = model.vocabulary
        let spelled = marks.filter { mark in
            let bytes = Array(mark.utf8)
            let tokens = try? model.tokenizer.encode(mark, start: false, control: true)
            return tokens.map { !$0.contains { vocabulary.tokens[$0].bytes == bytes } } ?? false
        }
        guard !spelled.isEmpty else { return [] }
        let typed = Set(
            vocabulary.tokens.lazy.filter { $0.kind == .normal && $0.isMark }
                .map { String(decoding: $0.bytes, as: UTF8.self) })
        func listed(_ marks: [String]) -> String {
            marks.map { "`\($0)`" }.joined(separator: ", ")
        }
        let file = subject([name], [name: model])
        let (ordinary, unknown) = (
            spelled.filter(typed.contains),
            // `<s>` and `[INST]` are text in many templates, on purpose.
            spelled.filter { !typed.contains($0) && $0.contains(/[|｜]/) }
        )
        var notes: [String] = []
        if !ordinary.isEmpty {
            notes.append(
                "\(file): the file calls the chat marks \(listed(ordinary)) ordinary text, so "
                    + "the model reads them letter by letter, and replies get worse. Convert "
                    + "the model again, or use another file of it.")
        }
        if !unknown.isEmpty {
            notes.append(
                "\(file): the chat marks \(listed(unknown)) are not in the vocabulary, so the "
                    + "model reads them letter by letter. This is correct only for models trained "
                    + "that way (Zephyr, TinyLlama). Otherwise the template under `prompt:` does "
                    + "not fit this model.")
        }
        return notes
    }

    /// What looks like a mark in a prompt.
    private static var mark: Regex<Substring> {
        /<\|[^|<>\s]{1,64}\|>|<｜[^｜<>\s]{1,64}｜>|<\/?[A-Za-z][A-Za-z0-9_]{0,63}>|\[\/?[A-Z_]{1,32}\]/
    }

    /// A short chat as a template writes it; nil where no template writes marks, or it refuses the chat.
    private static func sample(_ template: ChatTemplate) -> String? {
        guard case .jinja = template.form else { return nil }
        let turn = [ChatMessage(role: "user", content: "Hi")]
        let chat = turn + [ChatMessage(role: "assistant", content: "Hi")] + turn
        return [chat, turn].lazy.compactMap { try? template.render($0).string }.first
    }
}
