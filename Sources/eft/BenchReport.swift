import EmulatedFineTuning
import Foundation
import LlamaBackend
import Recipes

/// Something whose speed is measured: a member alone, or the composite with a block length.
struct BenchSystem {
    var member: String?
    var block = 0
    var runs: [BenchRun] = []

    var name: String {
        member.map { "\($0) alone" } ?? (block == 0 ? "composite" : "composite, block \(block)")
    }

    var speed: Double { runs.map(\.tokensPerSecond).median }
}

/// One measured reply.
struct BenchRun {
    var tokensPerSecond: Double
    /// Seconds in each member's passes.
    var members: [Double]
    /// Seconds in rounds.
    var rounds: Double
    var statistics: GenerationStatistics

    /// The share of the rounds' time that is in no member's pass.
    var outside: Double { rounds > 0 ? max(0, 1 - members.reduce(0, +) / rounds) : 0 }

    var acceptance: Double? {
        statistics.drafted > 0 ? Double(statistics.accepted) / Double(statistics.drafted) : nil
    }
}

/// What `eft bench` prints.
struct BenchReport: Encodable {
    struct System: Encodable {
        var name: String
        var tokensPerSecond: Double
        var tokensPerSecondRuns: [Double]
        var speedUpOverPlain: Double
        var acceptance: Double?
        /// Median share of a round's time by member name.
        var shares: [String: Double]
        var outsideShare: Double
        var outsideMillisecondsPerToken: Double
    }

    var recipe: String
    var formula: String
    var machine: String
    var libllama: String
    var vocabulary: Int
    var tokens: Int
    var temperature: Double
    var topP: Double
    var systems: [System]
    private var members: [String]

    init(_ session: Session, _ systems: [BenchSystem], _ command: BenchCommand) {
        let composite = session.engine.composite
        let names = composite.members.map(\.name)
        let plain = systems.first { $0.member == nil && $0.block == 0 }?.speed ?? 0
        recipe = session.loaded.recipe.name
        formula = "\(composite.formula)"
        machine = Machine.description
        libllama = "\(LlamaRuntime.version), \(LlamaRuntime.kernels)"
        vocabulary = composite.vocabulary.count
        tokens = command.tokens
        temperature = command.temperature
        topP = command.topP
        members = names
        self.systems = systems.map { system in
            System(
                name: system.name, tokensPerSecond: system.speed,
                tokensPerSecondRuns: system.runs.map(\.tokensPerSecond),
                speedUpOverPlain: system.speed / plain,
                acceptance: system.runs.compactMap(\.acceptance).nonEmpty?.median,
                shares: Dictionary(
                    uniqueKeysWithValues: names.enumerated().map { index, name in
                        (name, system.runs.map { $0.members[index] / $0.rounds }.median)
                    }),
                outsideShare: system.runs.map(\.outside).median,
                outsideMillisecondsPerToken: system.runs.map { run in
                    1000 * run.outside * run.rounds / Double(max(1, command.tokens - 1))
                }.median)
        }
    }

    private enum CodingKeys: String, CodingKey {
        case recipe, formula, machine, libllama, vocabulary, tokens, temperature, topP, systems
    }

    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.keyEncodingStrategy = .convertToSnakeCase
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    var table: String {
        var columns: [(title: String, alignment: Table.Alignment)] = [
            ("system", .left), ("tokens/s", .right), ("min", .right), ("max", .right),
            ("× plain", .right), ("accepted", .right),
        ]
        columns += members.map { ("% \($0)", .right) }
        columns.append(("% outside", .right))
        var table = Table(columns)
        for system in systems {
            var cells = [
                system.name, system.tokensPerSecond.fixed(1),
                (system.tokensPerSecondRuns.min() ?? 0).fixed(1),
                (system.tokensPerSecondRuns.max() ?? 0).fixed(1),
                system.speedUpOverPlain.fixed(2), system.acceptance?.fixed(2) ?? "",
            ]
            cells += members.map { ((system.shares[$0] ?? 0) * 100).fixed(1) }
            cells.append((system.outsideShare * 100).fixed(1))
            table.add(cells)
        }
        return """
            \(formula), vocabulary \(vocabulary), \(tokens) tokens, temperature \(temperature.short), \
            top-p \(topP.short)
            \(machine); libllama \(libllama)

            \(table.text)
            """
    }
}

extension [Double] {
    /// The middle value, or the mean of the two.
    var median: Double {
        guard !isEmpty else { return .nan }
        let sorted = sorted()
        return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    }

    var nonEmpty: [Double]? { isEmpty ? nil : self }
}

/// The machine that a figure was measured on.
enum Machine {
    static var description: String {
        let info = ProcessInfo.processInfo
        let name = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?
            .split(separator: "\n").first { $0.hasPrefix("model name") }?
            .split(separator: ":").last.map { String($0).trimmed }
        return "\(name ?? "unknown CPU"), \(info.activeProcessorCount) cores, "
            + "\(info.operatingSystemVersionString)"
    }
}
