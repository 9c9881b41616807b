// The steps of a round. The other parts of the module decide; here, their decisions are carried out.

extension Engine {
    /// Frees the slots of replies that nobody waits for any more, and gives waiting replies a slot.
    func admit() async {
        rounds += 1
        waiting.removeAll { $0.sink.isAbandoned }
        for reply in running where reply.sink.isAbandoned { release(reply) }
        while let reply = waiting.first, let place = placement.place(for: reply) {
            do {
                for cut in place.cuts { try await carryOut(cut) }
                // By identity: while room was made, those before it may have gone.
                waiting.removeAll { $0 === reply }
                try await enter(reply, place.slot)
            } catch {
                waiting.removeAll { $0 === reply }
                await fail([reply], with: error)
            }
        }
    }

    /// Gathers the replies that decode in the round: those whose prompts are in the caches.
    func beginRound() -> Round {
        let ready = running.filter(slots.areReady)
        let round = Round(ready, members: composite.members.count, before: profile)
        for reply in ready { reply.beginDecoding(at: round.began) }
        return round
    }

    /// Proposes tokens: what a grammar forces or the text said before, then what the draft member would say,
    /// sampling as it would alone. Responses to score are their own proposals.
    ///
    /// The draft member's first pass checks what was found; its further passes add a token each. Where it
    /// adds none, it runs with the others, in ``verify(_:)``.
    func draft(_ round: inout Round) async {
        let limit = blockLimit(round.turns.count)
        for index in round.turns.indices {
            round.turns[index].drafts = round.turns[index].reply.nextOfResponse(limit)
        }
        var drafting = Drafting(
            round, member: round.turns.lazy.compactMap(\.reply.draft).first, atMost: limit,
            automatic: options.longestBlock, controller)
        guard drafting.isWorthwhile else { return }
        drafting.proposeFound(&round)
        guard let member = drafting.member, drafting.needsMember(round) else { return }
        let proposer = Proposer(reader: reader, sampler: sampler)
        var made = passes.pass(of: member, round, prefilling: prefilling(round))
        await run([made], &round)
        await takeBack(drafting.check(&round, proposer), &made, round)
        while !made.isEmpty {
            let proposals = drafting.next(round, controller, proposer)
            guard proposals.contains(where: { $0 != nil }) else { break }
            for (index, token) in proposals.enumerated() {
                if let token { round.turns[index].propose(token, from: .member) }
            }
            made = passes.pass(of: member, over: proposals, round)
            await run([made], &round)
        }
    }

    /// Cuts the draft member's caches back to the proposals that it would have made too.
    ///
    /// - Parameter counts: tokens taken back, by turn.
    private func takeBack(_ counts: [Int], _ made: inout MemberPass, _ round: Round) async {
        for index in made.readers.indices {
            let turn = made.readers[index].turn
            let (reply, count) = (round.turns[turn].reply, counts[turn])
            guard count > 0, let slot = reply.slot else { continue }
            made.readers[index].rows -= count
            let held = slots[slot].cached[made.member].count
            do {
                try await carryOut(CacheCut(slot: slot, member: made.member, length: held - count))
            } catch {
                await fail([reply], with: error)
            }
        }
    }

    /// Runs every member that has not run yet over pending and proposed tokens, one pass each, and over
    /// a chunk of the prompts of replies that are not ready.
    ///
    /// If some members give no rows, the members of the mask and the fallback run first, because their
    /// rows say which tokens the others are asked for. That is one more step, but not one more round trip.
    func verify(_ round: inout Round) async {
        let heard = round.heard
        let others = composite.members.indices.filter { !heard.contains($0) }
        let asking = Asking(composite: composite, reader: reader, sampler: sampler)
        let askers = round.turns.indices.filter { asking.isNeeded(by: round.turns[$0]) }
        guard !askers.isEmpty else { return await pass(others, &round) }
        let ruling = askers.reduce(into: Set<Int>()) {
            $0.formUnion(round.turns[$1].reply.composite.ruling)
        }
        await pass(others.filter(ruling.contains), &round)
        // A reply whose pass has just failed has no rows to ask by.
        for index in askers where !round.turns[index].reply.isFinished {
            round.turns[index].asked = asking.questions(for: round.turns[index])
        }
        await pass(others.filter { !ruling.contains($0) }, &round)
    }

    /// Turns what the members said into tokens.
    func commit(_ round: inout Round) {
        let committer = Committer(composite: composite, reader: reader, sampler: sampler)
        for turn in round.turns { round.drawn += committer.commit(turn, &typicalAgreement) }
    }

    /// Cuts every cache back to the committed tokens; frees the slots of replies that have ended.
    func rewind(_ round: Round) async {
        do {
            for reply in round.turns.map(\.reply) {
                for cut in slots.cuts(toCommitted: reply, composite.alignments) {
                    try await carryOut(cut)
                }
                if reply.isFinished { release(reply) }
            }
        } catch {
            await fail(running, with: error)
        }
    }

    /// Adds up where the round's time went. Rounds with prompts alone do not count.
    func end(_ round: Round) {
        guard !round.turns.isEmpty else {
            profile = round.before
            return
        }
        profile.rounds += ContinuousClock.now - round.began
        profile.steps = clock.durations
        let outside =
            profile.rounds - round.before.rounds - (profile.passes - round.before.passes)
        controller.record(outside: outside / .seconds(1), rows: round.drawn)
    }

    // MARK: What the rooms are given

    private var placement: Placement {
        Placement(
            slots: slots, running: running, limits: composite.members.map(\.model.limits),
            sharedPrefix: options.sharedPrefix)
    }

    private var passes: PassBuilder {
        PassBuilder(composite: composite, slots: slots, prefillChunk: options.prefillChunk)
    }

    /// Running replies that are not in a round: their prompts are not in the caches yet.
    private func prefilling(_ round: Round) -> [LiveReply] {
        running.filter { reply in !round.turns.contains { $0.reply === reply } }
    }

    /// Tokens proposed per reply at most, so that a pass of this many replies fits every member.
    private func blockLimit(_ replies: Int) -> Int {
        let width = composite.members.map(\.model.limits.tokensPerPass).min() ?? 1
        return max(0, min(options.scoringBlock, width / max(1, replies)) - 1)
    }

    private func pass(_ members: [Int], _ round: inout Round) async {
        var made = members.map { passes.pass(of: $0, round, prefilling: prefilling(round)) }
        for (index, member) in members.enumerated()
        where members.firstIndex(where: { models[$0] == models[member] }) == index {
            let others = made.filter { models[$0.member] == models[member] && $0.member != member }
            passes.pad(
                &made[index], beside: others.reduce(0) { $0 + $1.pass.tokenCount }, round,
                controller.costs[models[member]])
        }
        await run(made, &round)
    }

    /// Starts a reply in a slot, keeping what its caches share with the prompts.
    private func enter(_ reply: LiveReply, _ slot: SequenceID) async throws {
        reply.slot = slot
        slots[slot].isBusy = true
        reply.agreement = Agreement(after: typicalAgreement)
        running.append(reply)
        reply.statistics.promptTokens = reply.active.map { reply.prompt(of: $0).count }.max() ?? 0
        for share in placement.shares(for: reply, in: slot) { try await carryOut(share) }
        for cut in slots.cuts(toBegin: reply, in: slot) { try await carryOut(cut) }
        let cached = reply.active.map { slots[slot].cached[$0].count }
        reply.statistics.cachedTokens = cached.reduce(0, +)
        reply.statistics.cachedPrefix = cached.min() ?? 0
    }
}
