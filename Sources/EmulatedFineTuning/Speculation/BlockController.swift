/// Chooses how many tokens to propose for each reply of a round.
///
/// A round with blocks k yields Σⱼ Eⱼ(kⱼ) tokens on average and takes
///
///     T(k) = Σₛ c_draft(replies with a step s) + max over threads of Σ c_other(Σⱼ (kⱼ + 1)) + outside
///
/// where the passes of members on one thread add up and threads, or hosts, overlap. The blocks with the most
/// tokens per second are chosen. k = 0 is one of the candidates, so drafts that do not pay are not made.
///
/// While the draft member runs, the chance of each proposal becomes known. The block continues as long as
/// the tokens that it still promises are worth their time, at the planned speed:
///
///     Σⱼ ΔEⱼ > speed · ΔT
struct BlockController {
    /// By model, numbered by its first member.
    var costs: [CostCurve]
    /// By member, its model: members that are shares of one model have one pass.
    var models: [Int]
    /// By member, its thread: passes on one thread add up, threads overlap.
    var threads: [Int]
    /// Whether the draft member's rows are needed before those of the others, even without drafts.
    var draftsFirst: Bool
    /// Seconds per row spent outside the passes: mixing, drawing, scheduling.
    var outside = 0.0

    /// A reply that the round decodes.
    struct Candidate {
        /// Expected tokens by block length; the last is that of the longest block allowed.
        var yields: [Double]
        /// Rows that the round computes for it in any case, including the one for its next token.
        var rows = 1
        /// Members whose rows it needs.
        var members: [Int]
        /// Whether its proposals are known before the draft member runs, which then takes them in one pass.
        var isFound = false
    }

    /// - Parameters:
    ///   - threads: nil: all members on one.
    ///   - models: nil: every member is one.
    init(members: Int, threads: [Int]? = nil, models: [Int]? = nil, draftsFirst: Bool = false) {
        costs = Array(repeating: CostCurve(), count: members)
        self.threads = threads ?? Array(repeating: 0, count: members)
        self.models = models ?? Array(0..<members)
        self.draftsFirst = draftsFirst
    }

    /// Adds the time that a round took outside its passes, for this many rows.
    mutating func record(outside seconds: Double, rows: Int) {
        guard rows > 0 else { return }
        let each = seconds / Double(rows)
        outside = outside == 0 ? each : 0.95 * outside + 0.05 * each
    }

    /// A choice of block lengths.
    struct Plan: Equatable {
        /// By reply.
        var blocks: [Int]
        /// Expected tokens per second; infinite while nothing was measured.
        var speed: Double
    }

    /// The blocks with the most tokens per second.
    ///
    /// - Complexity: O(steps · (members + longest block)) for steps = the sum of the longest blocks.
    func plan(_ replies: [Candidate], draft: Int?) -> Plan {
        let round = Round(replies, draft: draft, self)
        let (blocks, speed) = best(replies, round) { $0.yield / $0.seconds }
        return Plan(blocks: blocks, speed: speed)
    }

    /// How many more tokens to propose in a round whose draft member has already run: as many as gain
    /// the most tokens over what the same time would give at `speed`.
    ///
    /// - Parameter replies: with their yields from here on, and the rows that are drafted already.
    func extend(_ replies: [Candidate], draft: Int, speed: Double) -> [Int] {
        var round = Round(replies, draft: draft, self)
        round.isUnderWay = true
        return best(replies, round) { $0.yield - speed * $0.seconds }.blocks
    }

    /// The blocks with the highest value.
    private func best(
        _ replies: [Candidate], _ start: Round, _ value: (Round) -> Double
    ) -> (blocks: [Int], value: Double) {
        // Proposals in the order of what they promise: within a reply that is the order of positions.
        let proposals = replies.indices.flatMap { reply in
            replies[reply].yields.indices.dropFirst().map { step in
                (reply: reply, gain: replies[reply].yields[step] - replies[reply].yields[step - 1])
            }
        }.sorted { $0.gain > $1.gain }
        var round = start
        var blocks = replies.map { _ in 0 }
        var (best, highest) = (blocks, value(round))
        for proposal in proposals {
            blocks[proposal.reply] += 1
            round.add(step: blocks[proposal.reply], replies[proposal.reply], proposal.gain)
            if round.isBeyondWhatIsKnown { break }
            let reached = value(round)
            if reached > highest { (best, highest) = (blocks, reached) }
        }
        return (best, highest)
    }

    /// A round in the making: its widths, and what it yields.
    private struct Round {
        private let controller: BlockController
        private let draft: Int?
        /// Tokens of each model's pass without proposals.
        private var base: [Int] = []
        /// Rows of the draft member's first pass.
        private var first = 0
        /// Tokens of each member's part of its model's pass.
        private var parts: [Int]
        /// Replies by step of the draft member; empty without proposals.
        private var steps: [Int] = []
        private(set) var yield: Double
        private var proposed = 0
        /// Whether the draft member has run; if so, it takes no part in the verification.
        var isUnderWay = false

        init(_ replies: [Candidate], draft: Int?, _ controller: BlockController) {
            self.controller = controller
            self.draft = draft
            parts = controller.models.indices.map { member in
                replies.filter { $0.members.contains(member) }.reduce(0) { $0 + $1.rows }
            }
            yield = Double(replies.count)
            first = draft.map { parts[$0] } ?? 0
            base = widths()
        }

        mutating func add(step: Int, _ reply: Candidate, _ gain: Double) {
            if reply.isFound {
                for member in reply.members { parts[member] += 1 }
                if draft.map(reply.members.contains) ?? false { first += 1 }
            } else {
                for member in reply.members where member != draft { parts[member] += 1 }
                while steps.count < step { steps.append(0) }
                steps[step - 1] += 1
            }
            yield += gain
            proposed += 1
        }

        /// Tokens of each model's pass.
        ///
        /// - Parameter member: one that has run already.
        private func widths(without member: Int? = nil) -> [Int] {
            var widths = parts.map { _ in 0 }
            for index in parts.indices where index != member {
                widths[controller.models[index]] += parts[index]
            }
            return widths
        }

        /// Whether a pass is much wider than any measured: the curve beyond is a guess, so it is
        /// explored by doubling.
        var isBeyondWhatIsKnown: Bool {
            widths().enumerated().contains { model, width in
                width > max(base[model] + 7, 2 * (controller.costs[model].widths.last ?? 1))
            }
        }

        /// 0 while nothing was measured.
        var seconds: Double {
            let isFirst = isUnderWay || !steps.isEmpty || controller.draftsFirst
            var threads: [Int: Double] = [:]
            for (model, width) in widths(without: isFirst ? draft : nil).enumerated()
            where width > 0 {
                threads[controller.threads[model], default: 0] += cost(model, width)
            }
            let verify = threads.values.max() ?? 0
            return drafting(isFirst) + verify + controller.outside * (yield + Double(proposed))
        }

        /// Seconds of the draft member's passes ahead of the others.
        private func drafting(_ isFirst: Bool) -> Double {
            guard let model = draft.map({ controller.models[$0] }) else { return 0 }
            return steps.reduce(isFirst && !isUnderWay ? cost(model, first) : 0) {
                $0 + cost(model, $1)
            }
        }

        private func cost(_ model: Int, _ width: Int) -> Double {
            let curve = controller.costs[model]
            return curve.seconds(width: curve.padded(width, atMost: CostCurve.widest))
        }
    }
}
