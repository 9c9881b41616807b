// The last steps of a round: commit what the members' rows say, rewind the caches to it.

extension Engine {
    /// Commits position by position: mix, draw, keep to the first disagreement with the drafts.
    func commit(_ replies: [Reply], _ rows: [Rows]) {
        for (reply, rows) in zip(replies, rows) {
            do {
                reply.statistics.rounds += 1
                for position in 0...reply.drafts.count {
                    let token = try commit(reply, rows, position)
                    guard position < reply.drafts.count, token == reply.drafts[position] else {
                        break
                    }
                    if reply.isFinished { break }
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
                reply.history, reply.noise(), needsDraft: reply.request.attributions)
        }
        let attribution =
            reply.request.attributions
            ? sampler.attribute(
                draw.token, reply.composite, reply.roles, rows, distribution, alone: draw.draft)
            : nil
        if position < reply.drafts.count, draw.token == reply.drafts[position],
            reply.request.response == nil
        {
            reply.statistics.accepted += 1
        }
        let top = distribution.likeliest(reply.request.topLogProbabilities)
        report(reply, draw.token, distribution[draw.token], top, attribution)
        return draw.token
    }

    /// Every member's row at a position, normalised; rows that a reply does not need are left empty.
    private func normalise(_ rows: Rows, _ position: Int) throws -> [NormalizedRow] {
        try composite.members.indices.map { index in
            guard let scores = rows[index] else {
                return NormalizedRow(Row(start: nil, count: 0), logNormalizer: 0)
            }
            guard scores.indices.contains(position) else {
                throw DecodingError.wrongScores(member: composite.members[index].name)
            }
            return try normalise(scores[position], member: index)
        }
    }

    /// A row of a member, checked and normalised.
    func normalise(_ scores: Scores, member: Int) throws(DecodingError) -> NormalizedRow {
        let name = composite.members[member].name
        guard case .row(let row) = scores, row.buffer.count == composite.vocabulary.count else {
            throw .wrongScores(member: name)
        }
        guard let normalizer = LogSoftmax.logNormalizer(row.buffer) else {
            throw .brokenScores(member: name)
        }
        return NormalizedRow(row.buffer, logNormalizer: normalizer)
    }

    /// Adds a token to a reply, sends it, and ends the reply where a rule says so.
    private func report(
        _ reply: Reply, _ token: TokenID, _ logProbability: Float, _ top: [TokenLogProbability],
        _ attribution: Attribution?
    ) {
        let entry = composite.vocabulary.tokens[token]
        let isScored = reply.request.response != nil
        let ends = endsReply(reply, token)
        let step = reply.append(token, bytes: ends || entry.kind == .control ? [] : entry.bytes)
        reply.sink.send(
            .token(
                GeneratedToken(
                    id: token, text: step.text, logProbability: logProbability, top: top,
                    attribution: attribution)))
        if ends {
            finish(reply, .endOfGeneration(token))
        } else if let stop = step.stop {
            finish(reply, .stopString(stop))
        } else if reply.remaining == 0 {
            finish(reply, isScored ? .scored : .length)
        }
    }

    /// Whether a token ends a reply.
    func endsReply(_ reply: Reply, _ token: TokenID) -> Bool {
        reply.request.response == nil && !reply.request.ignoresEnd
            && composite.endsOfGeneration.contains(token)
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
