public import EmulatedFineTuning
public import Recipes

/// The reward that a fine-tuned model implies about the model it came from:
///
///     r(x, y) = β Σₜ [log π_tuned(yₜ) − log π_ref(yₜ)]
///
/// Tokens that one of the two lacks do not count, such as a mark that only the tuned one has: a reference that
/// cannot say it implies nothing about it.
///
/// Fine-tuning with a KL penalty, and so DPO, makes it the reward that was optimised, up to a term in the
/// prompt alone.
///
/// Source: Rafailov et al. 2023, arXiv:2305.18290, eq. 5; Mitchell et al. 2023, arXiv:2310.12962, section 3.
public struct ImpliedReward: Sendable {
    public let tuned: String
    public let reference: String
    public let beta: Double
    private let loaded: LoadedRecipe
    private let engine: Engine
    /// Of the two members.
    private let alignments: [VocabularyAlignment]

    /// - Parameters:
    ///   - loaded: the recipe whose members are asked.
    ///   - engine: its engine.
    ///   - tuned: a member; nil: the fine-tuned one of the recipe, where that is known.
    ///   - reference: a member; nil: the only one that the formula subtracts.
    ///   - beta: dimensionless; 1 gives nats.
    /// - Throws: ``StudyError`` when a name is no member, or the reference is not plain.
    public init(
        _ loaded: LoadedRecipe, _ engine: Engine, tuned: String? = nil, reference: String? = nil,
        beta: Double = 1
    ) throws {
        let names = loaded.composite.members.map(\.name)
        for name in [tuned, reference].compactMap(\.self) where !names.contains(name) {
            throw StudyError.unknownName(
                name, kind: "member", at: loaded.recipe.name, known: names)
        }
        guard tuned != nil || loaded.isTunedKnown else {
            throw StudyError.invalid(
                at: loaded.recipe.name,
                reason: "the fine-tuned member of the reward must be plain: any of "
                    + loaded.tunedMembers.map { "`\($0)`" }.joined(separator: ", ")
                    + " may be it. Name it with --tuned, or under `fallback:`.")
        }
        self.tuned = tuned ?? loaded.tuned
        self.reference = try reference ?? Self.subtracted(loaded)
        guard self.tuned != self.reference else {
            throw StudyError.invalid(
                at: loaded.recipe.name,
                reason: "the reward needs two members: tuned and reference are both "
                    + "`\(self.tuned)`. Name them with --tuned and --reference.")
        }
        self.beta = beta
        self.loaded = loaded
        self.engine = engine
        let two = [self.tuned, self.reference]
        alignments = zip(names, loaded.composite.alignments)
            .filter { two.contains($0.0) }.map(\.1)
    }

    private static func subtracted(_ loaded: LoadedRecipe) throws -> String {
        let values = try loaded.composite.resolvedParameters([:])
        let weights = try loaded.recipe.formula.weights(values)
        let negative = loaded.composite.members.map(\.name).filter { weights[$0, default: 0] < 0 }
        guard negative.count == 1 else {
            throw StudyError.invalid(
                at: loaded.recipe.name,
                reason: "the reference of the reward must be plain: the formula subtracts "
                    + "\(negative.count) members, not one. Name it with --reference.")
        }
        return negative[0]
    }

    /// The reward of one response.
    public struct Value: Sendable, Equatable, Codable {
        /// β Σ (log π_tuned − log π_ref).
        public var reward: Double
        /// The reward divided by the response's tokens.
        public var perToken: Double
        /// Tokens of the response that count, its end included.
        public var tokens: Int
    }

    /// The rewards of responses, many scored together.
    ///
    /// - Parameter requests: each with a response to score.
    /// - Throws: what scoring throws.
    public func values(_ requests: [GenerationRequest]) async throws -> [Value] {
        let tunedValues = try await engine.logProbabilities(requests, under: tuned)
        let referenceValues = try await engine.logProbabilities(requests, under: reference)
        return requests.indices.map { index in
            let counted = (requests[index].response ?? []).map { token in
                alignments.allSatisfy { $0.has(token) }
            }
            let terms = zip(counted, zip(tunedValues[index], referenceValues[index]))
            let reward =
                beta * terms.reduce(0) { $0 + ($1.0 ? $1.1.0 - $1.1.1 : 0) }
            let tokens = counted.count { $0 }
            return Value(
                reward: reward, perToken: reward / Double(max(1, tokens)), tokens: tokens)
        }
    }

    /// The request that scores a response to a chat, end of turn included.
    public func request(_ line: DataLine, _ response: String) throws -> GenerationRequest {
        var request = try loaded.request(for: line.messages)
        request.kind = .score(try loaded.response(response, ended: true))
        return request
    }
}

extension Engine {
    /// Log-probabilities of the tokens of the requests' responses under one member alone, nats.
    func logProbabilities(
        _ requests: [GenerationRequest], under member: String
    ) async throws -> [[Double]] {
        var values = requests.map { _ in [Double]() }
        for start in stride(from: 0, to: requests.count, by: 256) {
            let chunk = requests[start..<min(start + 256, requests.count)].map { request in
                var request = request
                request.formula = .member(member)
                request.parameters = [:]
                return request
            }
            for (index, reply) in try await submit(chunk).collect().enumerated() {
                values[start + index] = reply.tokens.map { Double($0.logProbability) }
            }
        }
        return values
    }
}
