import EmulatedFineTuning
import RemoteBackend
import StringScores

/// Something whose speed is measured.
struct BenchSystem {
    enum Kind: Equatable {
        /// A member by itself.
        case member(String)
        case composite(Speculation)
    }

    var kind: Kind
    var runs: [BenchRun] = []

    static let plain = Kind.composite(.off)

    var name: String {
        switch kind {
        case .member(let name): "\(name) alone"
        case .composite(.off): "composite, plain"
        case .composite(.auto): "composite, auto"
        case .composite(.block(let length)): "composite, block \(length)"
        }
    }

    var speed: Double { runs.map(\.tokensPerSecond).median }

    /// The share of proposed tokens that were kept, over all runs.
    var acceptance: Double? {
        let drafted = runs.reduce(0) { $0 + $1.drafted }
        return drafted > 0 ? Double(runs.reduce(0) { $0 + $1.accepted }) / Double(drafted) : nil
    }

    /// Average number of proposed tokens per round.
    var proposedPerRound: Double {
        Double(runs.reduce(0) { $0 + $1.drafted })
            / Double(max(1, runs.reduce(0) { $0 + $1.rounds }))
    }

    /// Network traffic per token, including prompts; nil without remote members.
    var traffic: (requests: Double, sent: Double, received: Double)? {
        let all = runs.reduce(RemoteTraffic()) { $0 + $1.traffic }
        guard all.requests > 0 else { return nil }
        let tokens = Double(max(1, runs.reduce(0) { $0 + $1.tokens }))
        return (
            Double(all.requests) / tokens, Double(all.sent) / tokens, Double(all.received) / tokens
        )
    }

    var tokensPerRound: Double {
        Double(runs.reduce(0) { $0 + $1.tokens })
            / Double(max(1, runs.reduce(0) { $0 + $1.rounds }))
    }
}

/// One measured run: replies one after another, without their prefill.
struct BenchRun {
    var tokens = 0
    var rounds = 0
    var drafted = 0
    var accepted = 0
    var decoding = 0.0
    /// Seconds in rounds, in passes, and in those of each member.
    var roundSeconds = 0.0
    var passSeconds = 0.0
    var members: [Double]
    /// Seconds in the steps outside passes.
    var steps: [DecodingStep: Double] = [:]
    /// What went over the network.
    var traffic = RemoteTraffic()
    /// By member that is asked by texts.
    var strings: [String: StringStatistics] = [:]
    /// For each reply, the positions where the draft member would have said the same.
    var agreements: [[Bool]] = []

    var tokensPerSecond: Double { Double(tokens) / decoding }

    /// The share of the rounds' time that is in no member's pass.
    var outside: Double { roundSeconds > 0 ? max(0, 1 - passSeconds / roundSeconds) : 0 }

    /// Milliseconds a token outside passes, by step; what no step took is scheduling.
    var outsideMilliseconds: [String: Double] {
        let each = 1000 / Double(max(1, tokens))
        var parts = [String: Double](
            uniqueKeysWithValues: steps.map { ($0.key.rawValue, $0.value * each) })
        let all = max(0, roundSeconds - passSeconds) * each
        parts["scheduling"] = max(0, all - parts.values.reduce(0, +))
        return parts
    }

    mutating func add(_ reply: Reply) {
        guard let statistics = reply.result?.statistics else { return }
        tokens += statistics.generatedTokens
        rounds += statistics.rounds
        drafted += statistics.drafted
        accepted += statistics.accepted
        decoding += statistics.decoding / .seconds(1)
        agreements.append(reply.tokens.compactMap(\.agrees))
    }

    mutating func add(_ profile: EngineProfile, since before: EngineProfile) {
        roundSeconds += (profile.rounds - before.rounds) / .seconds(1)
        passSeconds += (profile.passes - before.passes) / .seconds(1)
        for index in members.indices {
            members[index] += (profile.members[index] - before.members[index]) / .seconds(1)
        }
        for step in DecodingStep.allCases {
            steps[step, default: 0] += (profile.steps[step] - before.steps[step]) / .seconds(1)
        }
    }
}

extension [Double] {
    /// The middle value, or the mean of the two.
    var median: Double {
        guard !isEmpty else { return .nan }
        let sorted = sorted()
        return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    }
}
