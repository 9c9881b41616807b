// A round: draft, verify, commit, rewind. Plain decoding is a round with no drafts.

extension Engine {
    /// A member's rows for one reply: one per position of its block.
    typealias Rows = [Int: [Scores]]

    /// Whether a reply's prompts are in the caches, all but their last token.
    func isReady(_ reply: Reply) -> Bool {
        reply.active.allSatisfy { pending(reply, $0).count == 1 }
    }

    /// Tokens that a member's cache does not hold yet.
    private func pending(_ reply: Reply, _ member: Int) -> ArraySlice<TokenID> {
        guard let slot = reply.slot else { return [] }
        return reply.tokens[member][slots[slot].cached[member].count...]
    }

    /// Proposes the tokens of this round's blocks. Responses to score are their own proposals.
    func draft(_ replies: [Reply]) async throws {
        for reply in replies {
            reply.drafts = Array(
                reply.request.response?.dropFirst(reply.generated.count)
                    .prefix(blockLimit(replies.count)) ?? [])
            // The last token of a response needs no row after it.
            if reply.drafts.count == reply.remaining { reply.drafts.removeLast() }
        }
    }

    /// Tokens proposed per reply at most, so that a pass of this many replies fits every member.
    private func blockLimit(_ replies: Int) -> Int {
        let width = composite.members.map(\.model.limits.tokensPerPass).min() ?? 1
        return max(0, min(options.scoringBlock, width / max(1, replies)) - 1)
    }

    /// Runs every member over pending and proposed tokens, and over a chunk of the prompts of replies
    /// that are not ready; returns the rows of the ready ones, by position in `ready`.
    func verify(_ ready: [Reply]) async throws -> [Rows] {
        var rows = [Rows](repeating: [:], count: ready.count)
        for (index, member) in composite.members.enumerated() {
            let (pass, readers) = pass(for: index, ready)
            guard !pass.extensions.isEmpty else { continue }
            var scores = try await member.model.forward(pass)[...]
            for reader in readers {
                let count = ready[reader].drafts.count + 1
                guard scores.count >= count else {
                    throw DecodingError.wrongScores(member: member.name)
                }
                rows[reader][index] = Array(scores.prefix(count))
                scores = scores.dropFirst(count)
            }
            guard scores.isEmpty else { throw DecodingError.wrongScores(member: member.name) }
            for part in pass.extensions { slots[part.sequence].cached[index] += part.tokens }
        }
        return rows
    }

    /// One member's pass, and whose rows it returns: positions in `ready`.
    private func pass(for member: Int, _ ready: [Reply]) -> (ForwardPass, readers: [Int]) {
        let limits = composite.members[member].model.limits
        var pass = ForwardPass([])
        var readers: [Int] = []
        for (index, reply) in ready.enumerated() where reply.active.contains(member) {
            guard let slot = reply.slot else { continue }
            let tokens = pending(reply, member) + reply.drafts
            pass.extensions.append(
                SequenceExtension(
                    sequence: slot, start: slots[slot].cached[member].count, tokens: Array(tokens),
                    scored: Array(tokens.count - reply.drafts.count - 1..<tokens.count)))
            readers.append(index)
        }
        var budget = min(options.prefillChunk, limits.tokensPerPass - pass.tokenCount)
        for reply in running where reply.active.contains(member) {
            guard let slot = reply.slot, !ready.contains(where: { $0 === reply }) else { continue }
            let chunk = pending(reply, member).dropLast().prefix(max(0, budget))
            guard !chunk.isEmpty else { continue }
            budget -= chunk.count
            pass.extensions.append(
                SequenceExtension(
                    sequence: slot, start: slots[slot].cached[member].count, tokens: Array(chunk)))
        }
        return (pass, readers)
    }

