// Prompts that begin alike are computed once: a reply takes over what another one's caches hold.

extension Placement {
    /// What a reply that enters a slot takes over from a running one: from the one whose caches hold most of
    /// its prompts, if that is worth more than what its own slot holds already.
    func shares(for reply: LiveReply, in slot: SequenceID) -> [CacheShare] {
        guard let source = source(for: reply, slot) else { return [] }
        return reply.active.compactMap { member in
            let prompt = reply.tokens[member]
            let length = min(
                slots[source].cached[member].commonPrefix(with: prompt), prompt.count - 1)
            guard length > slots[slot].cached[member].commonPrefix(with: prompt) else { return nil }
            return CacheShare(source: source, slot: slot, member: member, length: length)
        }
    }

    private func source(for reply: LiveReply, _ slot: SequenceID) -> SequenceID? {
        guard reply.canRewind else { return nil }
        let own = slots[slot].overlap(with: reply.tokens)
        let best = running.compactMap(\.slot).filter { $0 != slot }
            .map { (id: $0, overlap: slots[$0].overlap(with: reply.tokens)) }
            .max { $0.overlap < $1.overlap }
        guard let best, isWorth(best.overlap - own, reply) else { return nil }
        return best.id
    }

    /// Whether a running reply is about to compute a prompt that begins like this reply's. Sharing that is
    /// faster than computing it twice.
    func isWorthWaiting(_ reply: LiveReply, _ slot: SequenceID) -> Bool {
        guard reply.canRewind else { return false }
        let own = slots[slot].overlap(with: reply.tokens)
        return running.contains { other in
            guard let source = other.slot, !slots.areReady(for: other) else { return false }
            let members = reply.active.filter(other.active.contains)
            // All but the last tokens of both, which are fed when a reply begins.
            let coming = members.reduce(0) {
                $0 + reply.tokens[$1].dropLast().commonPrefix(with: other.tokens[$1].dropLast())
            }
            return isWorth(coming - own, reply)
                && slots[source].overlap(with: reply.tokens) < coming
        }
    }

    private func isWorth(_ tokens: Int, _ reply: LiveReply) -> Bool {
        tokens >= sharedPrefix * reply.active.count
    }
}
