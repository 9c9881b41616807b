public import ArgumentParser
import ChatTemplates
import EmulatedFineTuning
import Foundation
import JSONValues
public import LlamaBackend
import Recipes

/// `name=value` on the command line.
struct Assignment: ExpressibleByArgument, Equatable {
    let name: String
    let value: String

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else {
            return nil
        }
        name = String(argument[..<equals])
        value = String(argument[argument.index(after: equals)...])
    }
}

/// Variables of a chat template on the command line, as JSON.
struct TemplateVariables: ExpressibleByArgument {
    let entries: [JSON.Entry]

    init?(argument: String) {
        guard case .object(let entries)? = try? JSONParser.parse(Array(argument.utf8)) else {
            return nil
        }
        self.entries = entries
    }
}

/// Where a composite comes from: a recipe, or members and a formula given on the command line.
struct CompositeOptions: ParsableArguments {
    @Option(
        name: .customLong("member"),
        help: ArgumentHelp(
            "A member: its name, and its GGUF file, folder, or name in a store (hf:, ollama:, "
                + "lmstudio:). Can be repeated.",
            valueName: "name=file"))
    var members: [Assignment] = []

    @Option(help: ArgumentHelp("The formula over the members.", valueName: "formula"))
    var formula: String?

    @Option(
        help: ArgumentHelp(
            "The formula used outside the mask and for control tokens (usually the tuned member).",
            valueName: "formula"))
    var fallback: String?

    @Option(
        help: ArgumentHelp(
            "Apply a LoRA adapter to a member: a GGUF file, a PEFT folder, or a name in a store. "
                + "Can be repeated.",
            valueName: "name=file"))
    var lora: [Assignment] = []

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Set a parameter of the formula. Can be repeated.", valueName: "name=value"))
    var settings: [Assignment] = []

    @Option(
        help: ArgumentHelp(
            "Use the formula only for the fallback's likeliest tokens, up to this probability mass; use "
                + "the fallback for the rest (conservative decoding).",
            valueName: "p"))
    var nucleus: Double?

    @Option(
        help: ArgumentHelp(
            "How chats become prompts: own (the tuned model's chat template), plain (User: … "
                + "Assistant:), raw (the messages joined, without a template), a Jinja file "
                + "(NAME.jinja), or one of chatml, falcon, llama-2 and vicuna. Default: the "
                + "recipe's, or own.",
            valueName: "form"))
    var template: String?

    @Option(
        help: ArgumentHelp(
            "Variables for the chat template, as JSON: '{\"enable_thinking\": false}'.",
            valueName: "json"))
    var chatTemplateKwargs: TemplateVariables?

    @Option(
        help: ArgumentHelp(
            "Maximum number of tokens in a prompt and its reply together. Default: the recipe's, "
                + "or what the model was trained on, at most 8192.", valueName: "tokens"))
    var context: Int?

    @Option(
        help: ArgumentHelp(
            "Number of CPU threads. auto (the default) measures the time of passes and chooses.",
            valueName: "count|auto"))
    var threads: Threads?

    @Option(help: ArgumentHelp("Number of layers to put on an accelerator.", valueName: "count"))
    var gpuLayers: Int?

    @Option(help: ArgumentHelp("Number type of the KV cache.", valueName: "type"))
    var cacheType: LlamaOptions.CacheType?

    @Option(help: ArgumentHelp("Whether to use flash attention.", valueName: "when"))
    var flashAttention: LlamaOptions.FlashAttention?

    /// Whether the members are on the command line, and no recipe is expected.
    var isAdHoc: Bool { !members.isEmpty }

    func validate() throws {
        guard isAdHoc else {
            if formula != nil || !lora.isEmpty {
                throw ValidationError(
                    "--formula and --lora go with --member. A recipe has its own.")
            }
            return
        }
        if formula == nil {
            throw ValidationError(
                "Members need a formula. Add --formula, such as "
                    + "--formula 'large + chat - small'.")
        }
    }

