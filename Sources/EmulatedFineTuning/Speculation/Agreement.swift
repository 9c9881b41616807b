/// Where the draft member alone would have drawn the composite's token, over the latest positions.
///
/// The map F shows this at every committed position, drafted or not. So acceptance is known without
/// speculating.
package struct Agreement: Equatable {
    /// Positions that are remembered.
    static let window = 128

    /// Newest last.
    private var positions: ArraySlice<Bool>
    /// The same, by how likely the draft member found its token.
    private(set) var certainty: Certainty
    /// How often tokens that were found, without asking the draft member, are the composite's.
    var found: FoundChances

    /// Starts from what an earlier reply has seen, at a quarter of a window's weight.
    init(after earlier: Agreement? = nil) {
        positions = earlier?.positions.suffix(Self.window / 4) ?? [true, true, true, false]
        certainty = earlier?.certainty ?? Certainty()
        found = earlier?.found ?? FoundChances()
    }

    /// - Parameter logProbability: the draft member's, of the token that it would draw, nats.
    mutating func record(_ agrees: Bool, logProbability: Float) {
        certainty.record(logProbability, agrees: agrees)
        positions.append(agrees)
        if positions.count > Self.window { positions.removeFirst() }
    }

    /// Tokens that a round would have yielded on average, by block length from 0 to `limit`: the
    /// remembered positions are cut into rounds as decoding would, each the agreeing run of at most the
    /// block's length and one token more.
    ///
    /// Made concave, so that a longer block never promises more per token than a shorter one.
    ///
    /// - Complexity: O(window · limit).
    func tokensPerRound(upTo limit: Int) -> [Double] {
        var yields = [1.0]
        var gain = 1.0
        for block in 0..<max(0, limit) {
            gain = min(
                gain, max(0, Self.tokensPerRound(positions, block: block + 1) - yields[block]))
            yields.append(yields[block] + gain)
        }
        return yields
    }

    /// Average number of tokens per round for a block length, replayed over positions.
    static func tokensPerRound(_ positions: some Collection<Bool>, block: Int) -> Double {
        guard !positions.isEmpty else { return 1 }
        let (rounds, rest) = cut(positions, block: block)
        // A round that the last positions have begun counts for its share.
        let begun = Double(rest) / Double(block + 1)
        return Double(positions.count) / (Double(rounds) + begun)
    }

    /// The rounds that a reply with this agreement takes.
    package static func rounds(_ positions: some Collection<Bool>, block: Int) -> Int {
        let (rounds, rest) = cut(positions, block: block)
        return rest > 0 ? rounds + 1 : rounds
    }

    /// Whole rounds, and the positions after them.
    private static func cut(
        _ positions: some Collection<Bool>, block: Int
    ) -> (rounds: Int, rest: Int) {
        var (rounds, run) = (0, 0)
        for agrees in positions {
            if agrees, run < block {
                run += 1
            } else {
                rounds += 1
                run = 0
            }
        }
        return (rounds, run)
    }
}
