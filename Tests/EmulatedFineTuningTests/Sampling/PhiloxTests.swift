import Testing

@testable import EmulatedFineTuning

@Suite struct PhiloxTests {
    /// From `kat_vectors` of Random123 (philox4x32, 10 rounds): counter, key, output.
    @Test(
        "blocks match the known answers of Random123",
        arguments: [
            ([0, 0, 0, 0], 0, [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            (
                [0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff], 0xffff_ffff_ffff_ffff,
                [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
            ),
            (
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], 0x299f_31d0_a409_3822,
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
            ),
        ] as [([UInt32], UInt64, [UInt64])])
    func blocksMatchTheKnownAnswersOfRandom123(
        counter: [UInt32], key: UInt64, expected: [UInt64]
    ) {
        let words = Philox.blocks(from: counter[0], (counter[1], counter[2], counter[3]), key: key)
        #expect([words.0[0], words.1[0], words.2[0], words.3[0]] == expected)
    }

    @Test("lane i holds block i, past the end of the counter too")
    func laneIHoldsBlockIPastTheEndOfTheCounterToo() {
        let first: UInt32 = 0xffff_fffc
        let all = Philox.blocks(from: first, (1, 2, 3), key: 4)
        for lane in 0..<8 {
            let one = Philox.blocks(from: first &+ UInt32(lane), (1, 2, 3), key: 4)
            #expect(all.0[lane] == one.0[0])
            #expect(all.1[lane] == one.1[0])
            #expect(all.2[lane] == one.2[0])
            #expect(all.3[lane] == one.3[0])
        }
    }
}
