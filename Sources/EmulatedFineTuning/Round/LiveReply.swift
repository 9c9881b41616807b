/// A reply in the making: everything about one sequence that is not in the members' caches.
final class LiveReply {
    let request: GenerationRequest
    let composite: ResolvedComposite
    let roles: DeltaRoles?
    /// Members whose rows are needed, by index, ascending.
    let active: [Int]
    /// The draft member, when its rows are needed.
    let draft: Int?
    /// Whether every member can take back what was not accepted.
    let canRewind: Bool
    let goal: Goal
    let sink: ReplySink

    /// The prompts as they were given, by member index.
    private let prompts: [[TokenID]]
    /// How the members read tokens, by member index.
    private let alignments: [VocabularyAlignment]
    private let submitted = ContinuousClock.now
    private var decodingSince: ContinuousClock.Instant?
    var slot: SequenceID?
    /// Prompt and reply, as each member reads them, by member index.
    private(set) var tokens: [[TokenID]]
    private(set) var generated: [TokenID] = []
    /// Room that generated tokens took beyond one cell each, in the member where they took most.
    private var spent = 0
    private(set) var history: TokenHistory
    private(set) var text: ReplyText
    var isFinished = false
    var statistics = GenerationStatistics()
    /// Whether the draft member would have drawn the same tokens, over the latest positions.
    var agreement = Agreement()
    /// Where the latest tokens came before; nil where that is not asked for.
    private var lookup: PromptLookup?
    /// Tokens that end the reply.
    private let ends: Set<TokenID>

    init(_ request: GenerationRequest, for engine: Composite, sink: ReplySink) throws {
        let resolved = try engine.resolve(
            request.parameters, mask: request.mask, replacing: request.formula)
        let named: (String) -> Int? = { name in engine.members.firstIndex { $0.name == name } }
        var needed = resolved.members
        let drafter = request.formula == nil ? engine.draft.flatMap(named) : nil
        let draft = drafter.flatMap { needed.contains($0) ? $0 : nil }
        if request.attributions { needed.formUnion(engine.members.indices) }
        let goal = Goal(request)
        self.request = request
        self.composite = resolved
        self.roles = DeltaRoles(resolved)
        self.active = needed.sorted()
        self.draft = draft
        self.canRewind = needed.allSatisfy { engine.members[$0].model.limits.rewind == .full }
        self.goal = goal
        self.sink = sink
        let prompts = engine.members.map { member in
            request.prompts[member.name]
                ?? member.model.ownStart(of: request.prompt, engine.vocabulary)
        }
        self.prompts = prompts
        self.alignments = engine.alignments
        self.tokens = zip(engine.alignments, prompts).map { $0.reading($1) }
        // What was said before, in the shared vocabulary.
        let shared = { member in engine.members[member].model.ownVocabulary == nil }
        let before =
            (draft ?? needed.sorted().first(where: shared)).map { prompts[$0] } ?? request.prompt
        self.history = TokenHistory(
            prompt: request.sampling.repetitionPenalty == 1 ? [] : before,
            constraint: goal.isDrawn ? request.constraint : nil)
        self.text = ReplyText(stops: goal.isDrawn ? request.stop : [])
        self.ends = Set(engine.endsOfGeneration)
        if canRewind, goal.isDrawn, request.speculation != .off, request.drafts.contains(.lookup) {
            self.lookup = PromptLookup(before)
        }
    }

    /// The noise of the next position, or of one further on.
    func noise(after drafts: Int = 0) -> Noise {
        Noise(
            seed: request.seed, choice: request.choice,
            position: UInt32(generated.count + drafts))
    }

    /// How many tokens may be proposed next, as far as the reply can still use them; the round itself adds
    /// one.
    ///
    /// - Parameter automatic: the limit where the engine chooses.
    func longestBlock(_ automatic: Int) -> Int {
        guard canRewind, goal.isDrawn else { return 0 }
        return switch request.speculation {
        case .off: 0
        case .block(let length): min(length, remaining - 1)
        case .auto: min(automatic, remaining - 1)
        }
    }

