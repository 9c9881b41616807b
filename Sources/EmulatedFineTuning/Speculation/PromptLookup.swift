/// Finds the latest tokens of a text where they came before, and what followed there.
///
/// Texts that quote, edit or repeat go on as they did before. Every place of the text is filed under the
/// two tokens before it, the newest first; of the newest places with the same two tokens, the one with
/// the longest match is taken.
///
/// Source: prompt lookup decoding (Saxena 2023), with the hash chains of deflate (RFC 1951, section 4).
struct PromptLookup {
    /// Tokens that must be the same at least.
    static let shortest = 2
    /// Matches are not measured beyond this many tokens.
    static let longest = 64
    /// Places that are compared.
    private static let tries = 16

    private var tokens: [TokenID] = []
    /// By hash, the newest place; −1: none.
    private var newest: [Int32] = []
    /// By place, the one before it in its chain; −1: none.
    private var before: [Int32] = []

    /// A place where the text went on after the tokens that it ends with now.
    struct Match: Equatable {
        /// What followed: the place of the token after the match.
        var next: Int
        /// Tokens that are the same.
        var length: Int
    }

    /// The match at the end of the text.
    private(set) var match: Match?

    /// - Complexity: O(tokens).
    init(_ text: [TokenID]) {
        newest = Array(repeating: -1, count: Self.size(for: text.count))
        tokens.reserveCapacity(text.count + 256)
        before.reserveCapacity(text.count + 256)
        for token in text { add(token) }
        match = search()
    }

    /// Takes in the next token of the text.
    ///
    /// - Complexity: O(1) while a match goes on; otherwise some comparisons of up to 64 tokens.
    mutating func append(_ token: TokenID) {
        let goesOn = match.map { tokens[$0.next] == token } ?? false
        add(token)
        if goesOn, let held = match {
            match = Match(next: held.next + 1, length: min(held.length + 1, Self.longest))
        } else {
            match = search()
        }
    }

    /// The token that followed the match; nil without one.
    var expected: TokenID? { match.map { tokens[$0.next] } }

    /// What followed the match, as far as the text goes; then what is copied already, over again.
    func continuation(atMost limit: Int) -> [TokenID] {
        guard let match, limit > 0 else { return [] }
        let period = tokens.count - match.next
        return (0..<limit).map { tokens[match.next + $0 % period] }
    }

    private mutating func add(_ token: TokenID) {
        tokens.append(token)
        // The place after this token, filed under it and the one before.
        guard let hash = hash(at: tokens.count) else { return before.append(-1) }
        if tokens.count > newest.count { grow() }
        before.append(newest[hash & (newest.count - 1)])
        newest[hash & (newest.count - 1)] = Int32(tokens.count)
    }

    /// The longest match among the newest places of the chain, the newest of equal ones.
    private func search() -> Match? {
        guard var place = before.last, hash(at: tokens.count) != nil else { return nil }
        var best: Match?
        for _ in 0..<Self.tries {
            guard place > 0 else { break }
            let length = common(Int(place))
            if length >= Self.shortest, length > best?.length ?? 0 {
                best = Match(next: Int(place), length: length)
            }
            place = before[Int(place) - 1]
        }
        return best
    }

    /// How many tokens before a place are those at the end of the text.
    private func common(_ place: Int) -> Int {
        var length = 0
        while length < min(place, Self.longest),
            tokens[place - 1 - length] == tokens[tokens.count - 1 - length]
        {
            length += 1
        }
        return length
    }

    /// The hash of the tokens before a place.
    private func hash(at place: Int) -> Int? {
        guard place >= Self.shortest else { return nil }
        let mixed =
            (UInt64(truncatingIfNeeded: tokens[place - 1]) &* 0x9E37_79B9_7F4A_7C15)
            ^ (UInt64(truncatingIfNeeded: tokens[place - 2]) &* 0xC2B2_AE3D_27D4_EB4F)
        return Int(truncatingIfNeeded: (mixed ^ (mixed >> 29)) & 0x7FFF_FFFF)
    }

    /// Makes room for twice as many places.
    private mutating func grow() {
        newest = Array(repeating: -1, count: newest.count * 2)
        for place in Self.shortest..<tokens.count {
            guard let hash = hash(at: place) else { continue }
            before[place - 1] = newest[hash & (newest.count - 1)]
            newest[hash & (newest.count - 1)] = Int32(place)
        }
    }

    private static func size(for count: Int) -> Int {
        var size = 1 << 10
        while size < count { size *= 2 }
        return size
    }
}
