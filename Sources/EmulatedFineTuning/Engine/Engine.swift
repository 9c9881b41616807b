/// Generates replies from a composite, many at a time.
///
/// Every round drafts, verifies, commits and rewinds all running replies together; replies join and
/// leave between rounds. The engine is the only caller of its members.
///
/// ```swift
/// let engine = Engine(composite)
/// for try await event in engine.generate(GenerationRequest(prompt: tokens)) { … }
/// ```
public actor Engine {
    public nonisolated let composite: Composite

    /// Replies that wait for a slot, in order of arrival.
    var waiting: [Reply] = []
    /// Replies that have a slot.
    var running: [Reply] = []
    var slots: [Slot]
    package internal(set) var rounds = 0
    /// Prompt tokens, over all members, taken over from another running reply's caches.
    public internal(set) var sharedTokens = 0
    var isStepping = false

    let options: EngineOptions
    let sampler: PositionSampler
    let draftRows = DraftRows()
    /// Rows of members that score chosen tokens only, by member.
    var sparseRows: [Int: SparseRow] = [:]
    /// Rows of members that lack tokens, by member.
    var alignedRows: [Int: RowStorage] = [:]
    /// Chooses block lengths from what passes cost.
    var controller: BlockController
    /// Agreement in the latest replies, where a new one begins.
    var typicalAgreement = Agreement()
    /// Where the time went so far.
    public internal(set) var profile: EngineProfile

    /// Replies that can be asked for together: those that find slots, and those that may wait.
    private nonisolated let mostReplies: Int?

    /// Where the engine runs: with its members, when they share one thread; else by itself.
    private let home: any SerialExecutorProvider

    public nonisolated var unownedExecutor: UnownedSerialExecutor { home.unownedExecutor }

    /// Whether all members run on the engine's own thread.
    package nonisolated var runsWithMembers: Bool { home is SharedExecutor }

    /// The thread that each member runs on: equal numbers, one thread. Passes on one thread add up,
    /// those on several overlap.
    package nonisolated let threads: [Int]

    public init(_ composite: Composite, options: EngineOptions = EngineOptions()) {
        self.composite = composite
        self.options = options
        precondition(options.prefillChunk >= 1 && options.scoringBlock >= 1, "chunks hold tokens")
        // Every running reply adds at least one token to a pass.
        let sequences =
            composite.members.map { min($0.model.limits.sequences, $0.model.limits.tokensPerPass) }
            .min() ?? 1
        slots = (0..<max(1, sequences)).map {
            Slot(id: $0, cached: composite.members.map { _ in [] })
        }
        mostReplies = options.waiting.map { $0 + max(1, sequences) }
        profile = EngineProfile(members: composite.members.map { _ in .zero })
        sampler = PositionSampler(vocabulary: composite.vocabulary.count)
        home = sharedExecutor(of: composite.members) ?? Lane()
        threads = distinctThreads(of: composite.members)
        controller = BlockController(
            members: composite.members.count, threads: threads,
            draftsFirst: composite.members.contains { $0.model.limits.scores == .tokens })
    }

    /// Generates a reply.
    ///
    /// Errors (of the request, of a member) end the stream by throwing; giving up the stream cancels
    /// the reply before the next round.
    public nonisolated func generate(
        _ request: GenerationRequest
    ) -> AsyncThrowingStream<GenerationEvent, any Error> {
        let (stream, sink) = ReplySink.make()
        Task {
            do {
                try await self.enqueue([request], [sink])
            } catch {
                sink.finish(throwing: error)
            }
        }
        return stream
    }

    /// Queues requests, all of them or none.
    ///
    /// What is wrong with a request is thrown here, before anything is generated; so is
    /// ``DecodingError/queueFull(waiting:limit:)``. Otherwise like ``generate(_:)``.
    public func submit(_ requests: [GenerationRequest]) throws -> Replies {
        let replies = Replies(count: requests.count)
        do {
            try enqueue(requests, replies.sinks)
        } catch {
            replies.cancel(error)
            throw error
        }
        return replies
    }

    /// Checks how many replies are asked for together.
    ///
    /// - Throws: ``DecodingError/invalidRequest(_:)``.
    package nonisolated func requireRoom(replies count: Int) throws(DecodingError) {
        guard let most = mostReplies, count > most else { return }
        throw .invalidRequest(
            "A request can have at most \(most) replies here: \(count) were asked for. "
                + "Send several requests.")
    }

    private func enqueue(_ requests: [GenerationRequest], _ sinks: [ReplySink]) throws {
        // Counted before anything is made of them.
        try requireRoom(replies: requests.count)
        let replies = try zip(requests, sinks).map { request, sink in
            let reply = try Reply(request, for: composite, sink: sink)
            try validate(reply)
            return reply
        }
        waiting.removeAll { $0.sink.isAbandoned }
        // Those that find a free slot wait for the next round only.
        let free = slots.count { !$0.isBusy }
        if let limit = options.waiting, waiting.count + replies.count > limit + free {
            throw DecodingError.queueFull(waiting: min(waiting.count, limit), limit: limit)
        }
        waiting += replies
        start()
    }

    /// Has the rounds run, unless they do.
    func start() {
        guard !isStepping, !(waiting.isEmpty && running.isEmpty) else { return }
        isStepping = true
        Task { await self.run() }
    }

    /// Steps until nothing is left to do.
    private func run() async {
        while !(waiting.isEmpty && running.isEmpty) {
            await step()
            // Members on the engine's own executor never suspend it: let new requests in.
            await Task.yield()
        }
        isStepping = false
    }

    /// One round.
    private func step() async {
        rounds += 1
        await releaseAbandoned()
        await admit()
        let readyToDecode = running.filter(isReady)
        let (start, before) = (ContinuousClock.now, profile)
        for reply in readyToDecode { reply.beginDecoding(at: start) }
        do {
            let drafted = await draft(readyToDecode)
            let rows = await verify(readyToDecode, drafted)
            let drawn = commit(readyToDecode, rows)
            try await rewind(readyToDecode)
            profile.rounds += ContinuousClock.now - start
            let outside = profile.rounds - before.rounds - (profile.passes - before.passes)
            controller.record(outside: outside / .seconds(1), rows: drawn)
            if readyToDecode.isEmpty { profile = before }
        } catch {
            await fail(running, with: error)
        }
    }
}

