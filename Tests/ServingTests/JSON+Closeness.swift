import JSONValues

extension JSON {
    /// Whether two values say the same of a reply: numbers within what a pass of another width makes of
    /// them, and all else alike, but for which tokens were drafted.
    ///
    /// How long blocks are depends on what passes take, so two runs of one request may differ so much.
    func agrees(with other: JSON) -> Bool {
        switch (self, other) {
        case (.array(let a), .array(let b)):
            a.count == b.count && zip(a, b).allSatisfy { $0.agrees(with: $1) }
        case (.object(let a), .object(let b)):
            a.map(\.key) == b.map(\.key)
                && zip(a, b).allSatisfy { $0.key == "drafted" || $0.value.agrees(with: $1.value) }
        case (.number(let a), .number(let b)):
            abs(a - b) <= 1e-4 * max(1, abs(a))
        default: self == other
        }
    }
}