    /// Whether the draft member proposes tokens for it.
    var asksDraftMember: Bool { draft != nil && request.drafts.contains(.member) }

    /// What can be proposed without asking a member: text that the constraint forces, or else what a look-up
    /// expects. Ends are left to the draft member.
    func found(atMost limit: Int) -> FoundDrafts? {
        guard limit > 0 else { return nil }
        var found: FoundDrafts?
        if request.drafts.contains(.grammar),
            let forced = history.constraint?.forced(atMost: limit), !forced.isEmpty
        {
            found = FoundDrafts(forced: forced)
        } else if let lookup {
            found = FoundDrafts(lookup, atMost: limit)
        }
        guard let found else { return nil }
        return found.prefix(found.tokens.prefix { isReadAsOne($0) && !ends.contains($0) }.count)
    }

    /// What a look-up expects as the next token, and the class of its chance.
    var expected: (token: TokenID, index: Int)? {
        guard let lookup, let token = lookup.expected, let match = lookup.match else { return nil }
        return (token, FoundChances.matched(match.length))
    }

    /// The next tokens of a response that is scored. Its last token needs no row after it.
    func nextOfResponse(_ limit: Int) -> [TokenID] {
        Array(
            goal.rest(after: generated.count).prefix(max(0, min(limit, remaining - 1)))
                .prefix(while: isReadAsOne))
    }

    /// Whether every member whose rows are needed reads a token as a single token.
    func isReadAsOne(_ token: TokenID) -> Bool { active.allSatisfy { alignments[$0].has(token) } }

    /// The prompt of a member, before what it lacks is spelled out.
    func prompt(of member: Int) -> [TokenID] { prompts[member] }

    /// The tokens still to be generated. A token that a member reads as several counts as several:
    /// the room for the reply was reserved before it came up.
    var remaining: Int { goal.remaining(after: generated.count, spent: spent) }

    /// Cells that a member must hold for the whole reply, whatever its block lengths: no block goes
    /// beyond the reply's last token.
    func reservation(_ member: Int) -> Int {
        guard active.contains(member) else { return 0 }
        return tokens[member].count + remaining + spellingRoom(member)
    }

    /// Extra cells for the rest of a response, beyond one per token.
    private func spellingRoom(_ member: Int) -> Int {
        guard !alignments[member].missing.isEmpty else { return 0 }
        return goal.rest(after: generated.count)
            .reduce(0) { $0 + alignments[member].reading($1).count - 1 }
    }

    /// Notes when the reply's first round begins.
    func beginDecoding(at time: ContinuousClock.Instant) {
        guard decodingSince == nil else { return }
        decodingSince = time
        statistics.waited = time - submitted
    }

    /// Adds a token of the reply for every member; the text that it completes, and the stop string it
    /// completes, if any.
    func append(_ token: TokenID, bytes: [UInt8]) -> StopMatcher.Step {
        for member in tokens.indices { tokens[member] += alignments[member].reading(token) }
        generated.append(token)
        if goal.isDrawn, !isReadAsOne(token) {
            spent += (active.map { alignments[$0].reading(token).count }.max() ?? 1) - 1
        }
        history.append(token)
        lookup?.append(token)
        return text.append(bytes)
    }

    /// Ends the reply: sends what was held back, the totals, and the reason.
    func finish(_ reason: FinishReason) {
        isFinished = true
        statistics.generatedTokens = generated.count
        statistics.decoding = decodingSince.map { ContinuousClock.now - $0 } ?? .zero
        var result = GenerationResult(reason: reason, text: "", statistics: statistics)
        // After a stop string nothing is sent.
        if case .stopString = reason {
        } else {
            let last = text.finish()
            result.text = last.text
            if let stop = last.stop { result.reason = .stopString(stop) }
        }
        sink.send(.finished(result))
        sink.finish()
    }

    /// Ends the reply with an error.
    func fail(_ error: any Error) {
        isFinished = true
        sink.finish(throwing: error)
    }
}
