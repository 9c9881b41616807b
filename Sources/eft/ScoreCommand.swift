import ArgumentParser
import EmulatedFineTuning
import Foundation
import Recipes

struct ScoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "score",
        abstract: "Score responses: log-probabilities under the composite and every member.",
        discussion: """
            For every token of a response: log p (nats) under the composite and each member, the \
            behaviour delta (tuned - reference), the up-scaling delta (base - reference), and the \
            total variation distance between the tuned model and the composite.

            A JSONL file has `prompt` or `messages`, and `response`, on every line.
            """)

    @Argument(help: "The recipe, a YAML file; not with --member.")
    var recipe: String?

    @OptionGroup(title: "Composite") var composite: CompositeOptions

    @Option(help: "The prompt.")
    var prompt: String?

    @Option(help: "The response to score.")
    var response: String?

    @Option(
        help: ArgumentHelp("Read prompts and responses from a JSONL file.", valueName: "file"))
    var pairs: String?

    @OptionGroup var raw: RawFlags

    @Flag(help: "The response is unfinished: do not score an end after it.")
    var open = false

    @Flag(help: "Print one JSON object per response.")
    var json = false

    func validate() throws {
        if composite.isAdHoc == (recipe != nil) {
            throw ValidationError("Give either a recipe or members with --member.")
        }
        if (pairs == nil) != (prompt != nil && response != nil) {
            throw ValidationError("Give either --prompt and --response, or --pairs FILE.")
        }
    }

    func run() async throws {
        let session = try await Session(composite, recipe: recipe)
        for pair in try inputs() { try await score(pair, session) }
    }

    private func inputs() throws -> [Prompt] {
        guard let pairs else {
            return [Prompt(content: .text(prompt ?? ""), response: response)]
        }
        return try PromptSource.jsonLines(pairs)
    }

    private func score(_ pair: Prompt, _ session: Session) async throws {
        guard let response = pair.response else {
            throw InputError(
                "Every line must have a `response` to score: line \(pair.line ?? 1) has none.")
        }
        var request = try session.request(pair, nil, raw: raw)
        request.kind = .score(try session.loaded.response(response, ended: !raw.raw && !open))
        request.attributions = true
        let reply = try await session.engine.generate(request).collect()
        if json {
            Console.writeLine(try JSONReply(reply, to: pair, request, session).line)
            return
        }
        Console.write(TokenTable.text(reply.tokens, session.engine.composite))
        Console.writeLine("\n" + summary(reply, session.engine.composite) + "\n")
    }

    private func summary(_ reply: Reply, _ composite: Composite) -> String {
        let sum = reply.tokens.reduce(0) { $0 + Double($1.logProbability) }
        let members = composite.members.enumerated().map { index, member in
            let sum = reply.tokens.reduce(0) {
                $0 + Double($1.attribution?.members[index] ?? 0)
            }
            return "\(member.name) \(sum.fixed(3))"
        }
        return "\(reply.tokens.count) tokens, log p: composite \(sum.fixed(3)), "
            + members.joined(separator: ", ")
    }
}
