import EmulatedFineTuning
import Foundation
import JSONValues
import Recipes

/// A reply as one line of JSON. Infinite log-probabilities are null.
struct JSONReply: Encodable {
    struct Token: Encodable {
        var id: Int
        var text: String
        var logprob: Float?
        var members: [String: Float?]?
        var tuned: Float?
        var behaviourDelta: Float?
        var upscalingDelta: Float?
        var totalVariation: Double?
        var alone: String?
        /// Whether a token had been proposed here, and whether the draft member would have said this one.
        var drafted: Bool
        var agrees: Bool?
    }

    struct Statistics: Encodable {
        var promptTokens: Int
        var cachedTokens: Int
        var generatedTokens: Int
        var rounds: Int
        var drafted: Int
        var accepted: Int
        /// By position in a block, from the first.
        var draftedByPosition: [Int]
        var acceptedByPosition: [Int]
        /// By where proposals came from.
        var sources: [String: Source]
        /// Rounds, and so passes of every member but the draft member, for each token of reply.
        var passesPerToken: Double?

        struct Source: Encodable {
            var drafted: Int
            var accepted: Int
        }
    }

    var recipe: String
    var prompt: String
    var reply: String
    var finishReason: String
    var seed: UInt64?
    var parameters: [String: Double]
    var tokens: [Token]
    var statistics: Statistics

    init(_ reply: Reply, to prompt: Prompt, _ request: GenerationRequest, _ session: Session) throws
    {
        let composite = session.engine.composite
        recipe = session.loaded.recipe.name
        self.prompt = prompt.question
        self.reply = reply.text
        finishReason = reply.result?.reason.name ?? ""
        seed = request.response == nil ? request.seed : nil
        parameters = try composite.resolvedParameters(request.parameters)
        tokens = reply.tokens.map { Token($0, composite) }
        let statistics = reply.result?.statistics ?? GenerationStatistics()
        self.statistics = Statistics(
            promptTokens: statistics.promptTokens, cachedTokens: statistics.cachedTokens,
            generatedTokens: statistics.generatedTokens, rounds: statistics.rounds,
            drafted: statistics.drafted, accepted: statistics.accepted,
            draftedByPosition: statistics.draftedByPosition,
            acceptedByPosition: statistics.acceptedByPosition,
            sources: statistics.bySource.mapValues {
                Statistics.Source(drafted: $0.drafted, accepted: $0.accepted)
            },
            passesPerToken: statistics.passesPerToken)
    }

    /// The line, without its end.
    var line: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.keyEncodingStrategy = .convertToSnakeCase
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }
}

extension JSONReply.Token {
    init(_ token: GeneratedToken, _ composite: Composite) {
        func finite(_ value: Float?) -> Float? { value.flatMap { $0.isFinite ? $0 : nil } }
        id = token.id
        text = composite.text(token.id)
        logprob = finite(token.logProbability)
        drafted = token.isDrafted
        agrees = token.agrees
        guard let attribution = token.attribution else { return }
        members = Dictionary(
            zip(composite.members.map(\.name), attribution.members.map(finite)),
            uniquingKeysWith: { a, _ in a })
        tuned = finite(attribution.tuned)
        behaviourDelta = finite(attribution.behaviourDelta)
        upscalingDelta = finite(attribution.upscalingDelta)
        totalVariation = attribution.totalVariation
        alone = attribution.alone.map(composite.text)
    }
}

extension Composite {
    /// A token's text as it is; bytes that are no UTF-8 by themselves are replaced.
    fileprivate func text(_ token: TokenID) -> String {
        String(decoding: vocabulary.tokens[token].bytes, as: UTF8.self)
    }
}

extension FinishReason {
    /// OpenAI's word for it, and ours for scoring.
    var name: String {
        switch self {
        case .endOfGeneration, .stopString: "stop"
        case .length: "length"
        case .scored: "scored"
        }
    }
}
