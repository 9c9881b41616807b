import Testing

@testable import EmulatedFineTuning

@Suite struct NoiseTests {
    /// The published test vectors: seed, choice, position, token, purpose, and the bits of the uniform
    /// number. Another implementation of the noise is right if it gives these bits.
    ///
    /// Made with an independent implementation in exact rational arithmetic.
    static let vectors: [(UInt64, UInt32, UInt32, Int, UInt32, UInt32)] = [
        (0x0, 0, 0, 0, 0, 0x3ecc_4fd2),  // 0.39904648
        (0x0, 0, 0, 1, 0, 0x3f78_e4cd),  // 0.9722412
        (0x0, 0, 0, 7, 0, 0x3f28_b31d),  // 0.65898305
        (0x0, 0, 0, 8, 0, 0x3f61_69c6),  // 0.8805202
        (0x0, 0, 0, 15, 0, 0x3d2e_45c7),  // 0.042547014
        (0x0, 0, 0, 16, 0, 0x3f3c_57ac),  // 0.73571277
        (0x0, 0, 0, 31, 0, 0x3ee7_bbe5),  // 0.4526054
        (0x0, 0, 0, 32, 0, 0x3e7f_1aa6),  // 0.2491251
        (0x0, 0, 1, 0, 0, 0x3ed5_a18c),  // 0.41724813
        (0x0, 1, 0, 0, 0, 0x3f04_4516),  // 0.51667917
        (0x0, 0, 0, 0, 1, 0x3e37_39d0),  // 0.17893147
        (0x0, 0, 0, 0, 2, 0x3f5d_2fc5),  // 0.86401016
        (0x2a, 3, 17, 31999, 0, 0x3f2b_54e3),  // 0.669264
        (0x2a, 3, 17, 128_255, 2, 0x3e35_502d),  // 0.17706366
        (0xdead_beef_cafe_f00d, 7, 0xffff_ffff, 100_000, 1, 0x3f54_9c60),  // 0.8305111
        (0xffff_ffff_ffff_ffff, 0xffff_ffff, 0xffff_ffff, 151_935, 2, 0x3f3c_fcaa),  // 0.73823035
    ]

    @Test("uniform numbers have the published bits", arguments: vectors.indices)
    func uniformNumbersHaveThePublishedBits(index: Int) throws {
        let (seed, choice, position, token, purpose, bits) = Self.vectors[index]
        let noise = Noise(seed: seed, choice: choice, position: position)
        let uniform = noise.uniform(token: token, try #require(NoisePurpose(rawValue: purpose)))
        #expect(uniform.bitPattern == bits)
    }

    @Test("a group holds the numbers of its 32 tokens") func aGroupHoldsTheNumbersOfIts32Tokens() {
        let noise = Noise(seed: 5, position: 6)
        for group in 0..<3 {
            let (low, high) = noise.uniforms(group: group, .draft)
            for lane in 0..<16 {
                #expect(low[lane] == noise.uniform(token: group * 32 + lane, .draft))
                #expect(high[lane] == noise.uniform(token: group * 32 + 16 + lane, .draft))
            }
        }
    }

    @Test("numbers are uniform") func numbersAreUniform() {
        var sum = 0.0
        var squares = 0.0
        var counts = [Double](repeating: 0, count: 20)
        let positions: UInt32 = 200
        for position in 0..<positions {
            for group in 0..<2 {
                let (low, high) = Noise(seed: 3, position: position).uniforms(group: group, .draft)
                for lane in 0..<32 {
                    let u = lane < 16 ? low[lane] : high[lane - 16]
                    #expect(u > 0 && u <= 1)
                    sum += Double(u)
                    squares += Double(u * u)
                    counts[min(19, Int(u * 20))] += 1
                }
            }
        }
        let n = Double(positions) * 64
        #expect(abs(sum / n - 0.5) < 4 / (12 * n).squareRoot())
        #expect(abs(squares / n - 1.0 / 3) < 0.01)
        #expect(ChiSquared.accepts(counts, of: [Double](repeating: 0.05, count: 20)))
    }
}
