import EmulatedFineTuning
import Foundation
import LlamaBackend
import Recipes
import Studies

/// What `eft bench` found.
struct BenchReport: Encodable {
    struct System: Encodable {
        var name: String
        var tokensPerSecond: Double
        var tokensPerSecondRuns: [Double]
        var speedUpOverPlain: Double
        var speedUpOverLarge: Double?
        var acceptance: Double?
        var tokensPerRound: Double
        var proposedPerRound: Double
        /// Over the network, by generated token: requests, bytes of their bodies, bytes of the answers'.
        var requestsPerToken: Double?
        var sentBytesPerToken: Double?
        var receivedBytesPerToken: Double?
        /// Median share of a round's time by member name.
        var shares: [String: Double]
        var outsideShare: Double
        var outsideMillisecondsPerToken: Double
        /// The same by step; what no step took is scheduling.
        var outsideSteps: [String: Double]
        /// Members that are asked by texts; null where there are none.
        var strings: [Strings]?
    }

    /// A block length: what was predicted, and what it needs.
    struct Block: Encodable {
        var block: Int
        var tokensPerSecond: Double
        var predictedTokensPerSecond: Double
        var measuredOverPredicted: Double
        /// The acceptance from which the block is as fast as plain decoding, and as the large member
        /// alone; null where none is.
        var breakEvenOverPlain: Double?
        var breakEvenOverLarge: Double?
    }

    struct Cost: Encodable {
        var member: String
        var width: Int
        var milliseconds: Double
    }

    var recipe: String
    var formula: String
    var machine: String
    var libllama: String
    var vocabulary: Int
    var tokens: Int
    var temperature: Double
    var topP: Double
    /// The slowest member, which speed-ups are also measured against.
    var large: String?
    /// The share of plain tokens that the draft member would have said itself.
    var agreement: Double?
    var systems: [System]
    var blocks: [Block]
    var costs: [Cost]
    private(set) var members: [String] = []

    private enum CodingKeys: String, CodingKey {
        case recipe, formula, machine, libllama, vocabulary, tokens, temperature, topP, large
        case agreement, systems, blocks, costs
    }

    init(_ session: Session, _ results: Bench.Results, _ command: BenchCommand) {
        let composite = session.engine.composite
        let names = composite.members.map(\.name)
        let plain = results.systems.first { $0.kind == BenchSystem.plain }?.speed ?? .nan
        let alone = results.systems.compactMap { system -> (name: String, speed: Double)? in
            if case .member(let name) = system.kind { (name, system.speed) } else { nil }
        }
        let slowest = names.count > 1 ? alone.min { $0.speed < $1.speed } : nil
        let sampling = session.loaded.recipe.defaults.sampling
        recipe = session.loaded.recipe.name
        formula = "\(composite.formula)"
        machine = Machine.description
        libllama = "\(LlamaRuntime.version), \(LlamaRuntime.kernels)"
        vocabulary = composite.vocabulary.count
        tokens = command.tokens
        temperature = command.temperature ?? sampling.temperature
        topP = command.topP ?? sampling.topP
        large = slowest?.name
        members = names
        agreement = results.prediction?.agreement
        systems = results.systems.map { system in
            System(
                name: system.name, tokensPerSecond: system.speed,
                tokensPerSecondRuns: system.runs.map(\.tokensPerSecond),
                speedUpOverPlain: system.speed / plain,
                speedUpOverLarge: slowest.map { system.speed / $0.speed },
                acceptance: system.acceptance, tokensPerRound: system.tokensPerRound,
                proposedPerRound: system.proposedPerRound,
                requestsPerToken: system.traffic?.requests,
                sentBytesPerToken: system.traffic?.sent,
                receivedBytesPerToken: system.traffic?.received,
                shares: Dictionary(
                    uniqueKeysWithValues: names.enumerated().map { index, name in
                        (name, system.runs.map { $0.members[index] / $0.roundSeconds }.median)
                    }),
                outsideShare: system.runs.map(\.outside).median,
                outsideMillisecondsPerToken: system.runs.map {
                    1000 * $0.outside * $0.roundSeconds / Double(max(1, $0.tokens))
                }.median,
                outsideSteps: Self.medians(system.runs.map(\.outsideMilliseconds)),
                strings: Self.strings(system, names))
        }
        blocks = results.systems.compactMap { system in
            guard case .composite(.block(let length)) = system.kind,
                let prediction = results.prediction
            else { return nil }
            let predicted = prediction.tokensPerSecond(block: length)
            return Block(
                block: length, tokensPerSecond: system.speed, predictedTokensPerSecond: predicted,
                measuredOverPredicted: system.speed / predicted,
                breakEvenOverPlain: prediction.breakEven(
                    block: length, speed: prediction.tokensPerSecond(block: 0)),
                breakEvenOverLarge: slowest.flatMap {
                    prediction.breakEven(block: length, speed: $0.speed)
                })
        }
        costs = results.costs.map {
            Cost(
                member: names[$0.member], width: $0.width,
                milliseconds: 1000 * $0.seconds.median)
        }
    }

    private static func medians(_ runs: [[String: Double]]) -> [String: Double] {
        let names = Set(runs.flatMap(\.keys))
        return Dictionary(
            uniqueKeysWithValues: names.map { name in (name, runs.map { $0[name] ?? 0 }.median) })
    }

    /// The steps outside passes, in the order of a round.
    static let steps = DecodingStep.allCases.map(\.rawValue) + ["scheduling"]

    var json: String {
        get throws {
            String(decoding: try JSONEncoder.report.encode(self), as: UTF8.self)
        }
    }
}
