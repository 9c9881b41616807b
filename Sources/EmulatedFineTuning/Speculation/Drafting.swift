/// A round's proposals in the making: how far each block may go, and what goes on after each pass of the
/// draft member.
struct Drafting {
    /// The draft member.
    let member: Int
    /// How many tokens each reply may propose.
    private var longest: [Int]
    /// The replies whose blocks the engine chooses.
    private let isFree: [Bool]
    /// Tokens per second that the round is planned to yield.
    private var speed = 0.0
    /// The chance that all proposals of a reply so far are kept.
    private var reach: [Double]

    /// Decides whether the draft member runs ahead: for replies that ask for a block, and for those that
    /// leave the choice to the engine, if it is worthwhile for all of these together.
    ///
    /// - Parameters:
    ///   - limit: maximum number of proposed tokens per reply.
    ///   - automatic: the same where the engine chooses.
    init(
        _ round: Round, member: Int, atMost limit: Int, automatic: Int,
        _ controller: BlockController
    ) {
        let turns = round.turns
        self.member = member
        longest = turns.map { min($0.reply.longestBlock(automatic), limit) }
        isFree = turns.map { $0.reply.request.speculation == .auto }
        reach = turns.map { _ in 1 }
        guard zip(longest, isFree).contains(where: { $0 > 0 && $1 }) else { return }
        let candidates = turns.indices.map { index in
            let (turn, longest) = (turns[index], longest[index])
            let rows = isFree[index] ? turn.drafts.count : max(longest, turn.drafts.count)
            return BlockController.Candidate(
                yields: isFree[index] ? turn.reply.agreement.tokensPerRound(upTo: longest) : [1],
                rows: 1 + rows, members: turn.reply.active)
        }
        let plan = controller.plan(candidates, draft: member)
        speed = plan.speed
        for index in turns.indices where isFree[index] && plan.blocks[index] == 0 {
            longest[index] = 0
        }
    }

    /// Whether any tokens are proposed.
    var isWorthwhile: Bool { longest.contains { $0 > 0 } }

    /// The next token of every block that goes on, from the rows of the draft member's last pass.
    mutating func next(
        _ round: Round, _ controller: BlockController, _ proposer: Proposer
    ) -> [TokenID?] {
        let turns = round.turns
        var proposals: [TokenID?] = turns.map { _ in nil }
        var candidates = turns.map { turn in
            BlockController.Candidate(
                yields: [0], rows: 1 + turn.drafts.count, members: turn.reply.active)
        }
        var chances = turns.map { _ in 0.0 }
        for (index, turn) in turns.enumerated() {
            let step = turn.drafts.count
            guard step < longest[index], let proposal = proposer.proposal(turn, member) else {
                continue
            }
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
