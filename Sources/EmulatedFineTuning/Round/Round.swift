/// One round: the replies that decode in it, what is proposed for each, and what the members say.
struct Round {
    var turns: [Turn]
    let began = ContinuousClock.now
    /// The time that earlier rounds took.
    let before: EngineProfile
    /// Distributions that were drawn from, those of proposals included.
    var drawn = 0

    init(_ replies: [LiveReply], members: Int, before: EngineProfile) {
        turns = replies.map { Turn($0, members: members) }
        self.before = before
    }

    /// Members that have scores in this round already.
    var heard: Set<Int> {
        Set(turns.flatMap { turn in turn.scores.indices.filter { turn.scores[$0] != nil } })
    }

    /// Gives the scores of a member's pass to the replies that read them.
    ///
    /// - Throws: ``GenerationError/wrongScores(member:)`` when there are more or fewer than asked for.
    mutating func receive(
        _ scores: [Scores], of made: MemberPass, named name: String
    ) throws(GenerationError) {
        let expected = made.readers.reduce(0) { $0 + $1.rows + $1.padding }
        guard scores.count == expected else { throw .wrongScores(member: name) }
        var scores = scores[...]
        for reader in made.readers {
            turns[reader.turn].scores[made.member, default: []] += scores.prefix(reader.rows)
            scores = scores.dropFirst(reader.rows + reader.padding)
        }
    }
}

/// A reply's part in a round.
struct Turn {
    let reply: LiveReply
    /// Tokens proposed, or those of the response that is scored.
    var drafts: [TokenID] = []
    /// Where each proposal comes from; nothing for a response that is scored.
    private(set) var sources: [DraftSource] = []
    /// By position, the tokens that members without rows are asked for.
    var asked: [Question] = []
    /// By member, its scores: one per position of the block. Nil: it was not asked, or not yet.
    var scores: [[Scores]?]

    init(_ reply: LiveReply, members: Int) {
        self.reply = reply
        scores = Array(repeating: nil, count: members)
    }

    /// Adds a proposal.
    mutating func propose(_ token: TokenID, from source: DraftSource) {
        drafts.append(token)
        sources.append(source)
    }

    /// Takes proposals back, and what a member that has run said after them.
    mutating func takeBack(to count: Int, _ member: Int) {
        drafts.removeSubrange(count...)
        sources.removeSubrange(count...)
        scores[member]?.removeSubrange((count + 1)...)
    }

    /// Positions that are scored: one for every proposal, and one more.
    var positions: Range<Int> { 0..<drafts.count + 1 }

    /// The token whose log-probabilities are reported at a position, as far as it is known beforehand:
    /// that of the response to score, or else the one proposed.
    func said(at position: Int) -> TokenID? {
        guard reply.request.attributions else { return nil }
        if let given = reply.goal.given(at: reply.generated.count + position) { return given }
        return position < drafts.count ? drafts[position] : nil
    }
}

extension [[Scores]?] {
    fileprivate subscript(member: Int, default empty: [Scores]) -> [Scores] {
        get { self[member] ?? empty }
        set { self[member] = newValue }
    }
}
