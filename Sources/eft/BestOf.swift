import ArgumentParser
import EmulatedFineTuning
import Studies

/// The two members whose difference is the implied reward.
struct RewardFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The fine-tuned member. By default, it is inferred from the recipe and the files.",
            valueName: "member"))
    var tuned: String?

    @Option(
        help: ArgumentHelp(
            "The member it was tuned from. By default, the one that the formula subtracts.",
            valueName: "member"))
    var reference: String?

    var isGiven: Bool { tuned != nil || reference != nil }

    func reward(_ session: Session, beta: Double = 1) throws -> ImpliedReward {
        try ImpliedReward(
            session.loaded, session.engine, tuned: tuned, reference: reference, beta: beta)
    }
}

/// Several replies to a prompt, reranked by an implied reward.
struct BestOf {
    let count: Int
    private let reward: ImpliedReward
    private let engine: Engine

    init(_ count: Int, _ reward: ImpliedReward, _ engine: Engine) {
        self.count = count
        self.reward = reward
        self.engine = engine
    }

    /// The reply with the highest reward, its reward, and the mean over all replies.
    func reply(
        to request: GenerationRequest
    ) async throws -> (reply: Reply, value: ImpliedReward.Value, mean: Double) {
        let requests = (0..<count).map { index in
            var request = request
            request.choice = UInt32(index)
            return request
        }
        let replies = try await engine.submit(requests).collect()
        let values = try await reward.values(
            zip(requests, replies).map { request, reply in
                var request = request
                request.attributions = false
                // What is scored has been written.
                request.constraint = nil
                request.kind = .score(reply.ids)
                return request
            })
        let best = values.indices.max { (values[$0].reward, $1) < (values[$1].reward, $0) } ?? 0
        let mean = values.reduce(0) { $0 + $1.reward } / Double(values.count)
        return (replies[best], values[best], mean)
    }
}
