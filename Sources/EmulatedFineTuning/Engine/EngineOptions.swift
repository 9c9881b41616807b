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
