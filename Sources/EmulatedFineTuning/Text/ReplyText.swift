/// The text of a reply as it grows: whole characters, up to the first stop string.
struct ReplyText {
    private var detokenizer = Detokenizer()
    private var stopMatcher: StopMatcher

    init(stops: [String]) { stopMatcher = StopMatcher(stops) }

    /// What a token's bytes release.
    mutating func append(_ bytes: [UInt8]) -> StopMatcher.Step {
        stopMatcher.append(detokenizer.append(bytes))
    }

    /// The text held back until the reply's end; the stop string that it completes, if any.
    mutating func finish() -> StopMatcher.Step {
        var step = stopMatcher.append(detokenizer.finish())
        guard step.stop == nil else { return step }
        let last = stopMatcher.finish()
        step.text += last.text
        step.stop = last.stop
        return step
    }
}
