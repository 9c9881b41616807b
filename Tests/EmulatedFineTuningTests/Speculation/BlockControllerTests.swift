import Testing

@testable import EmulatedFineTuning

@Suite struct BlockControllerTests {
    /// Members 0 (large), 1 (draft), 2 (small), with known curves.
    static func controller(
        large: (Int) -> Double, small: Double = 1, widths: ClosedRange<Int> = 1...40
    ) -> BlockController {
        var controller = BlockController(members: 3)
        for width in widths {
            for _ in 0..<3 {
                controller.costs[0].record(width: width, seconds: large(width))
                controller.costs[1].record(width: width, seconds: small)
                controller.costs[2].record(width: width, seconds: small)
            }
        }
        return controller
    }

    static func candidate(_ acceptance: Double, limit: Int = 16) -> BlockController.Candidate {
        var yields = [1.0]
        var gain = 1.0
        for _ in 0..<limit {
            gain *= acceptance
            yields.append((yields.last ?? 1) + gain)
        }
        return BlockController.Candidate(yields: yields, members: [0, 1, 2])
    }

    static func blocks(_ controller: BlockController, _ acceptances: Double...) -> [Int] {
        controller.plan(acceptances.map { candidate($0) }, draft: 1).blocks
    }

    @Test("without measurements the first round is plain")
    func withoutMeasurementsTheFirstRoundIsPlain() {
        #expect(Self.blocks(BlockController(members: 3), 0.9) == [0])
    }

    @Test("a hopeless draft is not tried") func aHopelessDraftIsNotTried() {
        #expect(Self.blocks(Self.controller { _ in 10 }, 0) == [0])
        #expect(Self.blocks(Self.controller(large: { _ in 10 }, widths: 1...1), 0.02) == [0])
    }

    @Test("the block with the most tokens a second is chosen", arguments: [0.5, 0.7, 0.9, 0.97])
    func theBlockWithTheMostTokensASecondIsChosen(acceptance: Double) {
        let controller = Self.controller { 10 + 0.5 * Double($0) }
        let speeds = (0...16).map { block -> Double in
            let yield = Self.candidate(acceptance).yields[block]
            let others = 10 + 0.5 * Double(block + 1) + 1
            return yield / (others + Double(block + 1))
        }
        let best = speeds.indices.max { speeds[$0] < speeds[$1] }
        #expect(Self.blocks(controller, acceptance) == [best])
    }

    @Test("what was never measured is tried, by doubling")
    func whatWasNeverMeasuredIsTriedByDoubling() {
        var controller = Self.controller(large: { _ in 10 }, widths: 1...1)
        #expect(Self.blocks(controller, 0.97) == [7])
        for member in 0..<3 { controller.costs[member].record(width: 8, seconds: 10) }
        #expect(Self.blocks(controller, 0.97) == [15])
    }

    @Test("a reply with better drafts gets the longer block")
    func aReplyWithBetterDraftsGetsTheLongerBlock() {
        let blocks = Self.blocks(Self.controller { 10 + Double($0) }, 0.4, 0.95, 0)
        #expect(blocks[1] > blocks[0])
        #expect(blocks[2] == 0)
    }

    @Test("full batches are not speculated in") func fullBatchesAreNotSpeculatedIn() {
        // Compute-bound: a row costs the same however many there are.
        let controller = Self.controller(large: { 10 * Double($0) }, widths: 1...200)
        let plan = controller.plan(
            Array(repeating: Self.candidate(0.8), count: 16), draft: 1)
        #expect(plan.blocks.allSatisfy { $0 == 0 })
    }

    @Test("members that overlap cost as much as the slowest")
    func membersThatOverlapCostAsMuchAsTheSlowest() {
        // The small member hides behind the large one: blocks are cheaper, thus longer.
        let controller = Self.controller(large: { 10 + Double($0) }, small: 4)
        let serial = controller.plan(
            [Self.candidate(0.95)], draft: 1
        ).blocks
        var hidden = controller
        hidden.threads = [0, 1, 2]
        for width in 1...40 {
            for _ in 0..<3 { hidden.costs[0].record(width: width, seconds: 30 + Double(width)) }
        }
        let overlapping = hidden.plan([Self.candidate(0.95)], draft: 1).blocks
        #expect(overlapping[0] > serial[0])
    }

    /// A reply whose draft member has run once, with the chance of its next token, and later ones all but
    /// sure.
    static func underWay(_ chance: Double) -> BlockController.Candidate {
        let rest = candidate(0.99).yields.map { chance * $0 }
        return BlockController.Candidate(yields: [0] + rest, members: [0, 1, 2])
    }

    @Test("a block goes on while its next tokens are worth their time")
    func aBlockGoesOnWhileItsNextTokensAreWorthTheirTime() {
        let controller = Self.controller { 10 + 0.5 * Double($0) }
        let more = { (chance: Double, speed: Double) in
            controller.extend(
                [Self.underWay(chance)], draft: 1, speed: speed)[0]
        }
        // A token more costs a draft pass of 1 and half a row of the large member: 1.5 s.
        #expect(more(0.9, 0.2) > 0)
        #expect(more(0.9, 1) == 0)
        #expect(more(0.02, 0.2) == 0)
        // Its chance bounds what all later tokens are worth, too.
        #expect(more(0.2, 0.2) < more(0.9, 0.2))
    }
}