    /// The recipe: the file's, or one made of the members, with this command line's changes.
    func recipe(_ path: String?) throws -> Recipe {
        var recipe = try isAdHoc ? adHocRecipe() : Recipe(contentsOf: path ?? "")
        if let fallback {
            recipe.fallback = try Formula(
                parsing: fallback, members: recipe.members.map(\.name),
                parameters: recipe.parameters.map(\.name))
        }
        if let nucleus { recipe.mask = Mask(.nucleus(nucleus)) }
        try requireUsed(by: recipe)
        if let template { recipe.prompt = PromptForm(template) }
        if let chatTemplateKwargs { try recipe.templateOptions.set(chatTemplateKwargs.entries) }
        recipe.options.context = context ?? recipe.options.context
        if let threads { recipe.options.threads = threads.count }
        recipe.options.gpuLayers = gpuLayers ?? recipe.options.gpuLayers
        recipe.options.cacheType = cacheType ?? recipe.options.cacheType
        recipe.options.flashAttention = flashAttention ?? recipe.options.flashAttention
        return recipe
    }

    /// Refuses a `--set` that would change nothing.
    private func requireUsed(by recipe: Recipe) throws {
        let used = recipe.usedParameters
        for setting in settings where !used.contains(setting.name) {
            let flag = setting.name.replacing("_", with: "-")
            throw InputError(
                "--set changes a parameter of the formula, but there is no `\(setting.name)` in "
                    + "`\(recipe.formula)`" + (recipe.fallback.map { " or `\($0)`" } ?? "")
                    + ". "
                    + (used.isEmpty
                        ? "There are no parameters."
                        : "The parameters are: \(used.map { "`\($0)`" }.joined(separator: ", ")).")
                    + (GenerationDefaults.keys.contains(setting.name)
                        ? " Sampling has options of its own: --\(flag)."
                        : setting.name.hint(among: used)))
        }
    }

    /// Parameter values from `--set`.
    func parameters(_ recipe: Recipe) throws -> [String: Double] {
        var values: [String: Double] = [:]
        for setting in settings {
            values[setting.name] = try Self.number(setting)
        }
        return values
    }

    static func number(_ setting: Assignment) throws -> Double {
        guard let value = Double(setting.value), value.isFinite else {
            throw InputError(
                "A parameter must be a finite number: `\(setting.name)` was set to "
                    + "`\(setting.value)`. Write it like \(setting.name)=0.5.")
        }
        return value
    }

    /// A recipe made of the members and the formula on the command line. Names that are not members
    /// are parameters, with the values given by `--set`.
    private func adHocRecipe() throws -> Recipe {
        let names = members.map(\.name)
        for adapter in lora where !names.contains(adapter.name) {
            throw InputError(
                "--lora names `\(adapter.name)`, which is not a member. The members are "
                    + "\(names.joined(separator: ", ")).")
        }
        let parameters = try settings.map { setting in
            Parameter(setting.name, default: try Self.number(setting))
        }
        return Recipe(
            name: "command line",
            members: members.map { member in
                MemberDeclaration(
                    name: member.name, source: .file(member.value),
                    adapters: lora.filter { $0.name == member.name }
                        .map { LlamaAdapter(path: $0.value) })
            },
            formula: try Formula(
                parsing: formula ?? "", members: names, parameters: settings.map(\.name)),
            parameters: parameters, options: LlamaOptions(sequences: 1))
    }
}

extension LlamaOptions.CacheType: ExpressibleByArgument {}
extension LlamaOptions.FlashAttention: ExpressibleByArgument {}

/// How many threads compute: a number, or `auto`.
struct Threads: ExpressibleByArgument {
    /// Nil: chosen while decoding.
    let count: Int?

    init?(argument: String) {
        if argument == "auto" {
            count = nil
        } else if let count = Int(argument) {
            self.count = count
        } else {
            return nil
        }
    }
}
