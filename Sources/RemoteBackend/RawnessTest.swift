import EmulatedFineTuning
import Foundation

/// Finds out whether a server's log-probabilities are the model's own, normalised over the whole
/// vocabulary, by asking about the same contexts in several ways.
///
/// | a server that | is caught because |
/// |---|---|
/// | applies temperature, top-k or top-p first | values change when these do |
/// | sends logits | the likeliest tokens' masses do not fit a distribution |
/// | normalises over the list | values change with the list |
/// | mixes prompts up | values change with the prompts' order |
///
/// A server that scales logits by a constant in all of its answers cannot be told from another model.
struct RawnessTest {
    /// Half-precision models on other batches of prompts may differ by this much, nats.
    private static let tolerance: Float = 0.5
    private static let likeliest = 20

    private let client: RemoteClient
    private let options: RemoteOptions
    private let vocabulary: Vocabulary
    private let prompts: [[TokenID]]

    init(_ client: RemoteClient, _ options: RemoteOptions, _ vocabulary: Vocabulary) {
        (self.client, self.options, self.vocabulary) = (client, options, vocabulary)
        let probes = vocabulary.probes
        prompts = probes.indices.dropFirst().map { Array(probes.prefix($0)) }
    }

    /// - Throws: ``RemoteError/notRaw(model:evidence:)``.
    func run() async throws {
        guard prompts.count > 1 else { return }  // a vocabulary of two words
        let tokens = Array(Set(vocabulary.spread(64) + vocabulary.controlTokens.prefix(8))).sorted()
        let plain = ScoringRequest(options.server, model: options.model, prompts, tokens)
        let values = try await client.scores(plain)

        var sharpened = plain
        (sharpened.temperature, sharpened.topK) = (0.5, 1)
        try await expect(
            values, tokens, sharpened, "they change with temperature and top-k")

        var reversed = plain
        reversed.prompt.reverse()
        try await expect(
            values.reversed(), tokens, reversed, "they change with the order of prompts")

        // Without the heavier half, a list that is normalised by itself looks quite different.
        let byWeight = tokens.indices.sorted { values[0][$0] < values[0][$1] }
        let rest = byWeight.prefix(max(1, tokens.count / 2))
        var shorter = plain
        shorter.logprobTokenIds = rest.map { tokens[$0] }
        try await expect(
            values.map { list in rest.map { list[$0] } }, shorter.logprobTokenIds, shorter,
            "they change with the list of tokens")
        try await checkMass()
    }

    /// Asks again in another way and compares.
    private func expect(
        _ values: [[Float]], _ tokens: [TokenID], _ request: ScoringRequest, _ evidence: String
    ) async throws {
        let others = try await client.scores(request)
        for (list, other) in zip(values, others) {
            for (index, token) in tokens.enumerated() {
                let (a, b) = (list[index], other[index])
                guard a == b || abs(a - b) <= Self.tolerance else {
                    throw RemoteError.notRaw(
                        model: options.model,
                        evidence: "\(evidence): token \(token) has \(a) and then \(b)")
                }
            }
        }
    }

    private struct LikeliestRequest: Encodable {
        var model: String
        var prompt: [[TokenID]]
        var logprobs: Int
        var maxTokens = 1
        var temperature = 1.0
        var returnTokensAsTokenIds = true

        enum CodingKeys: String, CodingKey {
            case model, prompt, logprobs, temperature
            case maxTokens = "max_tokens"
            case returnTokensAsTokenIds = "return_tokens_as_token_ids"
        }
    }

    /// The likeliest tokens of a distribution weigh at least as much as if all were equal, and at most 1.
    private func checkMass() async throws {
        let count = min(Self.likeliest, vocabulary.count)
        let request = LikeliestRequest(model: options.model, prompt: prompts, logprobs: count)
        let data = try await client.post("/v1/completions", request)
        guard let answer = try? JSONDecoder().decode(ScoringAnswer.self, from: data) else {
            throw RemoteError.malformed(
                address: client.address, reason: "which is not the JSON of a completion")
        }
        for choice in answer.choices {
            let top = (choice.logprobs?.topLogprobs?.first ?? nil) ?? [:]
            let mass = top.values.reduce(0) { $0 + exp($1) }
            let least = 0.9 * Double(count) / Double(vocabulary.count)
            guard mass >= least, mass <= 1.05 else {
                throw RemoteError.notRaw(
                    model: options.model,
                    evidence: "the \(top.count) likeliest tokens weigh \(mass) together")
            }
        }
    }
}
