import EmulatedFineTuning

/// A member reading one response, some positions at a time, in its first sequence.
///
/// The sequence is empty before and after: no engine may be using it.
struct ResponseReading {
    private let member: Member
    private let alignment: VocabularyAlignment
    private let vocabulary: Int
    /// Prompt and response as the member reads them.
    private var tokens: [TokenID]
    /// By position of the response, the token whose scores are about it: the one before it.
    private let places: [Int]
    private let response: [TokenID]
    private var start = 0

    /// - Throws: ``GenerationError/emptyPrompt``, ``GenerationError/replyTooLong(member:prompt:reply:limit:)``.
    init(
        _ composite: Composite, _ member: Int, prompt: [TokenID], response: [TokenID]
    ) throws(GenerationError) {
        guard !prompt.isEmpty else { throw .emptyPrompt }
        self.member = composite.members[member]
        alignment = composite.alignments[member]
        vocabulary = composite.vocabulary.count
        var tokens = alignment.reading(prompt)
        var places: [Int] = []
        for token in response {
            places.append(tokens.count - 1)
            tokens += alignment.reading(token)
        }
        tokens.removeSubrange(((places.last ?? -1) + 1)...)
        (self.tokens, self.places, self.response) = (tokens, places, response)
        let limits = self.member.model.limits
        let limit = min(limits.context, limits.cells)
        guard tokens.count <= limit else {
            throw .replyTooLong(
                member: self.member.name, prompt: prompt.count, reply: response.count, limit: limit)
        }
    }

    /// Whether the member gives the scores of all tokens, and need not be told which ones are wanted.
    var givesRows: Bool { member.model.limits.scores == .rows }

    /// Empties the sequence.
    func rewind() async throws { try await member.model.rewind(0, to: 0) }

    /// Log-probabilities of all tokens at the next positions, `[position][vocabulary]`, nats.
    mutating func rows(_ positions: Range<Int>) async throws -> [Float] {
        var rows = Array(repeating: Float(0), count: positions.count * vocabulary)
        var place = 0
        start = try await read(
            positions, request: { _ in .row }, guesses: { _ in [] },
            receive: { scores in
                guard case .row(let row) = scores, row.buffer.count == alignment.size else {
                    throw GenerationError.wrongScores(member: member.name)
                }
                let isFull = rows.withUnsafeMutableBufferPointer { rows in
                    let own = place * vocabulary..<(place + 1) * vocabulary
                    let shared = MutableRow(rebasing: rows[own])
                    alignment.align(row.buffer, into: shared)
                    guard let normalizer = LogSoftmax.logNormalizer(Row(shared)) else {
                        return false
                    }
                    for token in shared.indices { shared[token] -= normalizer }
                    return true
                }
                guard isFull else { throw GenerationError.brokenScores(member: member.name) }
                place += 1
            })
        return rows
    }

    /// Log-probabilities of some tokens at the next positions, nats; −∞ for those that the member lacks.
    ///
    /// - Parameters:
    ///   - asked: by position.
    ///   - guesses: what the fallback says of them, nats.
    mutating func scores(
        _ positions: Range<Int>, of asked: [[TokenID]], guesses: [[Float]]
    ) async throws -> [[Float]] {
        let had = asked.map { $0.indices.filter { [tokens = $0] in alignment.has(tokens[$0]) } }
        func own<Value>(_ lists: [[Value]], _ part: Range<Int>) -> [[Value]] {
            part.map { place in had[place].map { lists[place][$0] } }
        }
        var found: [[Float]] = []
        start = try await read(
            positions, request: { .tokens(own(asked, $0)) }, guesses: { own(guesses, $0) },
            receive: { scores in
                let place = found.count
                guard case .tokens(let values) = scores, values.count == had[place].count else {
                    throw GenerationError.wrongScores(member: member.name)
                }
                // A probability may come out as a little more than 1 of sums in low precision.
                guard values.allSatisfy({ $0 <= 0.1 }) else {
                    throw GenerationError.brokenScores(member: member.name)
                }
                var all = Array(repeating: -Float.infinity, count: asked[place].count)
                for (index, value) in zip(had[place], values) { all[index] = value }
                found.append(all)
            })
        return found
    }

    /// Runs the member up to the last of some positions.
    ///
    /// - Parameter request: what is asked at some of them, numbered from the first.
    /// - Returns: how many tokens the member has read then.
    private func read(
        _ positions: Range<Int>, request: (Range<Int>) -> ScoreRequest,
        guesses: (Range<Int>) -> [[Float]], receive: (Scores) throws -> Void
    ) async throws -> Int {
        var start = start
        let end = places[positions.upperBound - 1] + 1
        var next = positions.lowerBound
        while start < end {
            let stop = min(end, start + member.model.limits.tokensPerPass)
            let first = next
            while next < positions.upperBound, places[next] < stop { next += 1 }
            let part = first - positions.lowerBound..<next - positions.lowerBound
            let pass = ForwardPass([
                SequenceExtension(
                    sequence: 0, start: start, tokens: Array(tokens[start..<stop]),
                    scored: (first..<next).map { places[$0] - start }, request: request(part),
                    guesses: guesses(part),
                    given: response[first..<next].map { alignment.has($0) ? $0 : nil })
            ])
            let scores = try await member.model.forward(pass)
            guard scores.count == next - first else {
                throw GenerationError.wrongScores(member: member.name)
            }
            for score in scores { try receive(score) }
            start = stop
        }
        return start
    }
}
