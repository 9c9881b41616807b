// The last steps of a round: commit what the members' rows say, rewind the caches to it.

extension Engine {
    /// Commits position by position: mix, draw, keep to the first disagreement with the drafts.
    ///
    /// - Returns: how many distributions were drawn from, drafts included.
    func commit(_ replies: [Reply], _ rows: [Rows]) -> Int {
        var drawn = 0
        for (reply, rows) in zip(replies, rows) where !reply.isFinished {
            do {
                reply.statistics.rounds += 1
                if reply.request.response == nil {
                    reply.statistics.count(drafted: reply.drafts.count)
                    drawn += reply.drafts.count
                }
                for position in 0...reply.drafts.count {
                    drawn += 1
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
        return drawn
    }

    /// Draws, records and reports the token of one position.
    private func commit(_ reply: Reply, _ rows: Rows, _ position: Int) throws -> TokenID {
        let rows = try normalise(reply, rows, position)
        let distribution = try sampler.distribution(reply.composite, rows)
        let draw: MatchedSampler.Draw
        if let response = reply.request.response {
            draw = MatchedSampler.Draw(token: response[reply.generated.count], draft: nil)
        } else {
            draw = try sampler.draw(
                distribution, level: reply.composite.level(rows),
                draft: reply.draft.map { rows[$0] }, reply.request.sampling, reply.history,
                reply.noise(), reply.request.coupling)
        }
        let agrees = draw.draft.map { $0 == draw.token }
        if let agrees, let draft = draw.draft, let member = reply.draft {
            reply.agreement.record(agrees, logProbability: rows[member][draft])
            typicalAgreement.record(agrees, logProbability: rows[member][draft])
        }
        let attributor =
            reply.request.attributions
            ? try sampler.attributor(reply.composite, reply.roles, rows) : nil
        let isDrafted = position < reply.drafts.count && reply.request.response == nil
        if isDrafted, draw.token == reply.drafts[position] {
            reply.statistics.acceptedByPosition[position] += 1
        }
        report(
            reply,
            GeneratedToken(
                id: draw.token, text: "", logProbability: distribution[draw.token],
                top: top(distribution, reply.request).map { token in
                    var token = token
                    token.attribution = attributor?.attribution(
                        of: token.id, unasked: unasked(reply, token.id, position))
                    return token
                },
                agrees: agrees, isDrafted: isDrafted,
                attribution: attributor?.attribution(
                    of: draw.token, distribution, alone: draw.draft,
                    unasked: unasked(reply, draw.token, position))))
        return draw.token
    }

    /// The tokens to report at a position: those that the request names, and the likeliest.
    private func top(
        _ distribution: NormalizedRow, _ request: GenerationRequest
    ) -> [TokenLogProbability] {
        request.reportedTokens.map {
            TokenLogProbability(id: $0, logProbability: distribution[$0])
        } + distribution.likeliest(request.topLogProbabilities)
    }

    /// Members that were not asked for a token.
    private func unasked(_ reply: Reply, _ token: TokenID, _ position: Int) -> Set<Int> {
        let sparse = reply.active.filter { !givesRows($0) }
        guard !sparse.isEmpty, !reply.asked[position].contains(token) else { return [] }
        return Set(sparse)
    }

    /// Every member's row at a position, normalised; rows that a reply does not need are left empty.
    func normalise(_ reply: Reply, _ rows: Rows, _ position: Int) throws -> [NormalizedRow] {
        try composite.members.indices.map { index in
            guard let scores = rows[index] else {
                return NormalizedRow(Row(start: nil, count: 0), logNormalizer: 0)
            }
            guard scores.indices.contains(position) else {
                throw DecodingError.wrongScores(member: composite.members[index].name)
            }
            let tokens = givesRows(index) ? nil : reply.asked[position]
            return try normalise(scores[position], member: index, of: tokens)
        }
    }

    /// A row of a member, checked and normalised.
    ///
    /// - Parameter tokens: what the member was asked for; nil: a row.
    func normalise(
        _ scores: Scores, member: Int, of tokens: [TokenID]? = nil
    ) throws(DecodingError) -> NormalizedRow {
        let name = composite.members[member].name
        if let tokens, case .tokens(let values) = scores {
            return try row(values, of: tokens, member: member)
        }
        guard tokens == nil, case .row(let row) = scores,
            row.buffer.count == composite.alignments[member].size
        else {
            throw .wrongScores(member: name)
        }
        let aligned = aligned(row.buffer, member: member)
        guard let normalizer = LogSoftmax.logNormalizer(aligned) else {
            throw .brokenScores(member: name)
        }
        return NormalizedRow(aligned, logNormalizer: normalizer)
    }

    /// A member's row in the shared vocabulary: without its padding at the end, and, where the member
    /// lacks tokens, a copy that is valid until the next one.
    private func aligned(_ row: Row, member: Int) -> Row {
        let alignment = composite.alignments[member]
        guard !alignment.missing.isEmpty else {
            return Row(rebasing: row.prefix(composite.vocabulary.count))
        }
        let storage = alignedRows[member] ?? RowStorage(count: composite.vocabulary.count)
        alignedRows[member] = storage
        alignment.align(row, into: storage.buffer)
        return Row(storage.buffer)
    }

    /// Adds a token to a reply, sends it, and ends the reply where a rule says so.
    private func report(_ reply: Reply, _ token: GeneratedToken) {
        let entry = composite.vocabulary.tokens[token.id]
        let isScored = reply.request.response != nil
        let ends = endsReply(reply, token.id)
        let step = reply.append(token.id, bytes: ends || entry.kind == .control ? [] : entry.bytes)
        var token = token
        token.text = step.text
        reply.sink.send(.token(token))
        if ends {
            finish(reply, .endOfGeneration(token.id))
        } else if let stop = step.stop {
            finish(reply, .stopString(stop))
        } else if reply.remaining <= 0 {
            finish(reply, isScored ? .scored : .length)
        }
    }

    /// Whether a token ends a reply.
    func endsReply(_ reply: Reply, _ token: TokenID) -> Bool {
        reply.request.response == nil && !reply.request.ignoresEnd
            && composite.endsOfGeneration.contains(token)
    }

    private func finish(_ reply: Reply, _ reason: FinishReason) {
        reply.close()
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
                let tokens = reply.tokens[member]
                var length = tokens.count - 1
                // Where a token was spelled out, the caches may hold proposals in its place.
                if !composite.alignments[member].missing.isEmpty {
                    length = min(length, slots[slot].cached[member].commonPrefix(with: tokens))
                }
                try await cut(slot, member, to: length)
            }
            if reply.isFinished { release(reply) }
        }
    }
}
