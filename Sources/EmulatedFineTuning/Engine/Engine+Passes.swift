// The members' forward passes of a round: which tokens they carry, and whose rows they return.

extension Engine {
    /// The rows of one reply in a round: by member, one per position of its block.
    typealias Rows = [Int: [Scores]]

    /// One member's forward pass, and the replies (positions in `ready`) that read its rows in turn.
    struct MemberPass: Sendable {
        var member: Int
        var pass = ForwardPass([])
        var readers: [Reader] = []
        /// Where the replies go whose tokens it carries.
        var sinks: [ReplySink] = []

        struct Reader: Sendable {
            var reply: Int
            var rows: Int
            /// Rows after these that nobody reads.
            var padding = 0
        }
    }

    /// Whether a reply's prompts are in the caches, all but their last token.
    func isReady(_ reply: Reply) -> Bool {
        reply.active.allSatisfy { pending(reply, $0).count == 1 }
    }

    /// Tokens that a member's cache does not hold yet.
    private func pending(_ reply: Reply, _ member: Int) -> ArraySlice<TokenID> {
        guard let slot = reply.slot else { return [] }
        return reply.tokens[member][slots[slot].cached[member].count...]
    }

    /// A pass over the pending and proposed tokens of ready replies, and over a chunk of the prompts of
    /// the others.
    func pass(for member: Int, _ ready: [Reply]) -> MemberPass {
        var made = MemberPass(member: member)
        for (index, reply) in ready.enumerated() where reply.active.contains(member) {
            let tokens = Array(pending(reply, member) + reply.drafts)
            extend(&made, reply, at: index, by: tokens, rows: reply.drafts.count + 1)
        }
        let width = composite.members[member].model.limits.tokensPerPass
        var budget = min(options.prefillChunk, width - made.pass.tokenCount)
        for reply in running where reply.active.contains(member) {
            guard !ready.contains(where: { $0 === reply }) else { continue }
            let chunk = Array(pending(reply, member).dropLast().prefix(max(0, budget)))
            budget -= chunk.count
            extend(&made, reply, at: nil, by: chunk, rows: 0)
        }
        return made
    }

    /// Widens a pass to a width that was measured to be cheaper, by tokens that are cut off again.
    func pad(_ made: inout MemberPass, _ ready: [Reply]) {
        guard givesRows(made.member) else { return }
        let limit = composite.members[made.member].model.limits.tokensPerPass
        let width = made.pass.tokenCount
        let padding = controller.costs[made.member].padded(width, atMost: limit) - width
        guard padding > 0, made.pass.extensions.count == made.readers.count else { return }
        for index in made.readers.indices {
            let reply = ready[made.readers[index].reply]
            // The reply has reserved cells up to its last token, and its cache can be cut back.
            guard reply.canRewind, reply.drafts.count + padding < reply.remaining,
                let last = made.pass.extensions[index].tokens.last
            else { continue }
            let count = made.pass.extensions[index].tokens.count
            made.pass.extensions[index].tokens += Array(repeating: last, count: padding)
            made.pass.extensions[index].scored += Array(count..<count + padding)
            made.readers[index].padding = padding
            return
        }
    }

    /// Adds tokens of a reply to a pass; the rows of the last ones go to the reply at `index`.
    func extend(
        _ made: inout MemberPass, _ reply: Reply, at index: Int?, by tokens: [TokenID], rows: Int
    ) {
        guard let slot = reply.slot, !tokens.isEmpty else { return }
        let alignment = composite.alignments[made.member]
        let asked =
            alignment.missing.isEmpty
            ? reply.asked : reply.asked.map { $0.filter(alignment.has) }
        made.pass.extensions.append(
            SequenceExtension(
                sequence: slot, start: slots[slot].cached[made.member].count, tokens: tokens,
                scored: Array(tokens.count - rows..<tokens.count),
                request: givesRows(made.member) ? .row : .tokens(rows > 0 ? asked : [])))
        made.sinks.append(reply.sink)
        if let index { made.readers.append(.init(reply: index, rows: rows)) }
    }

    /// Runs passes of different members. Adds the rows to those of the replies that read them.
    ///
    /// A pass that fails ends the replies it carries, and no others.
    func run(_ passes: [MemberPass], into rows: inout [Rows]) async {
        let passes = passes.filter { !$0.pass.extensions.isEmpty }
        guard !passes.isEmpty else { return }
        let start = ContinuousClock.now
        let results = await forward(passes)
        profile.passes += ContinuousClock.now - start
        var failures: [(sequences: Set<SequenceID>, error: any Error)] = []
        for (made, result) in zip(passes, results) {
            do {
                try distribute(result.get(), of: made, into: &rows)
                for part in made.pass.extensions {
                    slots[part.sequence].cached[made.member] += part.tokens
                }
            } catch {
                failures.append((Set(made.pass.extensions.map(\.sequence)), error))
            }
        }
        for failure in failures {
            let ended = running.filter { $0.slot.map(failure.sequences.contains) ?? false }
            await fail(ended, with: failure.error)
        }
    }

    /// Gives the scores of a pass to the replies that read them.
    private func distribute(
        _ scores: [Scores], of made: MemberPass, into rows: inout [Rows]
    ) throws(DecodingError) {
        let wrong = DecodingError.wrongScores(member: composite.members[made.member].name)
        let expected = made.readers.reduce(0) { $0 + $1.rows + $1.padding }
        guard scores.count == expected else { throw wrong }
        var scores = scores[...]
        for reader in made.readers {
            rows[reader.reply][made.member, default: []] += scores.prefix(reader.rows)
            scores = scores.dropFirst(reader.rows + reader.padding)
        }
    }

    /// Passes of members on one thread run one after another, others at the same time.
    private func forward(_ passes: [MemberPass]) async -> [Result<[Scores], any Error>] {
        let queues = Dictionary(grouping: passes.indices) { threads[passes[$0].member] }
        guard queues.count > 1 else {
            var results: [Result<[Scores], any Error>] = []
            for made in passes { results.append(await forward(made)) }
            return results
        }
        return await withTaskGroup(of: [(Int, Result<[Scores], any Error>)].self) { group in
            for queue in queues.values {
                group.addTask {
                    var results: [(Int, Result<[Scores], any Error>)] = []
                    for index in queue {
                        results.append((index, await self.forward(passes[index])))
                    }
                    return results
                }
            }
            var results = [Result<[Scores], any Error>](
                repeating: .failure(CancellationError()), count: passes.count)
            for await queue in group {
                for (index, result) in queue { results[index] = result }
            }
            return results
        }
    }

    private func forward(_ made: MemberPass) async -> Result<[Scores], any Error> {
        let start = ContinuousClock.now
        let model = composite.members[made.member].model
        let result: Result<[Scores], any Error>
        if givesRows(made.member) {
            do {
                result = .success(try await model.forward(made.pass))
            } catch {
                result = .failure(error)
            }
        } else {
            // Waiting for a far end can take long: it ends when nobody waits for the replies.
            result = await ReplySink.whileWanted(by: made.sinks) {
                try await model.forward(made.pass)
            }
        }
        let elapsed = ContinuousClock.now - start
        profile.members[made.member] += elapsed
        // Prompts are computed without their rows, and a remote member that is asked for nothing costs
        // nothing: other kinds of pass.
        if case .success = result, made.pass.extensions.count == made.readers.count,
            made.pass.extensions.contains(where: \.request.asksForAnything)
        {
            controller.costs[made.member].record(
                width: made.pass.tokenCount, seconds: elapsed / .seconds(1))
        }
        return result
    }
}
