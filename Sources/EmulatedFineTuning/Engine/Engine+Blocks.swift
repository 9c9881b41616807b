// How many tokens a round proposes, and which.

extension Engine {
    /// A round's proposals in the making.
    struct Block {
        /// How many tokens each reply may propose.
        var longest: [Int]
        /// The replies whose blocks the engine chooses.
        var isFree: [Bool]
        /// Tokens a second that the round is planned to yield.
        var speed: Double
        /// The chance that all proposals of a reply so far are kept.
        var reach: [Double]
        /// Whether anything is proposed at all.
        var isWorthwhile: Bool
    }

    /// Decides whether the draft member runs ahead: for replies that ask for a block, and where all that
    /// leave the choice to the engine together make it worthwhile.
    func plan(_ replies: [Reply], atMost limit: Int, draft: Int) -> Block {
        let longest = replies.map { min($0.longestBlock(options.longestBlock), limit) }
        let isFree = replies.map { $0.request.speculation == .auto }
        var block = Block(
            longest: longest, isFree: isFree, speed: 0, reach: replies.map { _ in 1 },
            isWorthwhile: zip(longest, isFree).contains { $0 > 0 && !$1 })
        guard zip(longest, isFree).contains(where: { $0 > 0 && $1 }) else { return block }
        let candidates = replies.indices.map { index in
            let (reply, longest) = (replies[index], longest[index])
            return BlockController.Candidate(
                yields: isFree[index] ? reply.agreement.tokensPerRound(upTo: longest) : [1],
                rows: 1 + (isFree[index] ? reply.drafts.count : max(longest, reply.drafts.count)),
                members: reply.active)
        }
        let plan = controller.plan(candidates, draft: draft)
        block.speed = plan.speed
        for index in replies.indices where isFree[index] && plan.blocks[index] == 0 {
            block.longest[index] = 0
        }
        block.isWorthwhile = block.longest.contains { $0 > 0 }
        return block
    }

    /// The next token of every block that goes on, from the rows of the draft member's last pass.
    func proposals(
        _ replies: [Reply], _ block: inout Block, _ rows: [Rows], draft: Int
    ) -> [TokenID?] {
        var proposals: [TokenID?] = replies.map { _ in nil }
        var candidates = replies.map { reply in
            BlockController.Candidate(
                yields: [0], rows: 1 + reply.drafts.count, members: reply.active)
        }
        var chances = replies.map { _ in 0.0 }
        for (index, reply) in replies.enumerated() {
            let step = reply.drafts.count
            // Shorter where the block ended early, with the end of the reply.
            guard step < block.longest[index], let kept = rows[index][draft],
                kept.count == step + 1,
                // A row that nothing can be drawn from ends the block: the reply meets it when, and
                // if, it gets there, as in plain decoding.
                let proposal = try? propose(reply, kept[step]),
                // A token that some member reads as several ends the block.
                reply.isReadAsOne(proposal.token)
            else { continue }
            proposals[index] = proposal.token
            guard block.isFree[index] else {
                candidates[index].rows = 1 + block.longest[index]
                continue
            }
            chances[index] = reply.agreement.certainty.chance(proposal.logProbability)
            let rest = reply.agreement.tokensPerRound(upTo: block.longest[index] - step - 1)
            candidates[index].yields += rest.map { block.reach[index] * chances[index] * $0 }
        }
        guard chances.contains(where: { $0 > 0 }) else { return proposals }
        let more = controller.extend(
            candidates, draft: draft, speed: block.speed)
        for index in replies.indices where block.isFree[index] {
            block.reach[index] *= chances[index]
            if more[index] == 0 {
                proposals[index] = nil
                block.longest[index] = replies[index].drafts.count
            }
        }
        return proposals
    }

    /// Tokens proposed per reply at most, so that a pass of this many replies fits every member.
    func blockLimit(_ replies: Int) -> Int {
        let width = composite.members.map(\.model.limits.tokensPerPass).min() ?? 1
        return max(0, min(options.scoringBlock, width / max(1, replies)) - 1)
    }

    /// The token that the draft member would draw next, and its log-probability there.
    private func propose(
        _ reply: Reply, _ scores: Scores
    ) throws -> (token: TokenID, logProbability: Float) {
        let row = try normalise(scores, member: reply.draft ?? 0)
        let options = reply.request.sampling
        var history = reply.history
        if history.isNeeded(by: options) {  // else the copy would be for nothing
            for token in reply.drafts { history.append(token) }
        }
        let token = try sampler.propose(
            row, options, history, reply.noise(after: reply.drafts.count))
        return (token, row[token])
    }
}
