import ArgumentParser
import EmulatedFineTuning
import Foundation
import Recipes

struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure decoding speed: each member alone, the composite, speculation.",
        discussion: """
            Systems are measured in turn, several times, so that a machine whose speed drifts treats \
            them alike; medians are printed. Prefill does not count.

            What speculation should gain is predicted from the cost of passes, measured beside the \
            systems, and from the plain replies: how many rounds they would have taken. `needed` is the \
            acceptance from which a block pays; `outside` the share of a round that no member's pass \
            takes: mixing, masks, sampling, scheduling.
            """)

    @Argument(help: "The recipe, a YAML file; not with --member.")
    var recipe: String?

    @OptionGroup(title: "Composite") var composite: CompositeOptions

    @Option(
        help: ArgumentHelp(
            "Prompts from a JSONL file; replies end where they end. Acceptance needs real prompts.",
            valueName: "file"))
    var prompts: String?

    @Option(help: "A text to continue, past every end, instead of made-up ids.")
    var prompt: String?

    @Option(help: "Tokens of the made-up prompt.")
    var promptTokens = 64

    @Option(help: "Tokens of reply in a run; with --prompts, at least.")
    var tokens = 128

    @Option(help: "Runs of each system.")
    var repeats = 5

    @Option(help: "Temperature; not given: the recipe's.")
    var temperature: Double?

    @Option(help: "Keep the likeliest tokens with this mass; not given: the recipe's.")
    var topP: Double?

    @Option(
        name: .customLong("block"), parsing: .upToNextOption,
        help: """
            Block lengths to measure beside `auto`, if the composite can speculate; 0 for none.
            """)
    var blocks: [Int] = [2, 4, 8, 16]

    @Flag(inversion: .prefixedNo, help: "Measure speculation.")
    var speculation = true

    @Flag(inversion: .prefixedNo, help: "Measure each member alone.")
    var members = true

    @Option(help: ArgumentHelp("Draw speed against block length.", valueName: "file"))
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
