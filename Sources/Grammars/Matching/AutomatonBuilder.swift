/// Writes rules out as places and edges, those over nothing included (Thompson's construction).
///
/// A fragment adds edges out of its first place and into its last one, and no others to those two; so
/// alternatives can share both.
struct AutomatonBuilder {
    struct Place {
        var edges: [Automaton.Edge] = []
        var calls: [Automaton.Call] = []
        var free: [Int32] = []
        var rule: Int32
        var end: Int32 = -1
        var chain: Int32 = -1
    }

    private(set) var rules: Rules
    private(set) var places: [Place] = []
    private(set) var starts: [Int32] = []
    private(set) var chains: [Automaton.Chain] = []
    private var rule: Int32 = 0

    init(_ rules: Rules) throws(GrammarError) {
        self.rules = rules
        // Repeated groups become rules on the way, so that the count grows.
        var index = 0
        while index < self.rules.expressions.count {
            rule = Int32(index)
            let (start, end) = (try place(), try place())
            places[Int(end)].end = rule
            starts.append(start)
            try add(self.rules.expressions[index], from: start, to: end)
            index += 1
        }
    }

    private mutating func place() throws(GrammarError) -> Int32 {
        let limit = rules.limits.symbols
        guard places.count < limit else {
            throw .limit("written out, it has more than \(limit) symbols")
        }
        places.append(Place(rule: rule))
        return Int32(places.count - 1)
    }

    private mutating func add(_ expression: Expression, from: Int32, to: Int32)
        throws(GrammarError)
    {
        switch expression {
        case .empty: places[Int(from)].free.append(to)
        case .nothing: break
        case .bytes(let bytes):
            guard let last = bytes.last else { return places[Int(from)].free.append(to) }
            var current = from
            for byte in bytes.dropLast() {
                let next = try place()
                connect(current, byte...byte, next)
                current = next
            }
            connect(current, last...last, to)
        case .characters(let set): try add(set, from: from, to: to)
        case .words(let words): try add(words, from: from, to: to)
        case .rule(let callee):
            places[Int(from)].calls.append(Automaton.Call(rule: Int32(callee), target: to))
        case .sequence(let parts):
            guard let last = parts.last else { return places[Int(from)].free.append(to) }
            var current = from
            for part in parts.dropLast() {
                let next = try place()
                try add(part, from: current, to: next)
                current = next
            }
            try add(last, from: current, to: to)
        case .choice(let parts):
            for part in parts { try add(part, from: from, to: to) }
        case .repeated(let body, let min, let max):
            try add(repeating: body, min, max, from: from, to: to)
        }
    }

    private mutating func connect(_ from: Int32, _ bytes: ClosedRange<UInt8>, _ to: Int32) {
        places[Int(from)].edges.append(
            Automaton.Edge(low: bytes.lowerBound, high: bytes.upperBound, target: to))
    }

    /// Characters as bytes; what sequences end with is shared.
    private mutating func add(_ set: CodePointSet, from: Int32, to: Int32) throws(GrammarError) {
        var tails: [ArraySlice<ClosedRange<UInt8>>: Int32] = [:]
        for sequence in UTF8Ranges(set).sequences {
            var target = to
            for index in sequence.indices.dropFirst().reversed() {
                let tail = sequence[index...]
                if let known = tails[tail] {
                    target = known
                } else {
                    let next = try place()
                    connect(next, sequence[index], target)
                    tails[tail] = next
                    target = next
                }
            }
            connect(from, sequence[0], target)
        }
    }

    /// Words as a tree of what they begin with.
    private mutating func add(_ words: [[UInt8]], from: Int32, to: Int32) throws(GrammarError) {
        var children: [UInt64: Int32] = [:]
        for word in words {
            var current = from
            for byte in word {
                let key = UInt64(UInt32(bitPattern: current)) << 8 | UInt64(byte)
                if let next = children[key] {
                    current = next
                } else {
                    let next = try place()
                    connect(current, byte...byte, next)
                    children[key] = next
                    current = next
                }
            }
            if !places[Int(current)].free.contains(to) { places[Int(current)].free.append(to) }
        }
    }

    private mutating func add(
        repeating body: Expression, _ min: Int, _ max: Int?, from: Int32, to: Int32
    ) throws(GrammarError) {
        let limit = rules.limits.repetition
        guard min <= limit, max ?? 0 <= limit else {
            throw .limit("it repeats something more than \(limit) times")
        }
        var (body, min, max) = (body, min, max)
        // A round that may be left out makes as many ways to count as there are rounds: `(a?){9}` is
        // `a{0,9}`, and `(a*){9}` is `a*`.
        while max != 0, case .repeated(let inner, let low, let high) = body, low <= 1 {
            if high == 1 {
                if low == 0 { min = 0 }
            } else if high == nil {
                min *= low
                max = nil
            } else {
                break
            }
            body = inner
        }
        let count = max ?? min
        if count > 1, !body.isSmall {
            body = .rule(try rules.add(rules.names[Int(rule)], body))
        }
        let first = try place()
        for _ in 0..<count { _ = try place() }
        if count > 1 {
            for index in 0...count { places[Int(first) + index].chain = Int32(chains.count) }
            chains.append(
                Automaton.Chain(
                    first: first, min: Int32(min), count: Int32(count), endless: max == nil))
        }
        places[Int(from)].free.append(first)
        for index in 0..<count {
            let current = first + Int32(index)
            try add(body, from: current, to: current + 1)
            if index >= min { places[Int(current)].free.append(to) }
        }
        let last = first + Int32(count)
        if max == nil { try add(body, from: last, to: last) }
        places[Int(last)].free.append(to)
    }
}
