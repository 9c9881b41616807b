/// Finds stop strings in text that arrives in pieces, holding back what may be the start of one.
struct StopMatcher {
    private let stops: [[UInt8]]
    private var held: [UInt8] = []

    /// What a piece of text releases.
    struct Step: Equatable {
        /// Text that is no part of a stop string.
        var text: String
        /// The stop string that was completed; everything from it on is dropped.
        var stop: String?
    }

    /// - Parameter stops: empty ones are ignored.
    init(_ stops: [String]) {
        self.stops = stops.filter { !$0.isEmpty }.map { Array($0.utf8) }
    }

    /// Adds text. The stop string that begins first wins, the shorter one of two at the same place:
    /// the result does not depend on the pieces.
    mutating func append(_ text: String) -> Step {
        guard !stops.isEmpty else { return Step(text: text, stop: nil) }
        held += text.utf8
        return search(more: true)
    }

    /// The text still held back, at the end of the reply: no stop string goes on any more, but one may
    /// be inside the beginning of another.
    mutating func finish() -> Step { search(more: false) }

    /// - Parameter more: whether text may follow.
    private mutating func search(more: Bool) -> Step {
        for start in held.indices {
            let matches = stops.filter { held[start...].starts(with: $0) }
            if let match = matches.min(by: { $0.count < $1.count }) {
                let step = Step(
                    text: String(decoding: held[..<start], as: UTF8.self),
                    stop: String(decoding: match, as: UTF8.self))
                held.removeAll()
                return step
            }
            if more, stops.contains(where: { $0.starts(with: held[start...]) }) {
                return release(start)
            }
        }
        return release(held.count)
    }

    private mutating func release(_ count: Int) -> Step {
        defer { held.removeFirst(count) }
        return Step(text: String(decoding: held[..<count], as: UTF8.self), stop: nil)
    }
}
