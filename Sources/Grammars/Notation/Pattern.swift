/// A regular expression, read.
indirect enum Pattern: Hashable, Sendable {
    case empty
    case set(CodePointSet)
    case sequence([Pattern])
    case choice([Pattern])
    case repeated(Pattern, min: Int, max: Int?)
    /// `^`.
    case start(position: Int)
    /// `$`.
    case end(position: Int)

    /// How matched characters are written.
    enum Spelling {
        /// As they are.
        case plain
        /// As inside a JSON string.
        case json
    }

    /// The texts that match, as they are or spelled for JSON.
    func expression(spelling: Spelling) -> Expression {
        switch self {
        case .empty, .start, .end: .empty
        case .set(let set): spelling == .plain ? .characters(set) : JSONText.character(in: set)
        case .sequence(let parts): .sequence(parts.map { $0.expression(spelling: spelling) })
        case .choice(let parts): .choice(parts.map { $0.expression(spelling: spelling) })
        case .repeated(let body, let min, let max):
            .repeated(body.expression(spelling: spelling), min: min, max: max)
        }
    }

    /// The fewest and the most characters of a match; no most without end.
    ///
    /// - Complexity: O(pattern).
    var lengths: (min: Int, max: Int?) {
        switch self {
        case .empty, .start, .end: return (0, 0)
        case .set: return (1, 1)
        case .sequence(let parts):
            return parts.reduce((0, 0)) { sum, part in
                let next = part.lengths
                return (
                    Self.sum(sum.min, next.min),
                    sum.max.flatMap { left in next.max.map { Self.sum(left, $0) } }
                )
            }
        case .choice(let parts):
            let all = parts.map(\.lengths)
            let longest = all.reduce(Int?(0)) { most, next in
                most.flatMap { left in next.max.map { max(left, $0) } }
            }
            return (all.map(\.min).min() ?? 0, longest)
        case .repeated(let body, let low, let high):
            let one = body.lengths
            let longest: Int? =
                one.max == 0 || high == 0
                ? 0 : one.max.flatMap { most in high.map { Self.product(most, $0) } }
            return (Self.product(one.min, low), longest)
        }
    }

    private static func sum(_ left: Int, _ right: Int) -> Int { min(left + right, 1 << 40) }
    private static func product(_ left: Int, _ right: Int) -> Int {
        min(left, 1 << 20) * min(right, 1 << 20)
    }
}

extension Pattern {
    /// The pattern that matches whole texts in which this one is found.
    ///
    /// Anchors may stand where an alternative of the whole begins or ends. `searching` says what is meant
    /// without them: that other text may stand there, or that the whole must match anyway.
    func anchored(searching: Bool) throws(GrammarError) -> Pattern {
        let alternatives: [Pattern] = if case .choice(let parts) = self { parts } else { [self] }
        var whole: [Pattern] = []
        for alternative in alternatives {
            var parts: [Pattern] =
                if case .sequence(let parts) = alternative { parts } else { [alternative] }
            let isAtStart = if case .start? = parts.first { true } else { false }
            if isAtStart { parts.removeFirst() }
            let isAtEnd = if case .end? = parts.last { true } else { false }
            if isAtEnd { parts.removeLast() }
            if let position = parts.firstAnchor {
                throw .expression(
                    position: position,
                    reason: "`^` and `$` may stand only where the whole, or an alternative of it, "
                        + "begins and ends")
            }
            let other = Pattern.repeated(.set(.all), min: 0, max: nil)
            if searching, !isAtStart { parts.insert(other, at: 0) }
            if searching, !isAtEnd { parts.append(other) }
            whole.append(.sequence(parts))
        }
        return whole.count == 1 ? whole[0] : .choice(whole)
    }
}

extension [Pattern] {
    /// Where the first `^` or `$` inside stands.
    fileprivate var firstAnchor: Int? {
        for part in self {
            switch part {
            case .start(let position), .end(let position): return position
            case .sequence(let parts), .choice(let parts):
                if let position = parts.firstAnchor { return position }
            case .repeated(let body, _, _):
                if let position = [body].firstAnchor { return position }
            case .empty, .set: continue
            }
        }
        return nil
    }
}
