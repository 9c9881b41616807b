import ArgumentParser
import EmulatedFineTuning
import Recipes
import Studies

struct GenerateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Generate replies. Only the reply goes to standard output.",
        discussion: """
            The prompt is an argument, standard input (-), or each line of a JSONL file. It is put into \
            the tuned model's chat template unless --raw is given.

            With --member, no recipe is needed, and the first argument is the prompt.
            """)

    @Argument(help: "The recipe, a YAML file; not with --member.")
    var recipe: String?

    @Argument(help: "The prompt. If it is missing or -, the prompt is read from standard input.")
    var prompt: String?

    @OptionGroup(title: "Composite") var composite: CompositeOptions
    @OptionGroup(title: "Sampling") var sampling: SamplingFlags
    @OptionGroup(title: "Form of the reply") var form: FormFlags

    @Option(
        help: ArgumentHelp(
            "Read prompts from a JSONL file. Every line has `prompt` or `messages`.",
            valueName: "file"))
    var prompts: String?

    @OptionGroup var raw: RawFlags
    @OptionGroup(title: "Prompts of members") var memberPrompts: MemberPromptFlags

    @Option(
        help: ArgumentHelp(
            "Generate this many replies and give the one with the highest implied reward.",
            valueName: "count"))
    var bestOf: Int?

    @OptionGroup(title: "Reward of --best-of") var reward: RewardFlags

    @Flag(help: "After the reply, show its tokens and what each member says about them.")
    var showTokens = false

    @Flag(help: "Print one JSON object per reply, with tokens and statistics.")
    var json = false

    func validate() throws {
        if !composite.isAdHoc, recipe == nil {
            throw ValidationError(
                "A recipe is needed: eft generate RECIPE [PROMPT]. Or give members with --member.")
        }
        if composite.isAdHoc, prompt != nil {
            throw ValidationError("With --member there is no recipe. Give only the prompt.")
        }
        if let bestOf, !(2...1024).contains(bestOf) {
            throw ValidationError("--best-of needs from 2 to 1024 replies.")
        }
        if bestOf == nil, reward.isGiven {
            throw ValidationError(
                "--tuned and --reference choose the reward of --best-of. Add --best-of.")
        }
    }

    func run() async throws {
        let grammar = try form.read()
        let session = try await Session(
            composite, recipe: recipe, sequences: bestOf.map { min($0, 16) })
        let constraint = grammar.map { grammar in
            session.loaded.replyForms.constraint("form") { grammar }
        }
        session.announce(sampling.speculation)
        let prompts = try PromptSource.prompts(
            argument: composite.isAdHoc ? recipe : prompt, file: prompts, isRaw: raw.raw)
        let best = try bestOf.map { try BestOf($0, reward.reward(session), session.engine) }
        for prompt in prompts {
            if let best {
                try await rerank(prompt, session, best, constraint)
            } else {
                try await generate(prompt, session, constraint)
            }
        }
    }

    /// Generates several replies and shows the best one when all are complete.
    private func rerank(
        _ prompt: Prompt, _ session: Session, _ best: BestOf, _ constraint: (any TokenConstraint)?
    ) async throws {
        var request = try session.request(prompt, sampling, raw: raw, members: memberPrompts)
        request.constraint = constraint
        request.attributions = showTokens || json
        guard request.sampling.temperature > 0 else {
            throw InputError(
                "--best-of needs replies that differ: at temperature 0 they are all the same. "
                    + "Add --temperature 1.")
        }
        let chosen = try await best.reply(to: request)
        if !json { Console.write(chosen.reply.text) }
        try show(chosen.reply, prompt, request, session)
        Console.note(
            "reward \(chosen.value.reward.fixed(3)) nats, the best of \(best.count) "
                + "(mean \(chosen.mean.fixed(3)))")
    }

    private func generate(
        _ prompt: Prompt, _ session: Session, _ constraint: (any TokenConstraint)?
    ) async throws {
        var request = try session.request(prompt, sampling, raw: raw, members: memberPrompts)
        request.constraint = constraint
        request.attributions = showTokens || json
        var written = false
        do {
            let reply = try await session.engine.generate(request).collect { text in
                guard !json, !text.isEmpty else { return }
                Console.write(text)
                written = true
            }
            try show(reply, prompt, request, session)
        } catch {
            if written {
                Console.writeLine()
                Console.note("the reply above is incomplete")
            }
            throw error
        }
    }

    private func show(
        _ reply: Reply, _ prompt: Prompt, _ request: GenerationRequest, _ session: Session
    ) throws {
        if json {
            Console.writeLine(try JSONReply(reply, to: prompt, request, session).line)
            return
        }
        Console.writeLine()
        if reply.result?.reason == .length {
            Console.note(
                "the reply was cut at \(request.maxTokens) tokens; --max-tokens and --context set "
                    + "the limits")
        }
        if showTokens {
            Console.writeLine()
            Console.write(TokenTable.text(reply.tokens, session.engine.composite))
            Console.writeLine("\nseed \(request.seed)")
            if let statistics = reply.result?.statistics, statistics.drafted > 0 {
                Console.write(statistics.text)
            }
        }
    }
}
