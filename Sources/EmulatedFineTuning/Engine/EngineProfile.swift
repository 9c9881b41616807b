/// Where an engine's time went, in rounds that decoded. Rounds that only computed prompts do not count.
public struct EngineProfile: Sendable, Equatable {
    /// Time in rounds, all in all.
    public var rounds: Duration = .zero
    /// Time in which some member's pass ran.
    public var passes: Duration = .zero
    /// Time in each member's passes, by the composite's order; members on different devices overlap.
    public var members: [Duration]
    /// Time in the steps outside the passes. What is left of ``rounds`` is scheduling.
    public var steps = StepDurations()
}
