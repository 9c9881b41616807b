/// What a member that is asked by strings has done.
public struct StringStatistics: Sendable, Equatable {
    /// Positions that were scored.
    public var positions = 0
    /// Rows beside the main path.
    public var sideRows = 0
    /// Passes for those.
    public var sidePasses = 0
    /// Σ over positions of the probability that was left out (``BranchLimits``), relative to that of the text.
    public var cutMass = 0.0

    public init() {}
}
