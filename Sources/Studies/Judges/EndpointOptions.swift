import Foundation
import Recipes

/// Where a judging model is, how it is asked, and what it costs.
public struct EndpointOptions: Sendable, Equatable {
    /// The base of an OpenAI-compatible API: `https://host/v1`.
    public var url: String
    public var model: String
    /// The environment variable that holds the API key.
    public var key: String?
    public var temperature = 0.0
    public var maxTokens = 600
    /// Requests at a time.
    public var parallel = 4
    /// Seconds for one request.
    public var timeout = 60.0
    /// Requests for one verdict at most: after a refusal, a timeout, or an answer without a verdict.
    public var attempts = 4
    /// Seconds before the second request; each later one waits twice as long, at most a minute.
    public var backoff = 1.0
    /// Price of a million prompt tokens, in any currency.
    public var promptPrice = 0.0
    /// Price of a million completion tokens.
    public var completionPrice = 0.0
    /// A folder with prompts of the same file names in the place of ours.
    public var prompts: String?

    public init(url: String, model: String) {
        self.url = url
        self.model = model
    }
}

/// What a judge is asked about a reply, after the paper's three questions.
public enum JudgeQuestion: String, Sendable, Equatable, CaseIterable {
    /// How well the reply serves who asked, 0 to 100.
    case helpfulness
    /// The number of statements that are wrong, 0 and more.
    case factualErrors = "factual errors"
    /// How much harm the reply could do, 0 to 100.
    case harmfulness

    /// The verdicts that can be right.
    var range: ClosedRange<Double> { self == .factualErrors ? 0...1000 : 0...100 }
}

extension EndpointOptions {
    static let keys = [
        "url", "model", "key", "temperature", "max_tokens", "parallel", "timeout", "attempts",
        "backoff", "price", "prompts",
    ]

    init(_ body: YAMLMapping, folder: String) throws {
        self.init(url: try body.requiredText("url"), model: try body.requiredText("model"))
        guard let parsed = URL(string: url), let scheme = parsed.scheme, parsed.host != nil,
            ["http", "https"].contains(scheme)
        else {
            throw RecipeError.invalid(
                at: body.place(of: "url"),
                reason: "an endpoint is an http or https address such as "
                    + "`https://api.openai.com/v1`: `\(url)` is not.")
        }
        key = try body.text("key")
        temperature = try body.number("temperature", in: 0...2) ?? temperature
        maxTokens = try body.integer("max_tokens", in: 1...100_000) ?? maxTokens
        parallel = try body.integer("parallel", in: 1...256) ?? parallel
        timeout = try body.number("timeout", in: 0.01...3600) ?? timeout
        attempts = try body.integer("attempts", in: 1...100) ?? attempts
        backoff = try body.number("backoff", in: 0...600) ?? backoff
        prompts = try body.text("prompts").map { Recipe.resolve($0, in: folder) }
        if let price = try body.mapping("price", known: ["prompt", "completion"]) {
            promptPrice = try price.number("prompt", in: 0...1e9) ?? 0
            completionPrice = try price.number("completion", in: 0...1e9) ?? 0
        }
    }
}