extension Engine {
    /// What the engine holds at this moment.
    public var load: EngineLoad {
        EngineLoad(
            waiting: waiting.count { !$0.sink.isAbandoned }, running: running.count,
            slots: slots.count, busySlots: slots.count { $0.isBusy },
            reservedCells: composite.members.indices.map { member in
                running.reduce(0) { $0 + $1.reservation(member) }
            },
            cachedTokens: composite.members.indices.map { member in
                slots.reduce(0) { $0 + $1.cached[member].count }
            })
    }
}

/// What an engine holds. All but the cached tokens are zero when nothing runs.
public struct EngineLoad: Sendable, Equatable {
    /// Replies that wait for a slot.
    public var waiting: Int
    /// Replies that have one.
    public var running: Int
    public var slots: Int
    public var busySlots: Int
    /// Cells that running replies have reserved of every member, by the composite's order.
    public var reservedCells: [Int]
    /// Tokens that the slots' caches hold of every member, for prompts to come as well; tokens that
    /// slots share count for each.
    public var cachedTokens: [Int]
}

/// Where an engine's time went, in rounds that decoded: those with prompts alone do not count.
public struct EngineProfile: Sendable, Equatable {
    /// Time in rounds, all in all.
    public var rounds: Duration = .zero
    /// Time in which some member's pass ran.
    public var passes: Duration = .zero
    /// Time in each member's passes, by the composite's order; members on different devices overlap.
    public var members: [Duration]
}

/// Limits of an engine's rounds.
public struct EngineOptions: Sendable, Equatable {
    /// Prompt tokens per member and round, so that running replies keep moving.
    public var prefillChunk: Int
    /// Positions scored per round where a given response is scored.
    public var scoringBlock: Int
    /// The longest block that ``Speculation/auto`` chooses.
    public var longestBlock: Int
    /// Replies that may wait beyond those that find a slot; nil: any number.
    public var waiting: Int?
    /// Prompt tokens that must be equal for a reply to share another's cache, and to wait for it.
    public var sharedPrefix: Int

    public init(
        prefillChunk: Int = 512, scoringBlock: Int = 64, longestBlock: Int = 16,
        waiting: Int? = nil, sharedPrefix: Int = 16
    ) {
        self.prefillChunk = prefillChunk
        self.scoringBlock = scoringBlock
        self.longestBlock = longestBlock
        self.waiting = waiting
        self.sharedPrefix = sharedPrefix
    }
}
