public import EmulatedFineTuning

/// A model on a server: scores chosen tokens, and keeps no state that matters.
///
/// A request carries the tokens of its sequence; the far end's prefix cache makes that cheap. A round is
/// one request per sequence, all at the same time, so one round trip: its prompts end at the scored
/// positions, each one token longer than the one before, and its list is the union of what the positions
/// are asked for. Lists of more than 128 tokens are split over several requests.
///
/// Only terms of a formula that a mask confines can be remote, because whole rows cannot be had:
/// truncated up-scaling weights need a large model on the nucleus of the fallback alone.
public actor RemoteModel: LanguageModel {
    /// The tokens of the local vocabulary that the server has, with its own names for control tokens.
    public nonisolated let vocabulary: Vocabulary
    public nonisolated let limits: ModelLimits
    public nonisolated let options: RemoteOptions
    /// What was asked of the server before the first token, and found.
    public nonisolated let verification: RemoteVerification

    private nonisolated let client: RemoteClient
    private var sequences: [[TokenID]]

    /// Tokens that a pass carries: as many as bodies of reasonable size hold.
    private static let tokensPerPass = 1 << 16

    /// Connects to a server and verifies it: model, context, vocabulary, and that its log-probabilities
    /// are the model's own.
    ///
    /// - Parameters:
    ///   - options: where the server is, and what it is asked.
    ///   - vocabulary: that of a local model of the family. A server does not tell its whole
    ///     vocabulary: ``RemoteVerification`` says what was compared. Its size may differ by up to 1024
    ///     tokens at the end: padding, or marks that were added.
    /// - Throws: ``RemoteError``.
    public init(
        connecting options: RemoteOptions, vocabulary: Vocabulary
    ) async throws {
        client = try RemoteClient(options)
        self.options = options
        verification = try await RemoteVerifier(client, options, vocabulary).verify()
        self.vocabulary = vocabulary.prefix(verification.tokens).renaming(verification.renamed)
        limits = ModelLimits(
            context: verification.context, cells: verification.context * options.sequences,
            tokensPerPass: Self.tokensPerPass, sequences: options.sequences, rewind: .full,
            scores: .tokens)
        sequences = Array(repeating: [], count: options.sequences)
    }

    /// What went over the network so far.
    public nonisolated var traffic: RemoteTraffic { client.traffic }

    /// - Complexity: one round trip; a request's body holds the sequence once for every position.
    public func forward(_ pass: ForwardPass) async throws -> [Scores] {
        let jobs = try pass.extensions.map { try append($0) }
        let scores = try await withThrowingTaskGroup(of: (Int, [[Float]]).self) { group in
            for (index, job) in jobs.enumerated() where !job.lists.isEmpty {
                group.addTask { [client, options] in
                    (index, try await job.run(client, options))
                }
            }
            var scores = [[[Float]]](repeating: [], count: jobs.count)
            for try await (index, values) in group { scores[index] = values }
            return scores
        }
        return scores.joined().map { .tokens($0) }
    }

    public func rewind(_ sequence: SequenceID, to length: Int) async throws {
        guard sequences.indices.contains(sequence), (0...sequences[sequence].count) ~= length else {
            throw ModelError.cannotRewind("sequence \(sequence) does not hold \(length) tokens")
        }
        sequences[sequence].removeSubrange(length...)
    }

    public func share(_ source: SequenceID, with target: SequenceID, length: Int) async throws {
        guard sequences.indices.contains(source), sequences.indices.contains(target),
            (0...sequences[source].count) ~= length
        else { throw ModelError.cannotShare("sequence \(source) does not hold \(length) tokens") }
        sequences[target] = Array(sequences[source].prefix(length))
    }

    /// Adds an extension's tokens to its sequence; what is to be asked about them.
    private func append(_ part: SequenceExtension) throws(ModelError) -> ScoringJob {
        guard sequences.indices.contains(part.sequence),
            part.start == sequences[part.sequence].count,
            part.tokens.count <= limits.context - part.start,
            part.tokens.allSatisfy(vocabulary.tokens.indices.contains),
            part.scored.allSatisfy(part.tokens.indices.contains)
        else {
            throw .invalidPass(
                "an extension must continue its sequence within the context, with tokens of the "
                    + "vocabulary")
        }
        sequences[part.sequence] += part.tokens
        guard !part.scored.isEmpty else { return ScoringJob(sequence: [], lengths: [], lists: []) }
        guard case .tokens(let lists) = part.request, lists.count == part.scored.count,
            lists.joined().allSatisfy(vocabulary.tokens.indices.contains)
        else {
            throw .invalidPass("a remote model scores chosen tokens: a list for every position")
        }
        return ScoringJob(
            sequence: sequences[part.sequence], lengths: part.scored.map { part.start + $0 + 1 },
            lists: lists)
    }
}

/// What is asked about one sequence in a round.
struct ScoringJob: Sendable {
    var sequence: [TokenID]
    /// By position, the tokens before it.
    var lengths: [Int]
    /// By position, the tokens to score.
    var lists: [[TokenID]]

    /// The log-probabilities by position, in the order of its list. Its requests run at the same time.
    func run(_ client: RemoteClient, _ options: RemoteOptions) async throws -> [[Float]] {
        let batches = ScoringPlan.batches(lists, limit: ScoringRequest.tokensLimit)
        var found = [[TokenID: Float]](repeating: [:], count: lists.count)
        try await withThrowingTaskGroup(of: (ScoringBatch, [[Float]]).self) { group in
            for batch in batches {
                group.addTask { (batch, try await ask(batch, client, options)) }
            }
            for try await (batch, values) in group {
                for (position, values) in zip(batch.positions, values) {
                    found[position].merge(zip(batch.tokens, values)) { first, _ in first }
                }
            }
        }
        return zip(lists, found).map { list, found in list.map { found[$0] ?? .nan } }
    }

    private func ask(
        _ batch: ScoringBatch, _ client: RemoteClient, _ options: RemoteOptions
    ) async throws -> [[Float]] {
        let prompts = batch.positions.map { Array(sequence.prefix(lengths[$0])) }
        let request = ScoringRequest(
            options.server, model: options.model, prompts, batch.tokens)
        return try await client.scores(request)
    }
}

extension RemoteClient {
    /// The log-probabilities that a request asks for, by prompt and in the order of its tokens.
    func scores(_ request: ScoringRequest) async throws -> [[Float]] {
        try ScoringAnswer.values(
            try await post("/v1/completions", request), for: request, from: address)
    }
}
