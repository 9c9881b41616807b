import ArgumentParser
import ChatTemplates
import EmulatedFineTuning
import Recipes

/// What single members read in place of the prompt.
struct MemberPromptFlags: ParsableArguments {
    @Option(
        name: .customLong("prompt-of"), parsing: .singleValue,
        help: ArgumentHelp(
            "What this member reads in place of the prompt; may be given for several members.",
            valueName: "member=text"))
    var prompts: [Assignment] = []

    @Option(
        help: ArgumentHelp(
            "The system message of the member that the recipe names under negative_prompt. With --raw, its "
                + "whole prompt.",
            valueName: "text"))
    var negativePrompt: String?

    func validate() throws {
        let names = prompts.map(\.name)
        if let name = names.first(where: { name in names.count { $0 == name } > 1 }) {
            throw ValidationError("--prompt-of gives '\(name)' two prompts. Leave one out.")
        }
    }

    /// The prompts of chats, by member.
    func chats(_ loaded: LoadedRecipe) throws -> [String: MemberPrompt] {
        let own = try negativePrompt.map(loaded.negative) ?? [:]
        return own.merging(
            prompts.map { ($0.name, .chat([ChatMessage(role: "user", content: $0.value)])) },
            uniquingKeysWith: { _, given in given })
    }

    /// The prompts of raw texts, by member.
    func texts(_ loaded: LoadedRecipe) throws -> [String: String] {
        var own: [String: String] = [:]
        if let negativePrompt {
            for member in try loaded.negative(negativePrompt).keys { own[member] = negativePrompt }
        }
        return own.merging(
            prompts.map { ($0.name, $0.value) }, uniquingKeysWith: { _, given in given })
    }
}
