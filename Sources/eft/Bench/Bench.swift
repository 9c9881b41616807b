import EmulatedFineTuning
import Foundation
import Recipes
import RemoteBackend
import StringScores
import Studies

/// The measurement: in every repetition, each system once and the cost of passes.
struct Bench {
    private let command: BenchCommand
    private let session: Session
    private let prompts: [GenerationRequest]
    private let blocks: [Int]
    private let speculates: Bool
    /// Tokens that a sequence holds while passes are timed: those of a reply half done.
    private let depth: Int

    struct Results {
        var systems: [BenchSystem]
        /// By member, seconds by width; nil where nothing can be speculated.
        var prediction: SpeedPrediction?
        var costs: [PassCost]
    }

    init(_ command: BenchCommand, _ session: Session) throws {
        self.command = command
        self.session = session
        prompts = try Self.prompts(command, session)
        let obstacle = session.engine.composite.speculationObstacle
        speculates = command.speculation && obstacle == nil
        blocks = speculates ? Set(command.blocks).subtracting([0]).sorted() : []
        if command.speculation, let obstacle {
            Console.note("no speculation to measure: \(obstacle)")
        }
        let prompt = prompts.map(\.prompt.count).reduce(0, +) / prompts.count
        depth = min(
            prompt + prompts[0].maxTokens / 2,
            session.loaded.contextLimit - (blocks.last ?? 0) - 1)
    }

    func run() async throws -> Results {
        let composite = session.engine.composite
        var systems = [BenchSystem(kind: BenchSystem.plain)]
        systems += blocks.map { BenchSystem(kind: .composite(.block($0))) }
        if speculates { systems.append(BenchSystem(kind: .composite(.auto))) }
        if command.members {
            // A remote member gives chosen tokens only: there is nothing to decode from by itself.
            let local = composite.members.filter { $0.model.limits.scores == .rows }
            systems = local.map { BenchSystem(kind: .member($0.name)) } + systems
        }
        var costs: [PassCost] = []
        let widths = Set([1] + blocks.map { $0 + 1 }).sorted()
        for repetition in 0..<command.repeats {
            for index in systems.indices {
                Console.note("run \(repetition + 1) of \(command.repeats): \(systems[index].name)")
                systems[index].runs.append(try await measure(systems[index].kind, repetition))
            }
            let measured = try await session.engine.measurePasses(
                widths: widths, context: max(0, depth), repeats: 2)
            if costs.isEmpty {
                costs = measured
            } else {
                for index in costs.indices { costs[index].seconds += measured[index].seconds }
            }
        }
        return Results(systems: systems, prediction: predict(systems, costs), costs: costs)
    }

    private func predict(_ systems: [BenchSystem], _ costs: [PassCost]) -> SpeedPrediction? {
        let composite = session.engine.composite
        guard !blocks.isEmpty, let plain = systems.first(where: { $0.kind == BenchSystem.plain }),
            let draft = composite.members.firstIndex(where: { $0.name == composite.draft })
        else { return nil }
        let curves = composite.members.indices.map { member in
            Dictionary(
                costs.filter { $0.member == member }.map { ($0.width, $0.seconds.median) },
                uniquingKeysWith: { first, _ in first })
        }
        let outside = plain.runs.map {
            ($0.roundSeconds - $0.passSeconds) / Double(max(1, $0.rounds))
        }
        return SpeedPrediction(
            curves: curves, draft: draft, threads: session.engine.threads,
            outside: max(0, outside.median), agreements: plain.runs.flatMap(\.agreements))
    }

    /// One run: replies until they have the tokens that were asked for.
    private func measure(_ kind: BenchSystem.Kind, _ repetition: Int) async throws -> BenchRun {
        let engine = session.engine
        var run = BenchRun(members: engine.composite.members.map { _ in 0 })
        let before = await engine.profile
        let (sent, asked) = (traffic, await strings)
        var index = repetition * 31
        repeat {
            var request = prompts[index % prompts.count]
            request.seed = UInt64(index)
            switch kind {
            case .composite(let speculation): request.speculation = speculation
            case .member(let name):
                request.formula = .member(name)
                request.parameters = [:]
                request.speculation = .off
            }
            run.add(try await engine.generate(request).collect())
            index += 1
        } while run.tokens < command.tokens
        run.add(await engine.profile, since: before)
        run.traffic = traffic - sent
        for (name, statistics) in await strings {
            run.strings[name] = statistics.since(asked[name] ?? StringStatistics())
        }
        return run
    }

    private var traffic: RemoteTraffic {
        session.loaded.remotes.reduce(RemoteTraffic()) { $0 + $1.traffic }
    }

    /// What members that are asked by texts have done so far, by name.
    private var strings: [String: StringStatistics] {
        get async {
            var all: [String: StringStatistics] = [:]
            for member in session.engine.composite.members {
                guard let model = member.model as? StringModel else { continue }
                all[member.name] = await model.statistics
            }
            return all
        }
    }

    private static func prompts(
        _ command: BenchCommand, _ session: Session
    ) throws -> [GenerationRequest] {
        var requests: [GenerationRequest]
        if let file = command.prompts {
            requests = try PromptSource.jsonLines(file).map { try session.request($0, nil) }
        } else {
            let vocabulary = session.engine.composite.vocabulary.count
            var request =
                try command.prompt.map { try session.loaded.request(continuing: $0) }
                ?? GenerationRequest(
                    prompt: (0..<command.promptTokens).map {
                        3 + (7919 * $0) % max(1, vocabulary - 3)
                    },
                    parameters: session.parameters,
                    sampling: session.loaded.recipe.defaults.sampling)
            request.maxTokens = command.tokens
            request.ignoresEnd = true
            request.stop = []
            requests = [request]
        }
        for index in requests.indices {
            requests[index].parameters = session.parameters
            requests[index].maxTokens = min(requests[index].maxTokens, command.tokens)
            let sampling = requests[index].sampling
            requests[index].sampling.temperature = command.temperature ?? sampling.temperature
            requests[index].sampling.topP = command.topP ?? sampling.topP
        }
        return requests
    }
}
