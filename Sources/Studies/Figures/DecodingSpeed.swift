import EmulatedFineTuning

/// How fast replies are decoded one at a time, measured and predicted.
struct DecodingSpeed {
    private let engine: Engine
    private let requests: [GenerationRequest]

    init(_ engine: Engine, _ requests: [GenerationRequest]) {
        self.engine = engine
        self.requests = requests
    }

    struct Measured {
        var tokens = 0
        var seconds = 0.0
        /// Seconds of the rounds that are in no member's pass, by round.
        var outside = 0.0
        var agreements: [[Bool]] = []

        var tokensPerSecond: Double { Double(tokens) / seconds }
    }

    /// Replies to all requests, without their prefill; once before, to warm up.
    func measure(_ speculation: Speculation) async throws -> Measured {
        if let first = requests.first { _ = try await run([first], speculation) }
        return try await run(requests, speculation)
    }

    /// What blocks should yield; nil where nothing can be speculated.
    func prediction(_ blocks: [Int], after plain: Measured) async throws -> SpeedPrediction? {
        let composite = engine.composite
        guard composite.speculationObstacle == nil,
            let draft = composite.members.firstIndex(where: { $0.name == composite.draft })
        else { return nil }
        let widths = Set([1] + blocks.map { $0 + 1 }).sorted()
        let prompt = requests.map(\.prompt.count).reduce(0, +) / max(1, requests.count)
        let reply = plain.tokens / max(1, requests.count)
        let costs = try await engine.measurePasses(
            widths: widths, context: prompt + reply / 2, repeats: 9)
        let curves = composite.members.indices.map { member in
            Dictionary(
                costs.filter { $0.member == member }.map { cost in
                    (cost.width, cost.seconds.sorted()[cost.seconds.count / 2])
                }, uniquingKeysWith: { first, _ in first })
        }
        return SpeedPrediction(
            curves: curves, draft: draft, threads: engine.threads,
            outside: plain.outside, agreements: plain.agreements)
    }

    private func run(
        _ requests: [GenerationRequest], _ speculation: Speculation
    ) async throws -> Measured {
        var measured = Measured()
        var rounds = 0
        let before = await engine.profile
        for var request in requests {
            request.speculation = speculation
            let reply = try await engine.generate(request).collect()
            if let statistics = reply.result?.statistics {
                measured.tokens += statistics.generatedTokens
                measured.seconds += statistics.decoding / .seconds(1)
                rounds += statistics.rounds
            }
            measured.agreements.append(reply.tokens.compactMap(\.agrees))
        }
        let after = await engine.profile
        let outside = (after.rounds - before.rounds) - (after.passes - before.passes)
        measured.outside = max(0, outside / .seconds(1)) / Double(max(1, rounds))
        return measured
    }
}
