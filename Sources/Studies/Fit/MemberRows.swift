import EmulatedFineTuning

/// Every member's log-probabilities of the whole vocabulary at the positions of given responses:
/// scored once, kept in memory.
final class MemberRows {
    /// A position: the token that the response has there, and the example it belongs to.
    struct Position {
        var token: TokenID
        var example: Int
    }

    let members: [String]
    let vocabulary: Int
    private(set) var positions: [Position] = []
    /// `[position][member][vocabulary]`, nats.
    private var values: [Float] = []

    init(members: [String], vocabulary: Int) {
        self.members = members
        self.vocabulary = vocabulary
    }

    /// Positions that fit into a number of bytes.
    static func capacity(members: Int, vocabulary: Int, bytes: Int) -> Int {
        bytes / (4 * members * vocabulary)
    }

    /// Calls `body` with a position's rows, `[member][vocabulary]`.
    func withRows<Result>(
        _ position: Int, _ body: (UnsafeBufferPointer<Float>) throws -> Result
    ) rethrows -> Result {
        let size = members.count * vocabulary
        return try values.withUnsafeBufferPointer {
            try body(UnsafeBufferPointer(rebasing: $0[position * size..<(position + 1) * size]))
        }
    }

    /// Adds the positions of one response. The members' first sequence is emptied before and after: no
    /// engine may be using them.
    ///
    /// - Throws: `ModelError`, `GenerationError`.
    func append(
        _ request: GenerationRequest, _ composite: Composite, example: Int
    ) async throws {
        let response = request.response ?? []
        guard !response.isEmpty else { return }
        let first = positions.count
        positions += response.map { Position(token: $0, example: example) }
        values += Array(
            repeating: 0, count: response.count * members.count * vocabulary)
        for (index, name) in members.enumerated() {
            guard let place = composite.members.firstIndex(where: { $0.name == name }) else {
                continue
            }
            let prompt = request.prompts[name] ?? request.prompt
            try await score(
                composite.members[place], composite.alignments[place], index, prompt, response,
                first: first)
        }
    }

    private func score(
        _ member: Member, _ alignment: VocabularyAlignment, _ index: Int, _ prompt: [TokenID],
        _ response: [TokenID], first: Int
    ) async throws {
        var tokens = alignment.reading(prompt)
        // The row after the prompt's last token is about the response's first.
        var places: [Int] = []
        for token in response {
            places.append(tokens.count - 1)
            tokens += alignment.reading(token)
        }
        tokens.removeSubrange((places[places.count - 1] + 1)...)
        let limit = member.model.limits
        guard tokens.count <= min(limit.context, limit.cells) else {
            throw GenerationError.replyTooLong(
                member: member.name, prompt: prompt.count, reply: response.count,
                limit: min(limit.context, limit.cells))
        }
        var start = 0
        try await member.model.rewind(0, to: 0)
        do {
            while start < tokens.count {
                let end = min(tokens.count, start + limit.tokensPerPass)
                let scored = places.indices.filter { (start..<end).contains(places[$0]) }
                let pass = ForwardPass([
                    SequenceExtension(
                        sequence: 0, start: start, tokens: Array(tokens[start..<end]),
                        scored: scored.map { places[$0] - start })
                ])
                let scores = try await member.model.forward(pass)
                for (place, score) in zip(scored, scores) {
                    try store(score, member.name, alignment, index, first + place)
                }
                start = end
            }
        } catch {
            try? await member.model.rewind(0, to: 0)
            throw error
        }
        try await member.model.rewind(0, to: 0)
    }

    private func store(
        _ scores: Scores, _ name: String, _ alignment: VocabularyAlignment, _ member: Int,
        _ position: Int
    ) throws(GenerationError) {
        guard case .row(let row) = scores, row.buffer.count == alignment.size else {
            throw .wrongScores(member: name)
        }
        let start = (position * members.count + member) * vocabulary
        let isFull = values.withUnsafeMutableBufferPointer { values in
            let shared = MutableRow(rebasing: values[start..<start + vocabulary])
            alignment.align(row.buffer, into: shared)
            guard let normalizer = LogSoftmax.logNormalizer(Row(shared)) else { return false }
            for token in shared.indices { shared[token] -= normalizer }
            return true
        }
        guard isFull else { throw .brokenScores(member: name) }
    }
}
