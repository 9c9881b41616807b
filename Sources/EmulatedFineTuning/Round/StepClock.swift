/// What is done with the members' rows, outside their passes.
public enum DecodingStep: String, Sendable, CaseIterable {
    /// The log-normaliser of every member's row.
    case normalizing
    /// The formula, the mask, and the log-normaliser of what they give.
    case mixing
    /// The sampling options, on the composite's distribution and on the draft member's.
    case options
    /// The races that draw a token.
    case drawing
}

/// Times of the steps.
public struct StepDurations: Sendable, Equatable {
    private var normalizing: Duration = .zero
    private var mixing: Duration = .zero
    private var options: Duration = .zero
    private var drawing: Duration = .zero

    public init() {}

    public subscript(step: DecodingStep) -> Duration {
        get {
            switch step {
            case .normalizing: normalizing
            case .mixing: mixing
            case .options: options
            case .drawing: drawing
            }
        }
        set {
            switch step {
            case .normalizing: normalizing = newValue
            case .mixing: mixing = newValue
            case .options: options = newValue
            case .drawing: drawing = newValue
            }
        }
    }
}

/// How long an engine's steps took, all in all.
///
/// Used by one thread at a time, that of its engine.
final class StepClock {
    private(set) var durations = StepDurations()

    /// Runs a part of a step and adds its time: two readings of the clock, about 0.1 µs.
    @inline(__always)
    func time<Result, Failure>(
        _ step: DecodingStep, _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let start = ContinuousClock.now
        defer { durations[step] += ContinuousClock.now - start }
        return try body()
    }
}
