/// Tokens that are proposed without asking a member.
struct FoundDrafts: Equatable {
    var source: DraftSource
    var tokens: [TokenID]
    /// By token, what its chance depends on: a class of ``FoundChances``.
    var classes: [Int]

    /// - Parameter forced: tokens that spell what must come next.
    init(forced: [TokenID]) {
        source = .grammar
        tokens = forced
        classes = forced.indices.map { FoundChances.forced(isLast: $0 == forced.count - 1) }
    }

    /// What a look-up expects, at most `limit` tokens of it.
    init?(_ lookup: PromptLookup, atMost limit: Int) {
        guard let match = lookup.match, limit > 0 else { return nil }
        source = .lookup
        tokens = lookup.continuation(atMost: limit)
        // If a token is right, the match of the next one is longer by one.
        classes = tokens.indices.map { FoundChances.matched(match.length + $0) }
    }

    func prefix(_ count: Int) -> FoundDrafts? {
        guard count > 0, !tokens.isEmpty else { return nil }
        var shorter = self
        shorter.tokens = Array(tokens.prefix(count))
        shorter.classes = Array(classes.prefix(count))
        return shorter
    }
}

/// How often tokens that were found are what the composite says.
///
/// Known at every committed position, proposed or not, as a look-up always says what it expects.
struct FoundChances: Equatable {
    /// Lower ends of the classes of matches, tokens.
    private static let edges = [2, 3, 4, 6, 10, 20]

    /// By class of match, then: a forced token amid others, and the last one, which the composite may want
    /// to go further than what is forced.
    private var tally = Tally([0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.6], memory: 64)

    static func matched(_ length: Int) -> Int { max(0, (edges.lastIndex { $0 <= length }) ?? 0) }

    static func forced(isLast: Bool) -> Int { edges.count + (isLast ? 1 : 0) }

    mutating func record(_ hit: Bool, of index: Int) { tally.record(hit, of: index) }

    /// 0 to 1.
    func chance(of index: Int) -> Double { tally.chance(of: index) }

    /// How many proposals are likelier all right than not.
    func likely(_ found: FoundDrafts) -> Int {
        var reach = 1.0
        return found.classes.prefix { index in
            reach *= tally.chance(of: index)
            return reach >= 0.5
        }.count
    }

    /// Expected tokens per round by the number of proposals, from none to all.
    func tokensPerRound(_ found: FoundDrafts) -> [Double] {
        var (yields, reach) = ([1.0], 1.0)
        for index in found.classes {
            reach *= tally.chance(of: index)
            yields.append((yields.last ?? 1) + reach)
        }
        return yields
    }
}
