// What is done to the members' caches, and what happens to replies whose caches are lost.

extension Engine {
    /// Cuts a member's cache back, or empties it if the member cannot go back so far.
    func carryOut(_ cut: CacheCut) async throws {
        let model = composite.members[cut.member].model
        guard let target = slots.target(of: cut, model.limits.rewind) else { return }
        do {
            try await model.rewind(cut.slot, to: target)
            slots[cut.slot].cached[cut.member].removeSubrange(target...)
        } catch ModelError.cannotRewind where target > 0 {
            // A sliding window may have lost what lies before: then all is computed anew.
            try await model.rewind(cut.slot, to: 0)
            slots[cut.slot].cached[cut.member] = []
        }
    }

    /// Has a slot's cache begin as another's does, where the member can share.
    func carryOut(_ share: CacheShare) async throws {
        try await carryOut(CacheCut(slot: share.slot, member: share.member, length: 0))
        do {
            try await composite.members[share.member].model.share(
                share.source, with: share.slot, length: share.length)
            let held = slots[share.source].cached[share.member]
            slots[share.slot].cached[share.member] = Array(held.prefix(share.length))
            sharedTokens += share.length
        } catch ModelError.cannotShare {
            // A sliding window may have lost what lies before: then all is computed anew.
        }
    }

    /// Takes a reply out of its slot, which keeps its caches.
    func release(_ reply: LiveReply) {
        running.removeAll { $0 === reply }
        guard let slot = reply.slot else { return }
        slots[slot].isBusy = false
        slots[slot].lastUsed = rounds
    }

    /// Ends replies with an error and empties their slots: after a failed pass nobody knows what the
    /// caches hold.
    func fail(_ replies: [LiveReply], with error: any Error) async {
        for reply in replies {
            release(reply)
            reply.fail(error)
            guard let slot = reply.slot else { continue }
            reply.slot = nil
            for member in composite.members.indices {
                try? await composite.members[member].model.rewind(slot, to: 0)
                slots[slot].cached[member] = []
            }
        }
    }
}
