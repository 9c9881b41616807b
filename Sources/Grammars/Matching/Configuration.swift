/// Everything that a text may have reached: places, each group over its frame.
struct Configuration: Sendable {
    struct Group: Sendable {
        let frame: Frame
        let places: PlaceSet
    }

    private(set) var groups: [Group] = []
    /// Whether the whole text may end here.
    private(set) var isComplete = false
    /// Rules of an unknown frame that end here.
    private(set) var escapes: [Int32] = []
    private(set) var digest = Digest { _ in }

    init() { seal() }

    /// Before the first byte.
    init(start automaton: Automaton) throws(GrammarError) {
        let root = automaton.root
        let frame = Frame([Frame.Entry(rule: root, continuation: .complete)])
        add(Array(automaton.closures[automaton.starts[Int(root)]]), frame, automaton)
        guard groups.allSatisfy({ $0.places.places.count <= automaton.limits.places }) else {
            throw .limit(
                "a text can have reached more than \(automaton.limits.places) of its places at once"
            )
        }
        seal()
    }

    /// What follows after rules of a frame end.
    init(after rules: [Int32], in frame: Frame) {
        for rule in rules {
            for continuation in frame.continuations(of: rule) { add(continuation) }
        }
        seal()
    }

    /// Places of one frame.
    init(_ places: PlaceSet, over frame: Frame) {
        groups = [Group(frame: frame, places: places)]
        seal()
    }

    /// Whether nothing was matched: no text that begins like this is possible.
    var isDead: Bool { groups.isEmpty && !isComplete && escapes.isEmpty }

    /// What a byte leads to.
    ///
    /// - Parameter work: steps from place to place that may be taken; what is taken is taken off.
    /// - Complexity: O(places and their edges), and the rules that the byte opens.
    func advanced(by byte: UInt8, in automaton: Automaton, work: inout Int)
        throws(GrammarError) -> Configuration
    {
        var next = Configuration()
        for group in groups {
            work -= next.groups.count + 64
            let step = try automaton.step(group.places.places, byte, work: &work)
            try next.add(step, over: group.frame, automaton)
        }
        guard next.groups.count <= automaton.limits.stacks else {
            throw .limit("its text can be read in more than \(automaton.limits.stacks) ways")
        }
        next.seal()
        return next
    }

    /// The same over other places.
    func replacingPlaces(_ replace: ([Int32]) -> [Int32]) -> Configuration {
        var changed = self
        changed.groups = groups.map {
            Group(frame: $0.frame, places: PlaceSet(replace($0.places.places)))
        }
        changed.seal()
        return changed
    }

    private mutating func add(
        _ step: Automaton.Step, over frame: Frame, _ automaton: Automaton
    ) throws(GrammarError) {
        // From the deepest level up: which rules of each level are still open.
        var open = [Set<Int32>](repeating: [], count: step.levels.count)
        var live = 0
        for index in step.levels.indices.reversed() {
            for place in step.levels[index].places where automaton.goesOn(place) {
                open[index].insert(automaton.rules[Int(place)])
            }
            if index + 1 < step.levels.count {
                for (rule, places) in step.levels[index + 1].returns
                where open[index + 1].contains(rule) {
                    for place in places { open[index].insert(automaton.rules[Int(place)]) }
                }
            }
            if !open[index].isEmpty { live = max(live, index) }
        }
        var current = frame
        for (index, level) in step.levels.enumerated().prefix(live + 1) {
            if index > 0 {
                current = try Frame.calling(
                    level.returns.filter { open[index].contains($0.rule) }, over: current,
                    in: automaton)
                // Ends on these levels were followed when the step was made.
                add(level.places.filter(automaton.goesOn), over: current)
            } else {
                add(level.places, current, automaton)
            }
        }
    }

    /// Adds places, and what follows where they are ends.
    private mutating func add(_ places: [Int32], _ frame: Frame, _ automaton: Automaton) {
        for place in places where automaton.ends[Int(place)] >= 0 {
            for continuation in frame.continuations(of: automaton.ends[Int(place)]) {
                add(continuation)
            }
        }
        add(places.filter(automaton.goesOn), over: frame)
    }

    private mutating func add(_ continuation: Frame.Continuation) {
        switch continuation {
        case .complete: isComplete = true
        case .escape(let rule): if !escapes.contains(rule) { escapes.append(rule) }
        case .resume(let places, let frame): add(places, over: frame)
        }
    }

    private mutating func add(_ places: [Int32], over frame: Frame) {
        if !places.isEmpty { add(PlaceSet(places), over: frame) }
    }

    private mutating func add(_ places: PlaceSet, over frame: Frame) {
        let known = groups.firstIndex { $0.frame === frame || $0.frame.digest == frame.digest }
        guard let known else { return groups.append(Group(frame: frame, places: places)) }
        let merged = groups[known].places.places.merged(with: places.places)
        groups[known] = Group(frame: frame, places: PlaceSet(merged))
    }

    private mutating func seal() {
        escapes.sort()
        if groups.count > 1 {
            groups.sort { $0.frame.digest < $1.frame.digest }
        }
        digest = Digest { hasher in
            hasher.combine(isComplete)
            hasher.combine(escapes)
            for group in groups {
                hasher.combine(group.frame.digest)
                hasher.combine(group.places.digest)
            }
        }
    }
}
