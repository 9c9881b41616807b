import EmulatedFineTuning
import HTTPTypes
import Hummingbird
import LlamaBackend
import NIOCore

extension Server {
    /// `GET /metrics`: vLLM's names, under the prefix `eft_`, where they mean the same.
    func exposition() async -> Response {
        var loads: [(model: String, composite: Composite, load: EngineLoad)] = []
        for deployment in deployments {
            let engine = deployment.engine
            loads.append((deployment.name, engine.composite, await engine.load))
        }
        var exposition = Exposition()
        Self.describe(loads, in: &exposition)
        await describeThreads(in: &exposition)
        describeCounts(in: &exposition)
        return Response(
            status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: exposition.text)))
    }

    /// What the engines hold now.
    private static func describe(
        _ loads: [(model: String, composite: Composite, load: EngineLoad)],
        in exposition: inout Exposition
    ) {
        func gauge(_ name: String, _ help: String, _ value: (EngineLoad) -> Int) {
            exposition.add(
                name, "gauge", help,
                loads.map { ([("model_name", $0.model)], Double(value($0.load))) })
        }
        func byMember(_ name: String, _ help: String, _ values: (EngineLoad) -> [Int]) {
            exposition.add(
                name, "gauge", help,
                loads.flatMap { model, composite, load in
                    zip(composite.members, values(load)).map { member, value in
                        ([("model_name", model), ("member", member.name)], Double(value))
                    }
                })
        }
        gauge("num_requests_running", "Replies being generated.", \.running)
        gauge("num_requests_waiting", "Replies that wait for a slot.", \.waiting)
        gauge("num_slots", "Replies that can be generated at once.", \.slots)
        gauge("num_slots_busy", "Slots that hold a running reply.", \.busySlots)
        byMember(
            "cache_cells_reserved", "Cache cells that running replies have reserved.",
            \.reservedCells)
        byMember(
            "cache_tokens_held", "Tokens in the caches, those kept for prompts to come included.",
            \.cachedTokens)
    }

    /// How many threads the passes of local members run on.
    private func describeThreads(in exposition: inout Exposition) async {
        var samples: [(labels: [(String, String)], value: Double)] = []
        for deployment in deployments {
            for member in deployment.engine.composite.members {
                let shared = (member.model as? ModelShare)?.model ?? member.model
                guard let model = shared as? LlamaModel else { continue }
                let labels = [("model_name", deployment.name), ("member", member.name)]
                samples.append((labels, Double(await model.threads)))
            }
        }
        guard !samples.isEmpty else { return }
        exposition.add(
            "member_threads", "gauge", "Threads that a local member's passes run on.", samples)
    }

    /// What was done so far.
    private func describeCounts(in exposition: inout Exposition) {
        let models = deployments.map { ($0.name, metrics.counts(of: $0.name)) }
        func add(
            _ name: String, _ type: String, _ help: String, _ value: (Metrics.Counts) -> Int
        ) {
            exposition.add(
                name, type, help, models.map { ([("model_name", $0.0)], Double(value($0.1))) })
        }
        func addByReason(
            _ name: String, _ help: String, _ values: (Metrics.Counts) -> [String: Int]
        ) {
            exposition.add(
                name, "counter", help,
                models.flatMap { model, counts in
                    values(counts).sorted { $0.key < $1.key }.map { reason, value in
                        ([("model_name", model), ("finished_reason", reason)], Double(value))
                    }
                })
        }
        add("num_requests_open", "gauge", "Requests whose replies are being made.", \.open)
        add("prompt_tokens_total", "counter", "Prompt tokens of replies.", \.promptTokens)
        add(
            "prompt_tokens_cached_total", "counter",
            "Prompt tokens, over all members, that were in a cache.", \.cachedTokens)
        add("generation_tokens_total", "counter", "Tokens generated.", \.generatedTokens)
        add(
            "spec_decode_num_drafts_total", "counter", "Rounds of replies with proposed tokens.",
            \.drafts)
        add(
            "spec_decode_num_draft_tokens_total", "counter", "Tokens proposed.", \.draftedTokens)
        add(
            "spec_decode_num_accepted_tokens_total", "counter", "Proposed tokens that were kept.",
            \.acceptedTokens)
        addByReason("request_success_total", "Replies that ended, by reason.", \.finished)
        addByReason("request_unfinished_total", "Requests without an end.", \.unfinished)
        exposition.add(
            "time_to_first_token_seconds", "From a request to its reply's first token.",
            models.map { ($0.0, $0.1.timeToFirstToken) })
        exposition.add(
            "inter_token_latency_seconds", "Between tokens of a reply.",
            models.map { ($0.0, $0.1.interTokenLatency) })
        exposition.add(
            "e2e_request_latency_seconds", "From a request to its reply's end.",
            models.map { ($0.0, $0.1.requestLatency) })
    }
}
