import ArgumentParser
import ChatTemplates
import EmulatedFineTuning
import Foundation
import JSONValues
import LlamaBackend
import Recipes

struct PromptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prompt",
        abstract: "Show the text that the members read: what the chat template makes of a prompt.",
        discussion: """
            Prints the text exactly: control tokens are shown by their names, and nothing is added at the \
            end. With --tokens, prints one token per line: its id, a tab, and its text in quotes. Control \
            tokens have no quotes. If the model wants a BOS token that the template does not write, \
            --tokens shows it.

            A file of messages is JSON: an array of messages, or an object with `messages` and, if the \
            template uses them, `tools`, `documents`, `chat_template_kwargs` and \
            `add_generation_prompt`.
            """)

    @Argument(help: "The recipe, a YAML file; not with --member.")
    var recipe: String?

    @Argument(help: "The prompt. If it is missing or -, the prompt is read from standard input.")
    var prompt: String?

    @OptionGroup(title: "Composite") var composite: CompositeOptions

    @Option(help: ArgumentHelp("Read a chat from a JSON file.", valueName: "file"))
    var messages: String?

    @Option(
        name: .customLong("as"),
        help: ArgumentHelp(
            "Show the prompt of this member, if it has one of its own.",
            valueName: "member"))
    var member: String?

    @OptionGroup(title: "Prompts of members") var memberPrompts: MemberPromptFlags

    @Flag(help: "Show tokens instead of text.")
    var tokens = false

    func validate() throws {
        if !composite.isAdHoc, recipe == nil {
            throw ValidationError(
                "A recipe is needed: eft prompt RECIPE [PROMPT]. Or give members with --member.")
        }
        if composite.isAdHoc, prompt != nil {
            throw ValidationError("With --member there is no recipe. Give only the prompt.")
        }
    }

    /// Notes which variables the template does not use.
    private func note(_ options: TemplateOptions, _ template: ChatTemplate) {
        var names = options.variables.map(\.key)
        if options.tools != nil { names.append("tools") }
        if options.documents != nil { names.append("documents") }
        for name in names where !template.mentions(name) {
            Console.note("the chat template does not use `\(name)`, so it has no effect")
        }
    }

    func run() async throws {
        try Console.requireUTF8Arguments()
        let loaded = try await LoadedRecipe(try composite.recipe(recipe))
        loaded.notes.forEach(Console.note)
        if let member, !loaded.composite.members.contains(where: { $0.name == member }) {
            throw InputError(
                "There is no member `\(member)`. There are: "
                    + loaded.composite.members.map(\.name).joined(separator: ", ") + ".")
        }
        let argument = composite.isAdHoc ? recipe : prompt
        let chat = try messages.map { file in
            if argument != nil {
                throw InputError("Give the prompt as an argument or with --messages, not both.")
            }
            return try ChatFile(file, over: loaded.recipe.templateOptions)
        }
        let said =
            try chat?.messages
            ?? PromptSource.prompts(argument: argument, file: nil).flatMap(\.messages)
        if let options = chat?.options { note(options, loaded.template) }
        guard tokens else {
            return Console.write(
                try loaded.text(
                    of: said, for: member, addingReply: chat?.addsReply ?? true,
                    options: chat?.options, prompts: memberPrompts.chats(loaded)))
        }
        let request = try loaded.request(
            for: said, addingReply: chat?.addsReply ?? true, options: chat?.options,
            prompts: memberPrompts.chats(loaded))
        let own = loaded.composite.members.first { $0.name == member }?.model.ownVocabulary
        for token in member.flatMap({ request.prompts[$0] }) ?? request.prompt {
            let vocabulary =
                token < 0 ? own ?? loaded.tunedModel.vocabulary : loaded.tunedModel.vocabulary
            let token = token < 0 ? ~token : token
            let isControl = vocabulary.tokens[token].kind == .control
            let text = vocabulary.display(token)
            Console.writeLine("\(token)\t" + (isControl ? text : "'\(text)'"))
        }
    }
}

/// A chat in a JSON file, with what its template is told.
private struct ChatFile {
    var messages: [ChatMessage]
    var options: TemplateOptions
    var addsReply = true

    init(_ path: String, over standard: TemplateOptions) throws {
        let data = try PromptSource.read(path)
        options = standard
        let json: JSON
        do throws(JSONError) {
            json = try JSONParser.parse(Array(data))
        } catch {
            throw InputError("A file of messages must be JSON: \(path): \(error.reason).")
        }
        var list = json
        if case .object(let entries) = json {
            list = .null
            for entry in entries {
                switch (entry.key, entry.value) {
                case ("messages", _): list = entry.value
                case ("tools", .array(let tools)): options.tools = tools
                case ("documents", .array(let documents)): options.documents = documents
                case ("chat_template_kwargs", .object(let variables)): try options.set(variables)
                case ("add_generation_prompt", .flag(let flag)): addsReply = flag
                case ("tools", .null), ("documents", .null): break
                default:
                    throw InputError(
                        "\(path): `\(entry.key.prefix(64))` with \(entry.value.kind) is not a valid "
                            + "key here. Valid keys: messages, tools, documents, chat_template_kwargs, "
                            + "add_generation_prompt.")
                }
            }
        }
        guard case .array(let messages) = list else {
            throw InputError("A file of messages must contain an array: \(path) has none.")
        }
        guard !messages.isEmpty else {
            throw InputError("A file of messages must contain at least one: \(path) has none.")
        }
        self.messages = try messages.enumerated().map { try ChatMessage($1, index: $0) }
    }
}
