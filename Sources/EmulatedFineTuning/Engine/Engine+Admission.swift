extension Engine {
    /// Checks a request against what the members can hold, before it waits for a slot.
    func validate(_ reply: Reply) throws {
        let request = reply.request
        let vocabulary = composite.vocabulary.count
        try request.sampling.validate(vocabulary: vocabulary)
        for name in request.prompts.keys.sorted()
        where !composite.members.contains(where: { $0.name == name }) {
            throw CompositeError.unknownMember(name)
        }
        if let response = request.response, response.isEmpty {
            throw DecodingError.invalidRequest(
                "A response to score needs at least 1 token: this one has none.")
        }
        guard request.maxTokens >= 1 else {
            throw DecodingError.invalidRequest(
                "A reply needs at least 1 token: \(request.maxTokens) were asked for.")
        }
        if case .block(let length) = request.speculation, !(0...1024).contains(length) {
            throw DecodingError.invalidRequest(
                "A speculative block must have 0 to 1024 tokens: \(length) were asked for.")
        }
        if let stranger = request.reportedTokens.first(where: { !(0..<vocabulary).contains($0) }) {
            throw DecodingError.unknownToken(stranger, vocabulary: vocabulary)
        }
        for member in reply.active {
            let prompt = reply.tokens[member]
            let name = composite.members[member].name
            let limits = composite.members[member].model.limits
            guard !prompt.isEmpty else { throw DecodingError.emptyPrompt }
            let alignment = composite.alignments[member]
            let all = reply.prompt(of: member) + (request.response ?? [])
            if let stranger = all.first(where: {
                !(0..<vocabulary).contains($0) || !alignment.canRead($0)
            }) {
                throw DecodingError.unknownToken(stranger, vocabulary: vocabulary)
            }
            let limit = min(limits.context, limits.cells)
            guard prompt.count < limit else {
                throw DecodingError.promptTooLong(member: name, tokens: prompt.count, limit: limit)
            }
            // Compared before anything is added to it.
            guard request.response != nil || request.maxTokens <= limit - prompt.count else {
                throw DecodingError.replyTooLong(
                    member: name, prompt: prompt.count, reply: request.maxTokens, limit: limit)
            }
            guard reply.reservation(member) <= limit else {
                throw DecodingError.replyTooLong(
                    member: name, prompt: prompt.count,
                    reply: reply.reservation(member) - prompt.count, limit: limit)
            }
        }
    }

    /// Gives waiting replies a slot while every member can hold the whole of them, so that decoding
    /// never runs out of cache in the middle of a reply.
    func admit() async {
        while let reply = waiting.first, let slot = bestSlot(for: reply) {
            if isWorthWaiting(reply, slot) { return }
            do {
                guard try await makeRoom(for: reply, keeping: slot) else { return }
                // By identity: while room was made, those before it may have gone.
                waiting.removeAll { $0 === reply }
                try await enter(reply, slot)
            } catch {
                waiting.removeAll { $0 === reply }
                await fail([reply], with: error)
            }
        }
    }

    /// The free slot whose caches hold most of the reply's prompts, the least recently used among equals.
    private func bestSlot(for reply: Reply) -> SequenceID? {
        slots.filter { !$0.isBusy }
            .map { (id: $0.id, overlap: $0.overlap(with: reply.tokens), lastUsed: $0.lastUsed) }
            .max { ($0.overlap, -$0.lastUsed) < ($1.overlap, -$1.lastUsed) }?.id
    }

    /// Empties idle slots, least recently used first, until every member can reserve the reply.
    ///
    /// - Returns: false while running replies hold too much.
    private func makeRoom(for reply: Reply, keeping slot: SequenceID) async throws -> Bool {
        for member in reply.active where room(member, with: reply) < 0 { return false }
        for member in reply.active {
            var spare = spareSlots(member, keeping: slot)
            while spare.reduce(0, { $0 + $1.cached[member].count }) > room(member, with: reply) {
                try await cut(spare.removeFirst().id, member, to: 0)
            }
        }
        return true
    }

    /// Cells of a member that neither running replies nor this one reserve; negative when they do not
    /// fit together.
    private func room(_ member: Int, with reply: Reply) -> Int {
        (running + [reply]).reduce(composite.members[member].model.limits.cells) {
            $0 - $1.reservation(member)
        }
    }

    /// Slots whose cache of a member no reply needs, least recently used first: idle ones, and those of
    /// replies whose formula leaves the member out.
    private func spareSlots(_ member: Int, keeping slot: SequenceID) -> [Slot] {
        let needed = Set(running.filter { $0.active.contains(member) }.compactMap(\.slot))
        return slots.filter { !needed.contains($0.id) && $0.id != slot }
            .sorted { $0.lastUsed < $1.lastUsed }
    }

    /// Starts a reply in a slot, keeping what its caches share with the prompts.
    private func enter(_ reply: Reply, _ slot: SequenceID) async throws {
        reply.slot = slot
        slots[slot].isBusy = true
        reply.agreement = Agreement(after: typicalAgreement)
        running.append(reply)
        reply.statistics.promptTokens = reply.active.map { reply.prompt(of: $0).count }.max() ?? 0
        if let source = sourceToShare(reply, slot) { try await share(source, slot, reply) }
        for member in reply.active {
            let prompt = reply.tokens[member]
            let shared = slots[slot].cached[member].commonPrefix(with: prompt)
            // The last token is always scored anew: its row is where the reply begins.
            try await cut(slot, member, to: min(shared, prompt.count - 1))
            reply.statistics.cachedTokens += slots[slot].cached[member].count
        }
        reply.statistics.cachedPrefix =
            reply.active.map { slots[slot].cached[$0].count }.min() ?? 0
    }

    /// Cuts a member's cache of a slot back to at most `length` tokens; to nothing where the member
    /// cannot go back so far.
    func cut(_ slot: SequenceID, _ member: Int, to length: Int) async throws {
        let held = slots[slot].cached[member].count
        guard held > length else { return }
        let model = composite.members[member].model
        let target =
            switch model.limits.rewind {
            case .full: length
            case .partial(let distance): held - length <= distance ? length : 0
            case .none: 0
            }
        do {
            try await model.rewind(slot, to: target)
            slots[slot].cached[member].removeSubrange(target...)
        } catch ModelError.cannotRewind where target > 0 {
            // A sliding window may have lost what lies before: then all is computed anew.
            try await model.rewind(slot, to: 0)
            slots[slot].cached[member] = []
        }
    }

    /// Frees the slots of replies that nobody waits for any more.
    func releaseAbandoned() async {
        waiting.removeAll { $0.sink.isAbandoned }
        for reply in running where reply.sink.isAbandoned { release(reply) }
    }

    /// Takes a reply out of its slot, which keeps its caches.
    func release(_ reply: Reply) {
        running.removeAll { $0 === reply }
        guard let slot = reply.slot else { return }
        slots[slot].isBusy = false
        slots[slot].lastUsed = rounds
    }

    /// Ends replies with an error and empties their slots: after a failed pass nobody knows what the
    /// caches hold.
    func fail(_ replies: [Reply], with error: any Error) async {
        for reply in replies {
            release(reply)
            reply.isFinished = true
            reply.sink.finish(throwing: error)
            guard let slot = reply.slot else { continue }
            reply.slot = nil
            for member in composite.members.indices {
                try? await composite.members[member].model.rewind(slot, to: 0)
                slots[slot].cached[member] = []
            }
        }
    }
}
