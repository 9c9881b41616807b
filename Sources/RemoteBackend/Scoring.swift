import EmulatedFineTuning
import Foundation

/// A request for the log-probabilities of chosen tokens after several prompts: `POST /v1/completions`.
///
/// Every field that changes log-probabilities anywhere is sent, so that no default of the server, or of
/// the model's generation_config, counts.
struct ScoringRequest: Encodable {
    /// Tokens of one request's list: vLLM's limit.
    static let tokensLimit = 128

    var model: String
    var prompt: [[TokenID]]
    var logprobTokenIds: [TokenID]
    var temperature: Double
    var topP = 1.0
    var topK = -1
    var maxTokens = 1
    var n = 1
    var minP = 0.0
    var presencePenalty = 0.0
    var frequencyPenalty = 0.0
    var repetitionPenalty = 1.0
    var logprobs = 1
    var returnTokensAsTokenIds = true
    var stream = false

    enum CodingKeys: String, CodingKey {
        case model, prompt, temperature, n, logprobs, stream
        case logprobTokenIds = "logprob_token_ids"
        case topP = "top_p"
        case topK = "top_k"
        case maxTokens = "max_tokens"
        case minP = "min_p"
        case presencePenalty = "presence_penalty"
        case frequencyPenalty = "frequency_penalty"
        case repetitionPenalty = "repetition_penalty"
        case returnTokensAsTokenIds = "return_tokens_as_token_ids"
    }

    /// - Parameter server: vLLM's raw values are those at temperature 1; `eft` scores prompts that
    ///   continue each other in one pass at temperature 0. Both report log-probabilities before it.
    init(
        _ server: RemoteOptions.Server, model: String, _ prompts: [[TokenID]], _ tokens: [TokenID]
    ) {
        self.model = model
        prompt = prompts
        logprobTokenIds = tokens
        temperature = server == .vllm ? 1 : 0
    }
}

/// The answer to a ``ScoringRequest``.
struct ScoringAnswer: Decodable {
    struct Choice: Decodable {
        var index: Int
        var logprobs: LogProbabilities?
    }

    struct LogProbabilities: Decodable {
        var topLogprobs: [[String: Double]?]?

        enum CodingKeys: String, CodingKey { case topLogprobs = "top_logprobs" }
    }

    var choices: [Choice]

    /// −∞ as JSON carries it, by vLLM and by `eft`.
    private static let impossible = -9999.0

    /// The values of an answer's bytes, checked, by prompt and in the order of the tokens.
    ///
    /// - Throws: ``RemoteError/malformed(address:reason:)`` unless there is a log-probability for every
    ///   prompt and token, and each list is part of a distribution.
    static func values(
        _ data: Data, for request: ScoringRequest, from address: String
    ) throws(RemoteError) -> [[Float]] {
        func malformed(_ reason: String) -> RemoteError {
            .malformed(address: address, reason: reason)
        }
        guard let answer = try? JSONDecoder().decode(ScoringAnswer.self, from: data) else {
            throw malformed("which is not the JSON of a completion")
        }
        let count = request.prompt.count
        guard answer.choices.count == count else {
            throw malformed("\(answer.choices.count) choices for \(count) prompts")
        }
        var values = [[Float]?](repeating: nil, count: count)
        for choice in answer.choices {
            guard values.indices.contains(choice.index), values[choice.index] == nil else {
                throw malformed("a choice with index \(choice.index) of \(count)")
            }
            guard let top = choice.logprobs?.topLogprobs?.first ?? nil else {
                throw malformed("a choice without log-probabilities")
            }
            values[choice.index] = try list(top, request.logprobTokenIds, malformed)
        }
        return values.map { $0 ?? [] }
    }

    private static func list(
        _ top: [String: Double], _ tokens: [TokenID], _ malformed: (String) -> RemoteError
    ) throws(RemoteError) -> [Float] {
        var list: [Float] = []
        var mass = 0.0
        for token in tokens {
            guard let value = top["token_id:\(token)"] else {
                throw malformed("no log-probability of token \(token)")
            }
            guard value.isFinite, value <= 0.01 else {
                throw malformed("\(value) as a log-probability")
            }
            mass += exp(value)
            list.append(value <= impossible ? -.infinity : Float(min(value, 0)))
        }
        guard mass <= 1.05 else { throw malformed("probabilities that sum to \(mass)") }
        return list
    }
}
