/// What a member that is asked by strings has done.
public struct StringStatistics: Sendable, Equatable {
    /// Positions that were scored.
    public var positions = 0
    /// Rows of the main path.
    public var mainRows = 0
    /// Rows beside the main path.
    public var sideRows = 0
    /// Passes for those that did not go along with the main path.
    public var sidePasses = 0
    /// Σ over positions of the probability that was left out (``BranchLimits``), relative to that of the text.
    public var cutMass = 0.0
    /// The time that the base's passes over main paths took, with what went along.
    public var mainTime = Duration.zero
    /// The time that its other passes took.
    public var sideTime = Duration.zero

    public init() {}

    /// What was done since an earlier count.
    public func since(_ before: StringStatistics) -> StringStatistics {
        var difference = self
        difference.positions -= before.positions
        difference.mainRows -= before.mainRows
        difference.sideRows -= before.sideRows
        difference.sidePasses -= before.sidePasses
        difference.cutMass -= before.cutMass
        difference.mainTime -= before.mainTime
        difference.sideTime -= before.sideTime
        return difference
    }
}
