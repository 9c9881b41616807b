import ArgumentParser
import ChatTemplates
import EmulatedFineTuning
import LlamaBackend
import Recipes
import RemoteBackend

struct InspectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Describe a recipe and its members, and check that they fit together.",
        discussion: """
            Describes each file, says where the vocabularies differ, and shows what was inferred because \
            the recipe leaves it open. The exit code is 1 if the members cannot form a composite.
            """)

    @Argument(help: "The recipe, a YAML file; not with --member.")
    var recipe: String?

    @OptionGroup(title: "Composite") var composite: CompositeOptions

    func validate() throws {
        if composite.isAdHoc == (recipe != nil) {
            throw ValidationError("Give either a recipe or members with --member.")
        }
    }

    func run() async throws {
        try Console.requireUTF8Arguments()
        let recipe = try composite.recipe(recipe).located()
        Console.write(RecipeDescription.heading(recipe))
        for member in recipe.members { try describe(member, recipe) }
        try compareVocabularies(recipe)
        describeMemory(try recipe.memoryPlan())
        let loaded = try await LoadingDisplay.loading(recipe)
        for remote in loaded.remotes {
            for sentence in remote.verification.sentences {
                Console.writeLine("`\(remote.options.model)` on \(remote.options.url): \(sentence)")
            }
        }
        Console.write(RecipeDescription.footer(loaded))
    }

    private func describe(_ member: MemberDeclaration, _ recipe: Recipe) throws {
        guard case .file(let path) = member.source else {
            switch member.source {
            case .file: break
            case .member(let other):
                Console.writeLine(
                    "\(member.name): the weights of `\(other)`, with "
                        + "\(member.adapters.count) adapter(s)"
                        + (member.origin.map { ", found as \($0.adapters.joined(separator: ", "))" }
                            ?? ""))
            case .remote(let remote):
                Console.writeLine(
                    "\(member.name): `\(remote.model)` on \(remote.url) (\(remote.server.rawValue))"
                )
            }
            return
        }
        let info = try LlamaModelInfo(path: path, options: recipe.options)
        let context =
            recipe.options.context.map { "\($0) of \(info.trainingContext)" }
            ?? "\(info.trainingContext)"
        var lines = ["\(member.name): \(path)"]
        if let name = member.origin?.name {
            lines.append(
                "  found as      \(name)"
                    + (member.origin?.folder.map { ", converted from \($0)" } ?? ""))
        }
        lines += [
            "  model         \(info.name ?? "unnamed"), \(info.architecture), "
                + "\(RecipeDescription.count(info.parameters)) parameters, "
                + "\(info.layers) layers of \(info.embeddingLength)",
            "  file          \(RecipeDescription.bytes(info.fileSize)), "
                + "\(info.quantisation ?? "unknown numbers")"
                + (info.parts > 1 ? ", \(info.parts) parts" : ""),
            "  context       \(context) tokens"
                + (info.slidingWindow.map { ", sliding window of \($0)" } ?? ""),
            "  vocabulary    \(info.vocabularySize) tokens",
            "  template      \(template(info))",
            "  rewind        \(RecipeDescription.rewind(try info.rewindClass()))",
            "  memory        \(RecipeDescription.bytes(info.memory.total)): \(info.memory)",
        ]
        if let license = info.license { lines.append("  licence       \(license)") }
        if !member.adapters.isEmpty {
            lines.append("  adapters      \(member.adapters.map(\.path).joined(separator: ", "))")
            if let names = member.origin?.adapters, !names.isEmpty {
                lines.append("  found as      \(names.joined(separator: ", "))")
            }
        }
        Console.writeLine(lines.joined(separator: "\n"))
    }

    private func template(_ info: LlamaModelInfo) -> String {
        guard let text = info.chatTemplateText else { return "none" }
        do {
            _ = try JinjaTemplate(text)
            return "\(text.utf8.count) bytes of Jinja"
        } catch {
            return "\(error)"
        }
    }

    /// What all members take together, before any is loaded.
    private func describeMemory(_ plan: MemoryPlan) {
        let places: [String?] = plan.devices + [nil]
        for device in places where plan.needed(on: device) > 0 {
            let needed = RecipeDescription.bytes(plan.needed(on: device))
            let free = device == nil ? MemoryPlan.freeOnMachine : plan.free(on: device)
            Console.writeLine(
                "memory: together about \(needed) on \(device ?? "this machine")"
                    + (free.map { ", \(RecipeDescription.bytes($0)) are free" } ?? ""))
        }
    }

    /// Every member against the first, so that all differences are shown, not only the first.
    private func compareVocabularies(_ recipe: Recipe) throws {
        let files = recipe.members.compactMap { member in
            if case .file(let path) = member.source { (member.name, path) } else { nil }
        }
        guard let first = files.first, files.count > 1 else { return }
        let vocabularies = try files.map { ($0.0, try LlamaWeights.vocabulary(of: $0.1)) }
        let reference = vocabularies[0].1
        var (agree, equal) = (true, true)
        for (name, vocabulary) in vocabularies.dropFirst() {
            equal = equal && vocabulary.fingerprint == reference.fingerprint
            guard let difference = vocabulary.firstDifference(from: reference) else { continue }
            agree = false
            Console.writeLine(
                "vocabularies: `\(name)` and `\(first.0)` do not agree, \(difference)")
        }
        guard agree else { return }
        let hash = String(reference.fingerprint, radix: 16)
        let family = reference.family.map { ", that of \($0)" } ?? ""
        Console.writeLine(
            "vocabularies: all \(files.count) agree"
                + (equal
                    ? " (fingerprint \(hash))" : ", but for padding, added tokens or renamed marks")
                + family)
    }
}
