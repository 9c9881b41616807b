extension AutomatonBuilder {
    /// The automaton, without what cannot end.
    ///
    /// - Throws: ``GrammarError`` when a rule begins with itself, when the root matches nothing, and at
    ///   limits.
    /// - Complexity: O(places + edges), and the sizes of the closures.
    func automaton() throws(GrammarError) -> Automaton {
        let isEmptyRule = rulesThatMayBeEmpty()
        let firstCalls = callsAtTheStart(isEmptyRule)
        let order = try orderByFirstCalls(firstCalls)
        let canEnd = placesThatCanEnd()
        let root = rules.root
        guard canEnd[Int(starts[root])] else { throw .matchesNothing(rule: rules.names[root]) }

        var (edges, calls) = (Lists<Automaton.Edge>(), Lists<Automaton.Call>())
        for place in places {
            edges.append(place.edges.filter { canEnd[Int($0.target)] })
            calls.append(
                place.calls.filter {
                    canEnd[Int($0.target)] && canEnd[Int(starts[Int($0.rule)])]
                })
        }
        let closures = try self.closures(isEmptyRule, canEnd)
        var first = [ByteSet](repeating: ByteSet(), count: starts.count)
        for rule in order {
            for place in closures[starts[rule]] {
                for edge in edges[place] { first[rule].insert(edge.low, through: edge.high) }
                for call in calls[place] { first[rule].formUnion(first[Int(call.rule)]) }
            }
        }
        return Automaton(
            edges: edges, calls: calls, closures: closures, ends: places.map(\.end),
            rules: places.map(\.rule), starts: starts, firstBytes: first, chains: chains,
            // A round that may be empty passes over several places at once.
            chainOf: places.map { place in
                place.calls.contains { isEmptyRule[Int($0.rule)] } ? -1 : place.chain
            },
            root: Int32(root), limits: rules.limits)
    }

    /// Which rules match the empty text.
    private func rulesThatMayBeEmpty() -> [Bool] {
        var isEmptyRule = [Bool](repeating: false, count: starts.count)
        var isReached = [Bool](repeating: false, count: places.count)
        var waiting = [[Int32]](repeating: [], count: starts.count)
        var stack = starts
        while let index = stack.popLast() {
            guard !isReached[Int(index)] else { continue }
            isReached[Int(index)] = true
            let place = places[Int(index)]
            stack += place.free
            for call in place.calls {
                if isEmptyRule[Int(call.rule)] {
                    stack.append(call.target)
                } else {
                    waiting[Int(call.rule)].append(call.target)
                }
            }
            if place.end >= 0, !isEmptyRule[Int(place.end)] {
                isEmptyRule[Int(place.end)] = true
                stack += waiting[Int(place.end)]
            }
        }
        return isEmptyRule
    }

    /// The rules that each rule can call before any byte.
    private func callsAtTheStart(_ isEmptyRule: [Bool]) -> [[Int32]] {
        var isReached = [Bool](repeating: false, count: places.count)
        return starts.map { start in
            var (calls, stack) = (Set<Int32>(), [start])
            while let index = stack.popLast() {
                guard !isReached[Int(index)] else { continue }
                isReached[Int(index)] = true
                stack += places[Int(index)].free
                for call in places[Int(index)].calls {
                    calls.insert(call.rule)
                    if isEmptyRule[Int(call.rule)] { stack.append(call.target) }
                }
            }
            return calls.sorted()
        }
    }

    /// The rules, each after those that it can begin with.
    private func orderByFirstCalls(_ calls: [[Int32]]) throws(GrammarError) -> [Int] {
        enum Mark { case new, open, done }
        var marks = [Mark](repeating: .new, count: calls.count)
        var heights = [Int](repeating: 0, count: calls.count)
        var order: [Int] = []
        for root in calls.indices where marks[root] == .new {
            var stack = [(rule: root, next: 0)]
            marks[root] = .open
            while let (rule, next) = stack.last {
                guard next < calls[rule].count else {
                    heights[rule] = 1 + (calls[rule].map { heights[Int($0)] }.max() ?? 0)
                    guard heights[rule] <= rules.limits.calls else {
                        throw .limit(
                            "more than \(rules.limits.calls) rules begin with one another")
                    }
                    marks[rule] = .done
                    order.append(rule)
                    stack.removeLast()
                    continue
                }
                stack[stack.count - 1].next += 1
                let callee = Int(calls[rule][next])
                switch marks[callee] {
                case .new:
                    marks[callee] = .open
                    stack.append((callee, 0))
                case .open: throw .leftRecursion(rule: rules.names[callee])
                case .done: break
                }
            }
        }
        return order
    }

    /// Which places can reach the end of their rule.
    private func placesThatCanEnd() -> [Bool] {
        var before = [[Int32]](repeating: [], count: places.count)
        var callers = [[(from: Int32, to: Int32)]](repeating: [], count: starts.count)
        var callsInto = [[(from: Int32, rule: Int32)]](repeating: [], count: places.count)
        for (index, place) in places.enumerated() {
            for edge in place.edges { before[Int(edge.target)].append(Int32(index)) }
            for target in place.free { before[Int(target)].append(Int32(index)) }
            for call in place.calls {
                callers[Int(call.rule)].append((Int32(index), call.target))
                callsInto[Int(call.target)].append((Int32(index), call.rule))
            }
        }
        var canEnd = [Bool](repeating: false, count: places.count)
        var stack = places.indices.filter { places[$0].end >= 0 }.map { Int32($0) }
        while let index = stack.popLast() {
            guard !canEnd[Int(index)] else { continue }
            canEnd[Int(index)] = true
            stack += before[Int(index)]
            for (from, rule) in callsInto[Int(index)] where canEnd[Int(starts[Int(rule)])] {
                stack.append(from)
            }
            let rule = places[Int(index)].rule
            guard starts[Int(rule)] == index else { continue }
            for (from, target) in callers[Int(rule)] where canEnd[Int(target)] {
                stack.append(from)
            }
        }
        return canEnd
    }

    /// What each place that a byte or a call leads to reaches over nothing.
    private func closures(_ isEmptyRule: [Bool], _ canEnd: [Bool])
        throws(GrammarError) -> Lists<Int32>
    {
        var isTarget = [Bool](repeating: false, count: places.count)
        for start in starts { isTarget[Int(start)] = true }
        for place in places {
            for edge in place.edges { isTarget[Int(edge.target)] = true }
            for call in place.calls { isTarget[Int(call.target)] = true }
        }
        var seen = [Int32](repeating: -1, count: places.count)
        var closures = Lists<Int32>()
        let limit = rules.limits.symbols * 16
        for origin in places.indices {
            var (found, stack): ([Int32], [Int32]) = ([], isTarget[origin] ? [Int32(origin)] : [])
            while let index = stack.popLast() {
                guard canEnd[Int(index)], seen[Int(index)] != Int32(origin) else { continue }
                seen[Int(index)] = Int32(origin)
                let place = places[Int(index)]
                stack += place.free
                for call in place.calls where isEmptyRule[Int(call.rule)] {
                    stack.append(call.target)
                }
                if !place.edges.isEmpty || !place.calls.isEmpty || place.end >= 0 {
                    found.append(index)
                }
            }
            guard closures.elementCount + found.count <= limit else {
                throw .limit("its parts can be left out in too many ways")
            }
            closures.append(found.sorted())
        }
        return closures
    }
}
