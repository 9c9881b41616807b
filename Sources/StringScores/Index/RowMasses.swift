package import EmulatedFineTuning

/// What a row gives to ranges of tokens in the order of their bytes.
///
/// Small ranges are added up one token after another. The first larger one has the running sum of the
/// whole row made, and from then on each costs two look-ups. Which way a range goes depends on its size
/// alone, so its value does not depend on what else was asked. The memory, 8 bytes a token, is kept for
/// the next row.
package struct RowMasses: Sendable {
    private let index: PrefixIndex
    /// `sums[i]`: the probability of the first i tokens in the order of the index.
    private var sums: [Double] = []
    private var isSummed = false

    /// Ranges of at most this many tokens are added up without the running sum. It also keeps tiny
    /// masses exact, which a difference of two running sums would not.
    static let smallRange = 4096

    package init(_ index: PrefixIndex) { self.index = index }

    /// Has the next masses be those of another row.
    package mutating func begin() { isSummed = false }

    /// Σ p(t) over a range of places, a probability.
    ///
    /// - Parameter row: the same one since ``begin()``; has a logit for each token of the index.
    /// - Complexity: O(vocabulary) once a row, then O(1); O(tokens) for small ranges.
    package mutating func mass(of range: Range<Int>, in row: NormalizedRow) -> Double {
        guard range.count > Self.smallRange else { return sum(over: range, in: row) }
        if !isSummed { addUp(row) }
        return max(0, sums[range.upperBound] - sums[range.lowerBound])
    }

    /// The probability of one token.
    func probability(of token: Int32, in row: NormalizedRow) -> Double {
        let logit = Double(row.logits[Int(token)]) - Double(row.logNormalizer)
        return exp(Doubles(repeating: logit))[0]
    }

    private func sum(over range: Range<Int>, in row: NormalizedRow) -> Double {
        index.order.withUnsafeBufferPointer { order in
            let places = UnsafeBufferPointer(rebasing: order[range])
            var sum = 0.0
            Self.forEachProbability(of: places, in: row) { _, probability in sum += probability }
            return sum
        }
    }

    private mutating func addUp(_ row: NormalizedRow) {
        let count = index.order.count
        if sums.count != count + 1 { sums = [Double](repeating: 0, count: count + 1) }
        let order = index.order
        sums.withUnsafeMutableBufferPointer { sums in
            order.withUnsafeBufferPointer { order in
                var sum = 0.0
                Self.forEachProbability(of: order, in: row) { place, probability in
                    sum += probability
                    sums[place + 1] = sum
                }
            }
        }
        isSummed = true
    }

    /// The probabilities of tokens in their order, computed eight at a time.
    @inline(__always)
    private static func forEachProbability(
        of tokens: UnsafeBufferPointer<Int32>, in row: NormalizedRow, _ body: (Int, Double) -> Void
    ) {
        let logits = row.logits
        let normalizer = Double(row.logNormalizer)
        var place = 0
        while place &+ 8 <= tokens.count {
            let some = exp(
                Doubles(
                    SIMD8<Float>(
                        logits[Int(tokens[place])], logits[Int(tokens[place &+ 1])],
                        logits[Int(tokens[place &+ 2])], logits[Int(tokens[place &+ 3])],
                        logits[Int(tokens[place &+ 4])], logits[Int(tokens[place &+ 5])],
                        logits[Int(tokens[place &+ 6])], logits[Int(tokens[place &+ 7])]))
                    - normalizer)
            body(place, some[0])
            body(place &+ 1, some[1])
            body(place &+ 2, some[2])
            body(place &+ 3, some[3])
            body(place &+ 4, some[4])
            body(place &+ 5, some[5])
            body(place &+ 6, some[6])
            body(place &+ 7, some[7])
            place &+= 8
        }
        while place < tokens.count {
            let logit = Double(logits[Int(tokens[place])]) - normalizer
            body(place, exp(Doubles(repeating: logit))[0])
            place &+= 1
        }
    }
}
