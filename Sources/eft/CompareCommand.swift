import ArgumentParser
import EmulatedFineTuning
import Recipes

struct CompareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Show what the composite and each of its members say, one below the other.",
        discussion: """
            In the composite's reply, a token that the draft member (the small tuned model) would have \
            chosen differently at that place, with the same randomness, stands in brackets with what \
            it would have said: [Paris instead of Lyon].
            """)

    @Argument(help: "The recipe, a YAML file; not with --member.")
    var recipe: String?

    @Argument(help: "The prompt; - or nothing reads standard input.")
    var prompt: String?

    @OptionGroup(title: "Composite") var composite: CompositeOptions
    @OptionGroup(title: "Sampling") var sampling: SamplingFlags

    @Option(help: ArgumentHelp("Prompts from a JSONL file.", valueName: "file"))
    var prompts: String?

    @Option(
        name: .customLong("only"), parsing: .upToNextOption,
        help: ArgumentHelp("Show these members only.", valueName: "member"))
    var shown: [String] = []

    func validate() throws {
        if !composite.isAdHoc, recipe == nil {
            throw ValidationError("A recipe is needed: eft compare RECIPE [PROMPT].")
        }
    }

    func run() async throws {
        let session = try Session(composite, recipe: recipe)
        let composite = session.engine.composite
        for name in shown where !composite.members.contains(where: { $0.name == name }) {
            throw CompositeError.unknownMember(name)
        }
        let prompts = try PromptSource.prompts(
            argument: self.composite.isAdHoc ? recipe : prompt, file: prompts)
        let names = composite.members.map(\.name).filter { shown.isEmpty || shown.contains($0) }
        Console.writeLine("composite = \(composite.formula)")
        for prompt in prompts {
            Console.writeLine("\n> \(prompt.question)")
            for name in names { try await show(name, prompt, session, names) }
            try await showComposite(prompt, session, names)
        }
    }

    private func show(
        _ name: String, _ prompt: Prompt, _ session: Session, _ names: [String]
    ) async throws {
        var request = try session.request(prompt, sampling)
        request.formula = .member(name)
        request.parameters = [:]
        let reply = try await session.engine.reply(to: request)
        write(name, reply.text + ending(reply, request), names)
    }

    private func showComposite(
        _ prompt: Prompt, _ session: Session, _ names: [String]
    ) async throws {
        var request = try session.request(prompt, sampling)
        request.attributions = true
        let reply = try await session.engine.reply(to: request)
        let composite = session.engine.composite
        var text = ""
        for run in ChangedRun.runs(of: reply.tokens, composite) { text += run.text }
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

/// Tokens in a row that were changed, or were not.
struct ChangedRun {
    private(set) var text: String

    /// The reply's text, with changed tokens in brackets.
    static func runs(of tokens: [GeneratedToken], _ composite: Composite) -> [ChangedRun] {
        func bytes(_ token: TokenID) -> [UInt8] {
            let entry = composite.vocabulary.tokens[token]
            return entry.kind == .control ? [] : entry.bytes
        }
        func isChanged(_ token: GeneratedToken) -> Bool {
            token.attribution?.alone.map { $0 != token.id } ?? false
        }
        var runs: [ChangedRun] = []
        var rest = tokens[...]
        while let first = rest.first {
            let run = rest.prefix { isChanged($0) == isChanged(first) }
            rest = rest.dropFirst(run.count)
            let said = String(decoding: run.flatMap { bytes($0.id) }, as: UTF8.self)
            guard isChanged(first) else {
                runs.append(ChangedRun(text: said))
                continue
            }
            let alone = run.compactMap { $0.attribution?.alone }
            let instead = alone.map { token in
                let text = String(decoding: bytes(token), as: UTF8.self).trimmed
                return text.isEmpty ? composite.vocabulary.display(token) : text
            }
            let space = said.first == " " ? " " : ""
            let shown = said.trimmed.isEmpty ? "(end)" : said.trimmed
            runs.append(
                ChangedRun(text: "\(space)[\(shown) instead of \(instead.joined(separator: "…"))]"))
        }
        return runs
    }
}

extension String {
    /// Without white space at both ends.
    var trimmed: String {
        let start = drop { $0.isWhitespace }
        return String(start.reversed().drop { $0.isWhitespace }.reversed())
    }
}
