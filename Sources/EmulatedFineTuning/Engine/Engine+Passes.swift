// The members' forward passes of a round: which tokens they carry, and whose rows they return.

extension Engine {
    /// The rows of one reply in a round: by member, one per position of its block.
    typealias Rows = [Int: [Scores]]

    /// One member's forward pass, and the replies (positions in `ready`) that read its rows in turn.
    struct MemberPass: Sendable {
        var member: Int
        var pass = ForwardPass([])
        var readers: [Reader] = []

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
        made.pass.extensions.append(
            SequenceExtension(
                sequence: slot, start: slots[slot].cached[made.member].count, tokens: tokens,
                scored: Array(tokens.count - rows..<tokens.count)))
        if let index { made.readers.append(.init(reply: index, rows: rows)) }
    }

    /// Runs passes of different members: at the same time where they run on different threads, else one
    /// after another. Adds the rows to those of the replies that read them.
    func run(_ passes: [MemberPass], into rows: inout [Rows]) async throws {
        let passes = passes.filter { !$0.pass.extensions.isEmpty }
        let start = ContinuousClock.now
        defer { profile.passes += ContinuousClock.now - start }
        for (made, scores) in zip(passes, try await forward(passes)) {
            let name = composite.members[made.member].name
            var scores = scores[...]
            for reader in made.readers {
                guard scores.count >= reader.rows + reader.padding else {
                    throw DecodingError.wrongScores(member: name)
                }
                rows[reader.reply][made.member, default: []] += scores.prefix(reader.rows)
                scores = scores.dropFirst(reader.rows + reader.padding)
            }
            guard scores.isEmpty else { throw DecodingError.wrongScores(member: name) }
            for part in made.pass.extensions {
                slots[part.sequence].cached[made.member] += part.tokens
            }
        }
    }

    private func forward(_ passes: [MemberPass]) async throws -> [[Scores]] {
        guard passes.count > 1, !runsWithMembers else {
            var results: [[Scores]] = []
            for made in passes { results.append(try await forward(made)) }
            return results
        }
        return try await withThrowingTaskGroup(of: (Int, [Scores]).self) { group in
            for (index, made) in passes.enumerated() {
                group.addTask { (index, try await self.forward(made)) }
            }
            var results = [[Scores]](repeating: [], count: passes.count)
            for try await (index, scores) in group { results[index] = scores }
            return results
        }
    }

    private func forward(_ made: MemberPass) async throws -> [Scores] {
        let start = ContinuousClock.now
        let scores = try await composite.members[made.member].model.forward(made.pass)
        let elapsed = ContinuousClock.now - start
        profile.members[made.member] += elapsed
        // Prompts are computed without their rows: another kind of pass.
        if made.pass.extensions.count == made.readers.count {
            controller.costs[made.member].record(
                width: made.pass.tokenCount, seconds: elapsed / .seconds(1))
        }
        return scores
    }
}
