import ChatTemplates
import EmulatedFineTuning
import Foundation
import LlamaBackend
import Recipes

/// A recipe in words, for `eft inspect`.
enum RecipeDescription {
    static func heading(_ recipe: Recipe) -> String {
        var lines = ["\(recipe.name)" + (recipe.description.map { ": \($0)" } ?? "")]
        lines.append("  formula       \(recipe.formula)")
        for parameter in recipe.parameters {
            lines.append(
                "  parameter     \(parameter.name) = \(parameter.defaultValue.short), from "
                    + "\(parameter.range.lowerBound.short) to \(parameter.range.upperBound.short)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    static func footer(_ loaded: LoadedRecipe) -> String {
        let composite = loaded.composite
        var lines = ["composite:"]
        lines.append("  fallback      \(composite.fallback.map { "\($0)" } ?? "none")")
        lines.append("  mask          \(composite.mask.map(describe) ?? "none")")
        let tokens = composite.fallbackTokens.map(composite.vocabulary.display)
        lines.append(
            "  ruled by it   "
                + (tokens.isEmpty
                    ? "no control tokens"
                    : "\(tokens.prefix(6).joined(separator: " "))"
                        + (tokens.count > 6 ? " and \(tokens.count - 6) more" : "")))
        lines.append("  draft member  \(composite.draft ?? "none")")
        for names in loaded.membersOfOneModel {
            let names = names.map { "`\($0)`" }.joined(separator: ", ")
            lines.append("  one model     \(names): the same weights, so one cache and one pass")
        }
        lines.append("  prompts       \(prompts(loaded))")
        lines.append("  context       \(loaded.contextLimit) tokens for prompt and reply")
        lines.append("  threads       \(threads(loaded.recipe.options))")
        lines += loaded.notes.map { "note: \($0)" }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func threads(_ options: LlamaOptions) -> String {
        let most = LlamaOptions.mostThreads
        return options.threads.map { "\($0)" }
            ?? (most == 1 ? "1" : "as many as passes gain from, at most \(most)")
    }

    private static func prompts(_ loaded: LoadedRecipe) -> String {
        switch loaded.template.form {
        case .jinja(let template):
            switch loaded.recipe.prompt {
            case .file(let path): "the chat template \(path)"
            case .named(let name): "the chat template `\(name)`"
            default:
                "the chat template of `\(loaded.tuned)`, \(template.text.utf8.count) bytes of Jinja"
            }
        case .plain: "plain transcripts"
        case .raw: "as they are"
        }
    }

    private static func describe(_ mask: Mask) -> String {
        let rule =
            switch mask.rule {
            case .nucleus(let p, let formula):
                "nucleus of \(p.short) of \(formula.map { "\($0)" } ?? "the fallback")"
            case .relative(let share, let formula):
                "at least \(share.short) of the likeliest of "
                    + (formula.map { "\($0)" } ?? "the fallback")
            case .tokens(let tokens): "\(tokens.count) tokens"
            }
        return rule + (mask.effect == .forbid ? ", others forbidden" : ", others fall back")
    }

    static func rewind(_ rewind: RewindClass) -> String {
        switch rewind {
        case .full: "to any length"
        case .partial(let tokens): "by \(tokens) tokens"
        case .none: "no (recurrent): no speculation, prompts are computed anew"
        }
    }

    static func count(_ number: Int) -> String {
        switch Double(number) {
        case 1e9...: (Double(number) / 1e9).fixed(2) + " G"
        case 1e6...: (Double(number) / 1e6).fixed(2) + " M"
        case 1e3...: (Double(number) / 1e3).fixed(1) + " k"
        default: "\(number)"
        }
    }

    static func bytes(_ number: Int) -> String {
        switch Double(number) {
        case 1_073_741_824...: (Double(number) / 1_073_741_824).fixed(2) + " GiB"
        case 1_048_576...: (Double(number) / 1_048_576).fixed(1) + " MiB"
        default: (Double(number) / 1024).fixed(1) + " KiB"
        }
    }
}
