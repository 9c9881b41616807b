import EmulatedFineTuning
import Synchronization

/// What a server has done since it was started, by model.
final class Metrics: Sendable {
    /// The counts of one model.
    struct Counts {
        /// Requests whose replies are being made; zero when nothing runs.
        var open = 0
        var promptTokens = 0
        var cachedTokens = 0
        var generatedTokens = 0
        var drafts = 0
        var draftedTokens = 0
        var acceptedTokens = 0
        /// Replies that ended, by OpenAI's finish reason.
        var finished: [String: Int] = ["length": 0, "stop": 0]
        /// Requests that did not end so: clients that left, refusals, failures.
        var unfinished: [String: Int] = ["cancelled": 0, "error": 0, "queue_full": 0, "timeout": 0]
        var timeToFirstToken = Histogram.timeToFirstToken
        var interTokenLatency = Histogram.interTokenLatency
        var requestLatency = Histogram.requestLatency
    }

    private let counts: Mutex<[String: Counts]>

    init(models: [String]) {
        counts = Mutex(
            Dictionary(models.map { ($0, Counts()) }, uniquingKeysWith: { first, _ in first }))
    }

    func counts(of model: String) -> Counts { counts.withLock { $0[model] ?? Counts() } }

    func began(_ model: String) { change(model) { $0.open += 1 } }

    func ended(_ model: String) { change(model) { $0.open -= 1 } }

    /// A token: the first of a reply since its request, another since the one before.
    func observeToken(of model: String, first isFirst: Bool, after time: Duration) {
        change(model) { counts in
            if isFirst {
                counts.timeToFirstToken.observe(time / .seconds(1))
            } else {
                counts.interTokenLatency.observe(time / .seconds(1))
            }
            counts.generatedTokens += 1
        }
    }

    func observe(_ result: GenerationResult, of model: String, after time: Duration) {
        let statistics = result.statistics
        change(model) { counts in
            counts.promptTokens += statistics.promptTokens
            counts.cachedTokens += statistics.cachedTokens
            counts.drafts += statistics.drafted > 0 ? statistics.rounds : 0
            counts.draftedTokens += statistics.drafted
            counts.acceptedTokens += statistics.accepted
            counts.finished[result.reason.name, default: 0] += 1
            counts.requestLatency.observe(time / .seconds(1))
        }
    }

    func count(rejection error: GenerationError, of model: String) {
        guard case .queueFull = error else { return }
        change(model) { $0.unfinished["queue_full", default: 0] += 1 }
    }

    func count(failure error: any Error, of model: String) {
        let reason =
            switch error {
            case is CancellationError: "cancelled"
            case let error as APIError where error.code == "timeout": "timeout"
            default: "error"
            }
        change(model) { $0.unfinished[reason, default: 0] += 1 }
    }

    private func change(_ model: String, _ body: (inout Counts) -> Void) {
        counts.withLock { body(&$0[model, default: Counts()]) }
    }
}
