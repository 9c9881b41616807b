/// A round's proposals in the making: what is found without asking a member, how far each block may go, and
/// what goes on after each pass of the draft member.
struct Drafting {
    /// The draft member; nil: only what is found is proposed.
    let member: Int?
    /// How many tokens each reply may propose.
    private var longest: [Int]
    /// The replies whose blocks the engine chooses.
    private let isFree: [Bool]
    /// What each reply proposes before the draft member runs.
    private var found: [FoundDrafts?]
    /// Tokens per second that the round is planned to yield.
    private var speed = 0.0
    /// The chance that all proposals of a reply so far are kept.
    private var reach: [Double]

    /// Decides what is proposed before the draft member runs, and whether that runs ahead: for replies that
    /// ask for a block, and for those that leave the choice to the engine, if it is worthwhile for all of
    /// these together.
    ///
    /// - Parameters:
    ///   - limit: maximum number of proposed tokens per reply.
    ///   - automatic: the same where the engine chooses.
    init(
        _ round: Round, member: Int?, atMost limit: Int, automatic: Int,
        _ controller: BlockController
    ) {
        let turns = round.turns
        self.member = member
        longest = turns.map { min($0.reply.longestBlock(automatic), limit) }
        isFree = turns.map { $0.reply.request.speculation == .auto }
        reach = turns.map { _ in 1 }
        found = zip(turns, longest).map { turn, longest in
            let (reply, chances) = (turn.reply, turn.reply.agreement.found)
            guard let found = reply.found(atMost: longest) else { return nil }
            // In a block of a given length nothing weighs what a guess costs.
            return reply.request.speculation == .auto ? found : found.prefix(chances.likely(found))
        }
        plan(turns, controller)
    }

    /// Whether any tokens are proposed.
    var isWorthwhile: Bool { longest.contains { $0 > 0 } }

    /// Chooses between what was found and what the draft member would say, by what both promise a second.
    private mutating func plan(_ turns: [Turn], _ controller: BlockController) {
        guard zip(longest, isFree).contains(where: { $0 > 0 && $1 }) else { return }
        let none = turns.map { _ in FoundDrafts?.none }
        var plan = controller.plan(candidates(turns, none), draft: member)
        var chosen = none
        if zip(found, isFree).contains(where: { $0 != nil && $1 }) {
            let other = controller.plan(candidates(turns, found), draft: member)
            if other.speed > plan.speed { (plan, chosen) = (other, found) }
        }
        speed = plan.speed
        for index in turns.indices where isFree[index] {
            found[index] = chosen[index]?.prefix(plan.blocks[index])
            if plan.blocks[index] == 0 { longest[index] = 0 }
        }
    }

    private func candidates(
        _ turns: [Turn], _ found: [FoundDrafts?]
    ) -> [BlockController.Candidate] {
        turns.indices.map { index in
            let (turn, longest) = (turns[index], longest[index])
            let reply = turn.reply
            let rows = isFree[index] ? turn.drafts.count : max(longest, turn.drafts.count)
            var candidate = BlockController.Candidate(
                yields: [1], rows: 1 + rows, members: reply.active)
            guard isFree[index] else { return candidate }
            if let found = found[index] {
                candidate.yields = reply.agreement.found.tokensPerRound(found)
                candidate.isFound = true
            } else if reply.asksDraftMember {
                candidate.yields = reply.agreement.tokensPerRound(upTo: longest)
            }
            return candidate
        }
    }

    /// Proposes what was found.
    func proposeFound(_ round: inout Round) {
        for (index, found) in found.enumerated() {
            guard let found else { continue }
            for token in found.tokens { round.turns[index].propose(token, from: found.source) }
        }
    }

    /// Whether the draft member runs ahead of the others.
    func needsMember(_ round: Round) -> Bool {
        zip(round.turns, longest).contains { $0.reply.asksDraftMember && $1 > 0 }
    }

    /// After the draft member's first pass, which covers what was found: takes back what it would have said
    /// otherwise, as the composite mostly agrees with it rather than with a guess.
    ///
    /// - Returns: how many tokens of the pass were taken back, by turn.
    mutating func check(_ round: inout Round, _ proposer: Proposer) -> [Int] {
        guard let member else { return [] }
        return round.turns.indices.map { index in
            let turn = round.turns[index]
            guard let found = found[index], turn.reply.asksDraftMember else { return 0 }
            let certainty = turn.reply.agreement.certainty
            for position in turn.drafts.indices {
                guard let proposal = proposer.proposal(turn, member, at: position),
                    proposal.token == turn.drafts[position]
                else {
                    round.turns[index].takeBack(to: position, member)
                    return turn.drafts.count - position
                }
                reach[index] *= max(
                    certainty.chance(proposal.logProbability),
                    turn.reply.agreement.found.chance(of: found.classes[position]))
            }
            return 0
        }
    }

    /// The next token of every block that goes on, from the rows of the draft member's last pass.
    mutating func next(
        _ round: Round, _ controller: BlockController, _ proposer: Proposer
    ) -> [TokenID?] {
        let turns = round.turns
        var proposals: [TokenID?] = turns.map { _ in nil }
        guard let member else { return proposals }
        var candidates = turns.map { turn in
            BlockController.Candidate(
                yields: [0], rows: 1 + turn.drafts.count, members: turn.reply.active)
        }
        var chances = turns.map { _ in 0.0 }
        for (index, turn) in turns.enumerated() where turn.reply.asksDraftMember {
            let step = turn.drafts.count
            guard step < longest[index],
                let proposal = proposer.proposal(turn, member, at: step)
            else { continue }
            proposals[index] = proposal.token
            guard isFree[index] else {
                candidates[index].rows = 1 + longest[index]
                continue
            }
            let agreement = turn.reply.agreement
            chances[index] = agreement.certainty.chance(proposal.logProbability)
            let rest = agreement.tokensPerRound(upTo: longest[index] - step - 1)
            candidates[index].yields += rest.map { reach[index] * chances[index] * $0 }
        }
        guard chances.contains(where: { $0 > 0 }) else { return proposals }
        let more = controller.extend(candidates, draft: member, speed: speed)
        for index in turns.indices where isFree[index] {
            reach[index] *= chances[index]
            if more[index] == 0 {
                proposals[index] = nil
                longest[index] = turns[index].drafts.count
            }
        }
        return proposals
    }
}
