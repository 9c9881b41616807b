extension Automaton {
    /// What a byte leads to from places of one frame: what stays, and the rules called on the way, each
    /// level opened from the one before.
    ///
    /// It does not depend on the frame.
    struct Step {
        struct Level {
            /// For each rule called from the level before: the places after the call.
            var returns: [(rule: Int32, places: [Int32])] = []
            /// The places reached in the called rules; on the first level, what stays. Ends included.
            var places: [Int32] = []
        }
        var levels: [Level] = []
    }

    /// - Parameter work: steps from place to place that may be taken; what is taken is taken off.
    func step(_ places: [Int32], _ byte: UInt8, work: inout Int) throws(GrammarError) -> Step {
        var step = Step()
        try advance(places, byte, level: Step.Level(), into: &step, &work)
        return step
    }

    /// Recursion ends: rules begin with one another at most `limits.calls` deep.
    private func advance(
        _ places: [Int32], _ byte: UInt8, level: Step.Level, into step: inout Step,
        _ work: inout Int
    ) throws(GrammarError) {
        var level = level
        var returns: [(rule: Int32, places: [Int32])] = []
        for place in places {
            let outgoing = edges[place]
            for edge in outgoing where edge.low <= byte && byte <= edge.high {
                let reached = closures[edge.target]
                work -= level.places.count + reached.count
                level.places = level.places.merged(with: reached)
            }
            work -= 4 + outgoing.count
            guard work >= 0 else {
                throw .limit("its text can be read in so many ways that it takes too long")
            }
            for call in calls[place] where firstBytes[Int(call.rule)].contains(byte) {
                let after = closures[call.target]
                work -= 8 + returns.count + after.count
                if let known = returns.firstIndex(where: { $0.rule == call.rule }) {
                    work -= returns[known].places.count
                    returns[known].places = returns[known].places.merged(with: after)
                } else {
                    returns.append((call.rule, Array(after)))
                }
            }
        }
        let index = step.levels.count
        step.levels.append(level)
        if !returns.isEmpty {
            var callees: [Int32] = []
            for (rule, _) in returns {
                work -= callees.count + 8
                callees = callees.merged(with: closures[starts[Int(rule)]])
            }
            let calls = Step.Level(returns: returns)
            try advance(callees, byte, level: calls, into: &step, &work)
            for place in step.levels[index + 1].places where ends[Int(place)] >= 0 {
                for (rule, after) in returns where rule == ends[Int(place)] {
                    work -= step.levels[index].places.count + after.count
                    step.levels[index].places = step.levels[index].places.merged(with: after)
                }
            }
        }
        guard step.levels[index].places.count <= limits.places else {
            throw .limit("a text can have reached more than \(limits.places) of its places at once")
        }
    }

    /// Whether something follows at a place of a closure; nothing does at the end of a rule.
    func goesOn(_ place: Int32) -> Bool { ends[Int(place)] < 0 }

    /// The bytes that can follow at some places of one frame.
    func nextBytes(_ places: [Int32]) -> ByteSet {
        var bytes = ByteSet()
        for place in places {
            for edge in edges[place] { bytes.insert(edge.low, through: edge.high) }
            for call in calls[place] { bytes.formUnion(firstBytes[Int(call.rule)]) }
        }
        return bytes
    }
}
