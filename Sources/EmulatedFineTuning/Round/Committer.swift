/// Turns the members' rows into tokens of the replies: mix, draw, keep to the first disagreement with what
/// was proposed.
struct Committer {
    let composite: Composite
    let reader: RowReader
    let sampler: PositionSampler

    /// Commits a turn, position by position.
    ///
    /// - Parameter typical: takes in what is learned about the draft member's agreement.
    /// - Returns: how many distributions were drawn from, those of proposals included.
    func commit(_ turn: Turn, _ typical: inout Agreement) -> Int {
        let reply = turn.reply
        guard !reply.isFinished else { return 0 }
        var drawn = 0
        reply.statistics.rounds += 1
        if reply.goal.isDrawn {
            reply.statistics.count(drafted: turn.sources)
            drawn += turn.drafts.count
        }
        do {
            for position in turn.positions {
                drawn += 1
                let token = try commit(turn, position, &typical)
                guard position < turn.drafts.count, token == turn.drafts[position],
                    !reply.isFinished
                else { break }
            }
        } catch {
            reply.fail(error)
        }
        return drawn
    }

    /// Draws, records and reports the token of one position.
    private func commit(
        _ turn: Turn, _ position: Int, _ typical: inout Agreement
    ) throws(GenerationError) -> TokenID {
        let reply = turn.reply
        let rows = try reader.rows(turn, at: position)
        let distribution = try sampler.distribution(reply.composite, rows)
        let draw = try draw(reply, distribution, rows)
        let agrees = draw.draft.map { $0 == draw.token }
        if let agrees, let draft = draw.draft, let member = reply.draft {
            let logProbability = rows[member][draft]
            reply.agreement.record(agrees, logProbability: logProbability)
            typical.record(agrees, logProbability: logProbability)
        }
        let isDrafted = position < turn.sources.count
        if isDrafted, draw.token == turn.drafts[position] {
            reply.statistics.count(accepted: turn.sources[position], at: position)
        }
        learn(turn, position, draw.token, &typical)
        let attributor =
            reply.request.attributions
            ? try sampler.attributor(reply.composite, reply.roles, rows) : nil
        let unasked = { self.unasked(turn, $0, position) }
        report(
            GeneratedToken(
                id: draw.token, text: "", logProbability: distribution[draw.token],
                top: top(distribution, reply.request).map { token in
                    var token = token
                    token.attribution = attributor?.attribution(
                        of: token.id, unasked: unasked(token.id))
                    return token
                },
                agrees: agrees, isDrafted: isDrafted,
                attribution: attributor?.attribution(
                    of: draw.token, distribution, alone: draw.draft, unasked: unasked(draw.token))),
            to: reply)
        return draw.token
    }

    /// Takes in whether what was found is what the composite says: what a look-up expects, proposed or not,
    /// and what a grammar forced.
    private func learn(
        _ turn: Turn, _ position: Int, _ token: TokenID, _ typical: inout Agreement
    ) {
        let reply = turn.reply
        func record(_ hit: Bool, of index: Int) {
            reply.agreement.found.record(hit, of: index)
            typical.found.record(hit, of: index)
        }
        if let expected = reply.expected {
            record(expected.token == token, of: expected.index)
        }
        guard position < turn.sources.count, turn.sources[position] == .grammar else { return }
        let isLast = position + 1 == turn.sources.count || turn.sources[position + 1] != .grammar
        record(turn.drafts[position] == token, of: FoundChances.forced(isLast: isLast))
    }

    /// The token of a position: the given one of a response, else one drawn from the distribution.
    private func draw(
        _ reply: LiveReply, _ distribution: NormalizedRow, _ rows: PositionRows
    ) throws(GenerationError) -> MatchedSampler.Draw {
        if let given = reply.goal.given(at: reply.generated.count) {
            return MatchedSampler.Draw(token: given, draft: nil)
        }
        return try sampler.draw(
            distribution, level: reply.composite.level(rows), draft: reply.draft.map { rows[$0] },
            reply.request.sampling, reply.history, reply.noise(), reply.request.coupling)
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
    private func unasked(_ turn: Turn, _ token: TokenID, _ position: Int) -> Set<Int> {
        let sparse = turn.reply.active.filter { !composite.givesRows($0) }
        guard !sparse.isEmpty, !turn.asked[position].tokens.contains(token) else { return [] }
        return Set(sparse)
    }

    /// Adds a token to a reply, sends it, and ends the reply where a rule says so.
    private func report(_ token: GeneratedToken, to reply: LiveReply) {
        let entry = composite.vocabulary.tokens[token.id]
        let ends = composite.ends(reply, token.id)
        let isShown = entry.kind != .control || reply.request.shownTokens.contains(token.id)
        let step = reply.append(token.id, bytes: isShown && !ends ? entry.bytes : [])
        var token = token
        token.text = step.text
        reply.sink.send(.token(token))
        if ends {
            reply.finish(.endOfGeneration(token.id))
        } else if let stop = step.stop {
            reply.finish(.stopString(stop))
        } else if reply.remaining <= 0 {
            reply.finish(reply.goal.reasonAtLast)
        }
    }
}

extension Composite {
    /// Whether a token ends a reply.
    func ends(_ reply: LiveReply, _ token: TokenID) -> Bool {
        reply.goal.canEnd && endsOfGeneration.contains(token)
    }
}
