import ArgumentParser
import EmulatedFineTuning
import Foundation
import Recipes

struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure decoding speed: each member alone, the composite, and blocks.",
        discussion: """
            Systems are measured in turn, several times, so that a machine whose speed drifts treats \
            them alike; medians are printed. The first token of a reply counts as prompt, not as speed.

            `outside` is the share of a round's time that no member's forward pass takes: mixing, \
            masks, sampling, scheduling.
            """)

    @Argument(help: "The recipe, a YAML file; not with --member.")
    var recipe: String?

    @OptionGroup(title: "Composite") var composite: CompositeOptions

    @Option(help: "Tokens of reply in a run.")
    var tokens = 128

    @Option(help: "Tokens of prompt: made-up ids, the same for every system.")
    var promptTokens = 64

    @Option(help: "Text to continue instead of made-up ids.")
    var prompt: String?

    @Option(help: "Runs of each system.")
    var repeats = 5

    @Option(help: "Temperature.")
    var temperature = 1.0

    @Option(help: "Keep the likeliest tokens with this mass.")
    var topP = 1.0

    @Option(
        name: .customLong("block"), parsing: .upToNextOption,
        help: "Speculative block lengths to measure.")
    var blocks: [Int] = []

    @Flag(help: "Print JSON instead of a table.")
    var json = false

    func validate() throws {
        if composite.isAdHoc == (recipe != nil) {
            throw ValidationError("Give either a recipe or members with --member.")
        }
        guard tokens >= 2, repeats >= 1, promptTokens >= 1 else {
            throw ValidationError("--tokens must be 2 or more, --repeats and --prompt-tokens 1.")
        }
    }

    func run() async throws {
        let session = try Session(composite, recipe: recipe)
        var systems = session.engine.composite.members.map { BenchSystem(member: $0.name) }
        systems.append(BenchSystem(block: 0))
        systems += blocks.map { BenchSystem(block: $0) }
        for repetition in 0..<repeats {
            for index in systems.indices {
                Console.note("run \(repetition + 1) of \(repeats): \(systems[index].name)")
                let request = try request(for: systems[index], session, seed: UInt64(repetition))
                systems[index].runs.append(try await measure(request, session.engine))
            }
        }
        let report = BenchReport(session, systems, self)
        Console.write(json ? try report.json + "\n" : report.table)
    }

    private func request(
        for system: BenchSystem, _ session: Session, seed: UInt64
    ) throws -> GenerationRequest {
        let vocabulary = session.engine.composite.vocabulary.count
        var request =
            try prompt.map { try session.loaded.request(continuing: $0) }
            ?? GenerationRequest(
                prompt: (0..<promptTokens).map { 3 + (7919 * $0) % max(1, vocabulary - 3) })
        request.sampling = SamplingOptions(temperature: temperature, topP: topP)
        request.parameters = session.parameters
        request.maxTokens = tokens
        request.stop = []
        request.ignoresEnd = true
        request.seed = seed
        request.block = system.block
        if let member = system.member {
            request.formula = .member(member)
            request.parameters = [:]
        }
        return request
    }

    /// One run: the time from the first token to the last, and how it was spent.
    private func measure(_ request: GenerationRequest, _ engine: Engine) async throws -> BenchRun {
        var start: ContinuousClock.Instant?
        var before = await engine.profile
        var count = 0
        var statistics = GenerationStatistics()
        for try await event in engine.generate(request) {
            switch event {
            case .token:
                if start == nil {
                    start = .now
                    before = await engine.profile
                } else {
                    count += 1
                }
            case .finished(let result): statistics = result.statistics
            }
        }
        let elapsed = ContinuousClock.now - (start ?? .now)
        let after = await engine.profile
        return BenchRun(
            tokensPerSecond: Double(count) / elapsed.seconds,
            members: zip(after.members, before.members).map { ($0 - $1).seconds },
            rounds: (after.rounds - before.rounds).seconds,
            statistics: statistics)
    }
}

extension Duration {
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
