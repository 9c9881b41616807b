/// A named number in a formula, with a default and the range a request may choose from.
public struct Parameter: Sendable, Hashable {
    public var name: String
    public var defaultValue: Double
    public var range: ClosedRange<Double>

    public init(
        _ name: String, default defaultValue: Double,
        in range: ClosedRange<Double> = -Formula.weightLimit...Formula.weightLimit
    ) {
        self.name = name
        self.defaultValue = defaultValue
        self.range = range
    }
}
