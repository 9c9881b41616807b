/// Where matching goes on when a rule ends: the rules left open at one point, and what is under them.
///
/// Frames form a graph that states share, like the stacks of a GLR parser. A call in tail position adds no
/// frame, so that lists written as `a ::= b a | b` do not grow.
final class Frame: Sendable {
    enum Continuation: Sendable {
        /// On to these places, over the frame under them.
        case resume(PlaceSet, Frame)
        /// The whole text is complete.
        case complete
        /// A rule of an unknown frame ends: which places follow depends on where it was called.
        case escape(rule: Int32)
    }
    struct Entry: Sendable {
        let rule: Int32
        let continuation: Continuation
    }

    let entries: [Entry]
    let digest: Digest
    /// Frames under this one, on the longest way.
    let depth: Int
    private let isUnknown: Bool

    /// The frame of which nothing is known: whatever ends there escapes.
    static let unknown = Frame([], isUnknown: true)

    init(_ entries: [Entry], isUnknown: Bool = false) {
        let keyed = entries.map { ($0, Self.key($0)) }.sorted { $0.1 < $1.1 }
        self.entries = keyed.map(\.0)
        self.isUnknown = isUnknown
        digest = Digest { hasher in
            hasher.combine(isUnknown)
            for (_, key) in keyed {
                hasher.combine(key.high)
                hasher.combine(key.low)
            }
        }
        depth = entries.reduce(0) { depth, entry in
            guard case .resume(_, let parent) = entry.continuation else { return depth }
            return max(depth, parent.depth + 1)
        }
    }

    private static func key(_ entry: Entry) -> Digest {
        Digest { hasher in
            hasher.combine(entry.rule)
            switch entry.continuation {
            case .resume(let places, let parent):
                hasher.combine(places.digest)
                hasher.combine(parent.digest)
            case .complete: hasher.combine(0 as UInt8)
            case .escape(let rule): hasher.combine(rule)
            }
        }
    }

    /// What follows when a rule ends here.
    func continuations(of rule: Int32) -> [Continuation] {
        if isUnknown { return [.escape(rule: rule)] }
        return entries.compactMap { $0.rule == rule ? $0.continuation : nil }
    }
}

extension Frame {
    /// The frame for rules called over another one.
    ///
    /// - Parameters:
    ///   - returns: for each called rule the places after the call, ends included.
    ///   - parent: the frame of the callers.
    static func calling(
        _ returns: [(rule: Int32, places: [Int32])], over parent: Frame, in automaton: Automaton
    ) throws(GrammarError) -> Frame {
        var entries: [Entry] = []
        for (rule, places) in returns {
            let after = places.filter(automaton.goesOn)
            if !after.isEmpty {
                entries.append(
                    Entry(rule: rule, continuation: .resume(PlaceSet(after), parent)))
            }
            for place in places where automaton.ends[Int(place)] >= 0 {
                for next in parent.continuations(of: automaton.ends[Int(place)]) {
                    insert(Entry(rule: rule, continuation: next), into: &entries)
                }
            }
        }
        let frame = Frame(entries)
        let limits = automaton.limits
        guard frame.depth <= limits.depth else {
            throw .limit("more than \(limits.depth) rules are open in one another")
        }
        guard frame.entries.count <= limits.stacks else {
            throw .limit("its text can be read in more than \(limits.stacks) ways")
        }
        return frame
    }

    /// Adds an entry, merging places over the same frame.
    private static func insert(_ entry: Entry, into entries: inout [Entry]) {
        for index in entries.indices where entries[index].rule == entry.rule {
            switch (entries[index].continuation, entry.continuation) {
            case (.complete, .complete): return
            case (.escape(let rule), .escape(let other)) where rule == other: return
            case (.resume(let places, let frame), .resume(let more, let other))
            where frame === other || frame.digest == other.digest:
                if places !== more, places.digest != more.digest {
                    entries[index] = Entry(
                        rule: entry.rule,
                        continuation: .resume(
                            PlaceSet(places.places.merged(with: more.places)), frame))
                }
                return
            default: continue
            }
        }
        entries.append(entry)
    }
}
