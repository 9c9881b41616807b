import ChatTemplates
import Foundation
import LlamaBackend

extension LoadedRecipe {
    /// The template of a form of prompts.
    ///
    /// - Parameters:
    ///   - tuned: the name of the member whose template is `own`.
    ///   - weights: that member's.
    ///   - notes: told where there is no template, and transcripts stand in for it.
    /// - Throws: ``RecipeError``.
    static func template(
        _ form: PromptForm, of tuned: String, _ weights: LlamaWeights, _ notes: inout [String]
    ) throws(RecipeError) -> ChatTemplate {
        func read(_ text: String, _ owner: String) throws(RecipeError) -> ChatTemplate {
            do throws(TemplateError) {
                return try ChatTemplate(jinja: text, marks: weights.templateMarks)
            } catch {
                throw .template(owner, reason: "\(error)")
            }
        }
        switch form {
        case .plain: return .plain()
        case .raw: return .raw
        case .file(let path): return try read(try text(of: path), "`\(path)`")
        case .named(let name):
            guard let text = ChatTemplate.named[name] else {
                throw .unknownTemplate(name, known: ChatTemplate.named.keys.sorted())
            }
            return try read(text, "`\(name)`")
        case .own:
            guard let text = weights.chatTemplateText else {
                notes.append("`\(tuned)` has no chat template, so prompts are plain transcripts.")
                return .plain()
            }
            return try read(text, "the file of `\(tuned)`")
        }
    }

    /// The text of a template's file.
    private static func text(of path: String) throws(RecipeError) -> String {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
            !isFolder.boolValue, let data = FileManager.default.contents(atPath: path)
        else {
            throw .template(
                "`\(path)`", reason: "There is no readable chat template at this path.")
        }
        guard data.count <= 4 << 20, let text = String(validating: data, as: UTF8.self) else {
            throw .template(
                "`\(path)`",
                reason: "A chat template must be UTF-8 text of at most 1,048,576 characters.")
        }
        return text
    }
}
