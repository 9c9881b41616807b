/// Cuts a member's cache of a slot back to at most a length.
struct CacheCut: Equatable {
    var slot: SequenceID
    var member: Int
    var length: Int
}

/// Makes a member's cache of a slot, which is empty, begin with the tokens of another slot's cache.
struct CacheShare: Equatable {
    var source: SequenceID
    var slot: SequenceID
    var member: Int
    var length: Int
}

extension [Slot] {
    /// The length to cut a member's cache to, so that at most `cut.length` tokens stay: 0 if the member
    /// cannot go back so far. Nil if there is nothing to do.
    func target(of cut: CacheCut, _ rewind: RewindClass) -> Int? {
        let held = self[cut.slot].cached[cut.member].count
        guard held > cut.length else { return nil }
        return switch rewind {
        case .full: cut.length
        case .partial(let distance): held - cut.length <= distance ? cut.length : 0
        case .none: 0
        }
    }

    /// What a reply's slot keeps when it begins: what its caches share with the prompts, all but the last
    /// token of each. That is always scored anew: its row is where the reply begins.
    func cuts(toBegin reply: LiveReply, in slot: SequenceID) -> [CacheCut] {
        reply.active.map { member in
            let prompt = reply.tokens[member]
            let shared = self[slot].cached[member].commonPrefix(with: prompt)
            return CacheCut(slot: slot, member: member, length: Swift.min(shared, prompt.count - 1))
        }
    }

    /// What a reply's slot keeps after a round: the committed tokens, all but the last.
    func cuts(
        toCommitted reply: LiveReply, _ alignments: [VocabularyAlignment]
    ) -> [CacheCut] {
        guard let slot = reply.slot else { return [] }
        return reply.active.map { member in
            let tokens = reply.tokens[member]
            var length = tokens.count - 1
            // Where a token was spelled out, the caches may hold proposals in its place.
            if !alignments[member].missing.isEmpty {
                length = Swift.min(length, self[slot].cached[member].commonPrefix(with: tokens))
            }
            return CacheCut(slot: slot, member: member, length: length)
        }
    }
}
