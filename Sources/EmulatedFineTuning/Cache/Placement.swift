/// Decides which slot a waiting reply gets, and what must go from the caches for it.
///
/// A reply enters only when every member can hold the whole of it, so that decoding never runs out of cache
/// in the middle of a reply.
struct Placement {
    let slots: [Slot]
    let running: [LiveReply]
    /// What the members can hold, by member.
    let limits: [ModelLimits]
    /// Prompt tokens that must be equal for a reply to share another's cache.
    let sharedPrefix: Int

    /// A slot for a reply, and the idle caches to empty before it enters.
    struct Place: Equatable {
        var slot: SequenceID
        var cuts: [CacheCut]
    }

    /// Nil while the reply must wait, or waiting is better: for a free slot, for running replies to release
    /// cells, or for one of them to finish computing a prompt that begins the same way.
    func place(for reply: LiveReply) -> Place? {
        guard let slot = bestSlot(for: reply), !isWorthWaiting(reply, slot) else { return nil }
        return cuts(toMakeRoomFor: reply, keeping: slot).map { Place(slot: slot, cuts: $0) }
    }

    /// The free slot whose caches hold most of the reply's prompts, the least recently used among equals.
    private func bestSlot(for reply: LiveReply) -> SequenceID? {
        slots.filter { !$0.isBusy }
            .map { (id: $0.id, overlap: $0.overlap(with: reply.tokens), lastUsed: $0.lastUsed) }
            .max { ($0.overlap, -$0.lastUsed) < ($1.overlap, -$1.lastUsed) }?.id
    }

    /// Empties idle slots, least recently used first, until every member can reserve the reply; nil while
    /// running replies hold too much.
    private func cuts(
        toMakeRoomFor reply: LiveReply, keeping slot: SequenceID
    ) -> [CacheCut]? {
        var cuts: [CacheCut] = []
        for member in reply.active {
            let room = room(member, with: reply)
            guard room >= 0 else { return nil }
            var spare = spareSlots(member, keeping: slot)[...]
            var held = spare.reduce(0) { $0 + $1.cached[member].count }
            while held > room, let first = spare.popFirst() {
                held -= first.cached[member].count
                cuts.append(CacheCut(slot: first.id, member: member, length: 0))
            }
        }
        return cuts
    }

    /// Cells of a member that neither running replies nor this one reserve; negative when they do not
    /// fit together.
    private func room(_ member: Int, with reply: LiveReply) -> Int {
        (running + [reply]).reduce(limits[member].cells) { $0 - $1.reservation(member) }
    }

    /// Slots whose cache of a member no reply needs, least recently used first: idle ones, and those of
    /// replies whose formula leaves the member out.
    private func spareSlots(_ member: Int, keeping slot: SequenceID) -> [Slot] {
        let needed = Set(running.filter { $0.active.contains(member) }.compactMap(\.slot))
        return slots.filter { !needed.contains($0.id) && $0.id != slot }
            .sorted { $0.lastUsed < $1.lastUsed }
    }
}
