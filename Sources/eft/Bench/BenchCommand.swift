import ArgumentParser
import EmulatedFineTuning
import Foundation
import Recipes

struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure decoding speed: each member alone, the composite, speculation.",
        discussion: """
            Runs every system several times, alternating between them, so that changes in the machine's \
            speed affect all of them alike. Prints medians. Prefill time is not counted. Members alone \
            decode token by token, without drafts.

            Also predicts how much speculation should gain, from the measured cost of passes and from the \
            number of rounds that the plain replies would have taken. `needed` is the acceptance rate \
            above which a block pays. `outside` is the share of a round spent outside the members' \
            passes: mixing, masks, sampling, scheduling; a table has the time of each step.
            """)

    @Argument(help: "The recipe, a YAML file; not with --member.")
    var recipe: String?

    @OptionGroup(title: "Composite") var composite: CompositeOptions

    @Option(
        help: ArgumentHelp(
            "Read prompts from a JSONL file. Replies then end where the model ends them. Measuring "
                + "acceptance needs real prompts.",
            valueName: "file"))
    var prompts: String?

    @Option(
        help: "A text to continue instead of made-up token ids. Ends of text are ignored.")
    var prompt: String?

    @Option(help: "Number of tokens in the made-up prompt.")
    var promptTokens = 64

    @Option(help: "Number of reply tokens in a run. With --prompts, the minimum.")
    var tokens = 128

    @Option(help: "Number of runs of each system.")
    var repeats = 5

    @Option(help: "Sampling temperature. Without it, the recipe's.")
    var temperature: Double?

    @Option(
        help: "Keep the likeliest tokens, up to this probability mass. Without it, the recipe's.")
    var topP: Double?

    @Option(
        name: .customLong("block"), parsing: .upToNextOption,
        help: """
            Block lengths to measure as well as `auto`, if the composite can speculate; 0 for none.
            """)
    var blocks: [Int] = [2, 4, 8, 16]

    @Flag(inversion: .prefixedNo, help: "Measure speculation.")
    var speculation = true

    @Flag(inversion: .prefixedNo, help: "Measure each member alone.")
    var members = true

    @Option(
        help: ArgumentHelp(
            "Draw speed against block length, as an SVG picture.", valueName: "file"))
    var svg: String?

    @Flag(help: "Print JSON instead of tables.")
    var json = false

    func validate() throws {
        if composite.isAdHoc == (recipe != nil) {
            throw ValidationError("Give either a recipe or members with --member.")
        }
        guard tokens >= 2, repeats >= 1, promptTokens >= 1 else {
            throw ValidationError("--tokens must be 2 or more, --repeats and --prompt-tokens 1.")
        }
        guard tokens <= 1 << 20, promptTokens <= 1 << 20, repeats <= 1000 else {
            throw ValidationError(
                "--tokens and --prompt-tokens must be at most \(1 << 20), --repeats at most 1000.")
        }
        if prompt != nil, prompts != nil {
            throw ValidationError("Give --prompt or --prompts, not both.")
        }
        guard blocks.allSatisfy((0...64).contains) else {
            throw ValidationError("--block takes lengths from 1 to 64, or 0 for none.")
        }
    }

    func run() async throws {
        let session = try await Session(composite, recipe: recipe)
        let bench = try Bench(self, session)
        let results = try await bench.run()
        let report = BenchReport(session, results, self)
        if let svg {
            try OutputFile.write(Data(BenchFigure(report).svg.utf8), to: svg)
        }
        Console.write(json ? try report.json + "\n" : report.table)
    }
}
