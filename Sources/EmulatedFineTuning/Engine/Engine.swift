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
    var rounds = 0
    private var isStepping = false

    let options: EngineOptions
    let sampler: PositionSampler
    let draftRows = DraftRows()
    /// Chooses block lengths from what passes cost.
    var controller: BlockController
    /// Agreement in the latest replies, where a new one begins.
    var typicalAgreement = Agreement()
    /// Where the time went so far.
    public internal(set) var profile: EngineProfile

    /// Where the engine runs: with its members, when they share one thread; else by itself.
    private let home: any SerialExecutorProvider

    public nonisolated var unownedExecutor: UnownedSerialExecutor { home.unownedExecutor }

    /// Whether all members run on the engine's own thread.
    package nonisolated var runsWithMembers: Bool { home is SharedExecutor }

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
        controller = BlockController(members: composite.members.count)
        profile = EngineProfile(members: composite.members.map { _ in .zero })
        sampler = PositionSampler(vocabulary: composite.vocabulary.count)
        home = sharedExecutor(of: composite.members) ?? Lane()
    }

    /// Generates a reply.
    ///
    /// Errors (of the request, of a member) end the stream by throwing; giving up the stream cancels
    /// the reply before the next round.
    public nonisolated func generate(
        _ request: GenerationRequest
    ) -> AsyncThrowingStream<GenerationEvent, any Error> {
        let (stream, continuation) = ReplySink.Stream.makeStream()
        let sink = ReplySink(continuation)
        continuation.onTermination = { _ in sink.abandon() }
        Task { await self.submit(request, sink) }
        return stream
    }

    private func submit(_ request: GenerationRequest, _ sink: ReplySink) {
        do {
            let reply = try Reply(request, for: composite, sink: sink)
            try validate(reply)
            waiting.append(reply)
        } catch {
            sink.finish(throwing: error)
            return
        }
        guard !isStepping else { return }
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
            let drafted = try await draft(readyToDecode)
            let rows = try await verify(readyToDecode, drafted)
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

    public init(prefillChunk: Int = 512, scoringBlock: Int = 64, longestBlock: Int = 16) {
        self.prefillChunk = prefillChunk
        self.scoringBlock = scoringBlock
        self.longestBlock = longestBlock
    }
}
