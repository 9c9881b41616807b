/// Generates replies from a composite, many at a time.
///
/// Every round drafts, verifies, commits and rewinds all running replies together; replies join and
/// leave between rounds. The engine is the only caller of its members.
///
/// ```swift
/// let engine = Engine(composite)
/// for try await event in engine.generate(GenerationRequest(prompt: tokens)) {
///     print(event.text, terminator: "")
/// }
/// ```
public actor Engine {
    public nonisolated let composite: Composite

    /// Replies that wait for a slot, in order of arrival.
    var waiting: [LiveReply] = []
    /// Replies that have a slot.
    var running: [LiveReply] = []
    var slots: [Slot]
    package internal(set) var rounds = 0
    /// Prompt tokens, over all members, taken over from another running reply's caches.
    public internal(set) var sharedTokens = 0
    var isStepping = false

    let options: EngineOptions
    let reader: RowReader
    let sampler: PositionSampler
    let keptRows = KeptRows()
    let clock = StepClock()
    /// Chooses block lengths from what passes cost.
    var controller: BlockController
    /// Agreement in the latest replies, where a new one begins.
    var typicalAgreement = Agreement()
    /// Where the time went so far.
    public internal(set) var profile: EngineProfile

    /// Replies that can be asked for together: those that find slots, and those that may wait.
    private nonisolated let mostReplies: Int?

    /// Where the engine runs: on its members' thread if they share one, otherwise on its own.
    private let home: any SerialExecutorProvider

    public nonisolated var unownedExecutor: UnownedSerialExecutor { home.unownedExecutor }

    /// Whether all members run on the engine's own thread.
    package nonisolated var runsWithMembers: Bool { home is SharedExecutor }

    /// The thread that each member runs on: equal numbers, one thread. Passes on one thread add up,
    /// those on several overlap.
    package nonisolated let threads: [Int]
    /// The model of each member: equal numbers, shares of one model, whose passes are one.
    package nonisolated let models: [Int]

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
        reader = RowReader(composite, clock)
        sampler = PositionSampler(vocabulary: composite.vocabulary.count, clock)
        home = sharedExecutor(of: composite.members) ?? Lane()
        threads = distinctThreads(of: composite.members)
        models = distinctModels(of: composite.members)
        controller = BlockController(
            members: composite.members.count, threads: threads, models: models,
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
    /// ``GenerationError/queueFull(waiting:limit:)``. Otherwise like ``generate(_:)``.
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
    /// - Throws: ``GenerationError/invalidRequest(_:)``.
    package nonisolated func requireRoom(replies count: Int) throws(GenerationError) {
        guard let most = mostReplies, count > most else { return }
        throw .invalidRequest(
            "A request can have at most \(most) replies here: \(count) were asked for. "
                + "Send several requests.")
    }

    private func enqueue(_ requests: [GenerationRequest], _ sinks: [ReplySink]) throws {
        // Counted before anything is made of them.
        try requireRoom(replies: requests.count)
        let replies = try zip(requests, sinks).map { request, sink in
            let reply = try LiveReply(request, for: composite, sink: sink)
            try RequestRules(composite: composite).check(reply)
            return reply
        }
        waiting.removeAll { $0.sink.isAbandoned }
        // Those that find a free slot wait for the next round only.
        let free = slots.count { !$0.isBusy }
        if let limit = options.waiting, waiting.count + replies.count > limit + free {
            throw GenerationError.queueFull(waiting: min(waiting.count, limit), limit: limit)
        }
        waiting += replies
        start()
    }

    /// Starts the rounds, if they are idle.
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
        await admit()
        var round = beginRound()
        await draft(&round)
        await verify(&round)
        commit(&round)
        await rewind(round)
        end(round)
    }
}
