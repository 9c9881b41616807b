/// A sequence of every member, and what their caches hold of it.
///
/// Kept after a reply has ended: the next prompt that begins with the same tokens computes only what
/// is new.
struct Slot {
    let id: SequenceID
    /// The tokens in each member's cache, by member index.
    var cached: [[TokenID]]
    /// Whether a reply runs in it.
    var isBusy = false
    /// When its last reply ended, as a count of rounds: the least recently used goes first.
    var lastUsed = 0

    /// How many tokens of these prompts the caches hold already, over all members.
    func overlap(with prompts: [[TokenID]]) -> Int {
        zip(cached, prompts).reduce(0) { $0 + $1.0.commonPrefix(with: $1.1) }
    }
}

extension [Slot] {
    /// Tokens of a running reply that a member's cache does not hold yet.
    func pending(_ reply: LiveReply, _ member: Int) -> ArraySlice<TokenID> {
        guard let slot = reply.slot else { return [] }
        return reply.tokens[member][self[slot].cached[member].count...]
    }

    /// Whether a reply's prompts are in the caches, all but their last token.
    func areReady(for reply: LiveReply) -> Bool {
        reply.active.allSatisfy { pending(reply, $0).count == 1 }
    }
}

extension Collection where Element == TokenID {
    /// The number of equal tokens at the start.
    func commonPrefix(with other: some Collection<TokenID>) -> Int {
        var length = 0
        for (own, others) in zip(self, other) {
            guard own == others else { break }
            length += 1
        }
        return length
    }
}
