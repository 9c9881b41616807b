import ArgumentParser
import EmulatedFineTuning
import Recipes

struct CompareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Show what the composite and each of its members say, one below the other.",
        discussion: """
            In the composite's reply, [brackets] mark words that the other members changed. With the \
            same text so far and the same randomness, the draft member (the small tuned model) would \
            have said something else there. --show-tokens of `eft generate` shows what.
            """)

    @Argument(help: "The recipe, a YAML file; not with --member.")
    var recipe: String?

    @Argument(help: "The prompt. If it is missing or -, the prompt is read from standard input.")
    var prompt: String?

    @OptionGroup(title: "Composite") var composite: CompositeOptions
    @OptionGroup(title: "Sampling") var sampling: SamplingFlags

    @Option(help: ArgumentHelp("Read prompts from a JSONL file.", valueName: "file"))
    var prompts: String?

    @Option(
        name: .customLong("only"),
        help: ArgumentHelp(
            "Compare the composite with this member only. Can be repeated for several members.",
            valueName: "member"))
    var shown: [String] = []

    func validate() throws {
        if !composite.isAdHoc, recipe == nil {
            throw ValidationError("A recipe is needed: eft compare RECIPE [PROMPT].")
        }
    }

    func run() async throws {
        let session = try await Session(composite, recipe: recipe)
        session.announce(sampling.speculation)
        let composite = session.engine.composite
        for name in shown where !composite.members.contains(where: { $0.name == name }) {
            throw InputError(
                "--only must name a member: `\(name)` is not one of "
                    + composite.members.map { "`\($0.name)`" }.joined(separator: ", ") + ".")
        }
        let prompts = try PromptSource.prompts(
            argument: self.composite.isAdHoc ? recipe : prompt, file: prompts)
        let names = composite.members.map(\.name).filter { shown.isEmpty || shown.contains($0) }
        let remote = composite.members.filter { $0.model.limits.scores == .tokens }.map(\.name)
        Console.writeLine("composite = \(composite.formula)")
        if let draft = composite.draft {
            Console.writeLine("[brackets]: where `\(draft)` alone would have said something else")
        }
        for name in names where remote.contains(name) {
            Console.note(
                "`\(name)` gives the scores of few tokens (it is remote, or asked by texts), so it cannot reply alone"
            )
        }
        for prompt in prompts {
            Console.writeLine("\n> \(prompt.question)")
            for name in names where !remote.contains(name) {
                try await show(name, prompt, session, names)
            }
            try await showComposite(prompt, session, names)
        }
    }

    private func show(
        _ name: String, _ prompt: Prompt, _ session: Session, _ names: [String]
    ) async throws {
        var request = try session.request(prompt, sampling)
        request.formula = .member(name)
        request.parameters = [:]
        let reply = try await session.engine.generate(request).collect()
        write(name, reply.text + ending(reply, request), names)
    }

    private func showComposite(
        _ prompt: Prompt, _ session: Session, _ names: [String]
    ) async throws {
        var request = try session.request(prompt, sampling)
        request.attributions = true
        let reply = try await session.engine.generate(request).collect()
        let composite = session.engine.composite
        let text = ChangedWords.text(reply.tokens, composite)
        write("composite", text + ending(reply, request), names)
    }

    private func write(_ name: String, _ text: String, _ names: [String]) {
        let width = (names + ["composite"]).map(\.count).max() ?? 0
        let label = name + String(repeating: " ", count: width - name.count)
        let indent = String(repeating: " ", count: width + 4)
        let lines = text.trimmed.split(separator: "\n", omittingEmptySubsequences: true)
        Console.writeLine("  \(label)  " + lines.joined(separator: "\n\(indent)"))
    }

    private func ending(_ reply: Reply, _ request: GenerationRequest) -> String {
        reply.result?.reason == .length ? " … (cut at \(request.maxTokens) tokens)" : ""
    }
}