    /// Commits position by position: mix, draw, keep to the first disagreement with the drafts.
    func commit(_ replies: [Reply], _ rows: [Rows]) {
        for (reply, rows) in zip(replies, rows) {
            do {
                reply.statistics.rounds += 1
                for position in 0...reply.drafts.count {
                    let token = try commit(reply, rows, position)
                    if reply.isFinished { break }
                    guard position < reply.drafts.count, token == reply.drafts[position] else {
                        break
                    }
                }
            } catch {
                reply.isFinished = true
                reply.sink.finish(throwing: error)
            }
        }
    }

    /// Draws, records and reports the token of one position.
    private func commit(_ reply: Reply, _ rows: Rows, _ position: Int) throws -> TokenID {
        let rows = try normalise(rows, position)
        let distribution = try sampler.distribution(reply.composite, rows)
        let draw: MatchedSampler.Draw
        if let response = reply.request.response {
            draw = MatchedSampler.Draw(token: response[reply.generated.count], draft: nil)
        } else {
            draw = try sampler.draw(
                distribution, draft: reply.draft.map { rows[$0] }, reply.request.sampling,
                reply.history, reply.noise, needsDraft: reply.request.attributions)
        }
        let attribution =
            reply.request.attributions
            ? sampler.attribute(
                draw.token, reply.composite, reply.roles, rows, distribution, alone: draw.draft)
            : nil
        report(reply, draw.token, distribution[draw.token], attribution)
        return draw.token
    }

    /// Every member's row at a position, normalised; rows that a reply does not need are left empty.
    private func normalise(_ rows: Rows, _ position: Int) throws -> [NormalizedRow] {
        try composite.members.indices.map { index in
            guard let scores = rows[index] else {
                return NormalizedRow(Row(start: nil, count: 0), logNormalizer: 0)
            }
            guard case .row(let row) = scores[position],
                row.buffer.count == composite.vocabulary.count
            else { throw DecodingError.wrongScores(member: composite.members[index].name) }
            guard let normalizer = LogSoftmax.logNormalizer(row.buffer) else {
                throw DecodingError.brokenScores(member: composite.members[index].name)
            }
            return NormalizedRow(row.buffer, logNormalizer: normalizer)
        }
    }

    /// Adds a token to a reply, sends it, and ends the reply where a rule says so.
    private func report(
        _ reply: Reply, _ token: TokenID, _ logProbability: Float, _ attribution: Attribution?
    ) {
        let entry = composite.vocabulary.tokens[token]
        let isScored = reply.request.response != nil
        let ends =
            !isScored && !reply.request.ignoresEnd && composite.endsOfGeneration.contains(token)
        let step = reply.append(token, bytes: ends || entry.kind == .control ? [] : entry.bytes)
        reply.sink.send(
            .token(
                GeneratedToken(
                    id: token, text: step.text, logProbability: logProbability,
                    attribution: attribution)))
        if ends {
            finish(reply, .endOfGeneration(token))
        } else if let stop = step.stop {
            finish(reply, .stopString(stop))
        } else if reply.remaining == 0 {
            finish(reply, isScored ? .scored : .length)
        }
    }

    private func finish(_ reply: Reply, _ reason: FinishReason) {
        reply.isFinished = true
        reply.statistics.generatedTokens = reply.generated.count
        var reason = reason
        var text = ""
        if case .stopString = reason {
        } else {
            let last = reply.finish()
            text = last.text
            if let stop = last.stop { reason = .stopString(stop) }
        }
        reply.sink.send(
            .finished(GenerationResult(reason: reason, text: text, statistics: reply.statistics)))
        reply.sink.finish()
    }

    /// Cuts every cache back to the committed tokens, all but the last; frees the slots of replies that
    /// have ended.
    func rewind(_ replies: [Reply]) async throws {
        for reply in replies {
            guard let slot = reply.slot else { continue }
            for member in reply.active {
                try await cut(slot, member, to: reply.tokens[member].count - 1)
            }
            if reply.isFinished { release(reply) }
        }
    }
}
