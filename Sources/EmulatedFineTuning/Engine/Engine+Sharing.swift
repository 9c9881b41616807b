// Prompts that begin alike are computed once: a reply takes over what another one's caches hold.

extension Engine {
    /// The running reply's slot whose caches hold most of a reply's prompts, if that is worth more than
    /// what its own slot holds already.
    func sourceToShare(_ reply: Reply, _ slot: SequenceID) -> SequenceID? {
        guard reply.canRewind else { return nil }
        let own = slots[slot].overlap(with: reply.tokens)
        let others = running.compactMap(\.slot).filter { $0 != slot }
        let best = others.map { (id: $0, overlap: slots[$0].overlap(with: reply.tokens)) }
            .max { $0.overlap < $1.overlap }
        guard let best, isWorth(best.overlap - own, reply) else { return nil }
        return best.id
    }

    /// Whether a running reply is about to compute a prompt that begins as this reply's does: then it is
    /// sooner shared than computed twice.
    func isWorthWaiting(_ reply: Reply, _ slot: SequenceID) -> Bool {
        guard reply.canRewind else { return false }
        let own = slots[slot].overlap(with: reply.tokens)
        return running.contains { other in
            guard let source = other.slot, !isReady(other) else { return false }
            let members = reply.active.filter(other.active.contains)
            // All but the last tokens of both, which are fed when a reply begins.
            let coming = members.reduce(0) {
                let (mine, others) = (reply.tokens[$1].dropLast(), other.tokens[$1].dropLast())
                return $0 + Array(mine).commonPrefix(with: Array(others))
            }
            return isWorth(coming - own, reply)
                && slots[source].overlap(with: reply.tokens) < coming
        }
    }

    /// Makes a slot's caches begin as those of another slot do, as far as the reply's prompts go.
    func share(_ source: SequenceID, _ slot: SequenceID, _ reply: Reply) async throws {
        for member in reply.active {
            let prompt = reply.tokens[member]
            let held = slots[source].cached[member]
            let length = min(held.commonPrefix(with: prompt), prompt.count - 1)
            guard length > slots[slot].cached[member].commonPrefix(with: prompt) else { continue }
            try await cut(slot, member, to: 0)
            do {
                try await composite.members[member].model.share(source, with: slot, length: length)
                slots[slot].cached[member] = Array(held.prefix(length))
                sharedTokens += length
            } catch ModelError.cannotShare {
                // A sliding window may have lost what lies before: then all is computed anew.
            }
        }
    }

    private func isWorth(_ tokens: Int, _ reply: Reply) -> Bool {
        tokens >= options.sharedPrefix * reply.active.count
    }
}
