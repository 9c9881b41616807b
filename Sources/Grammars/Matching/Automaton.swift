/// The compiled rules: a network of places with edges over bytes, and calls of rules.
///
/// Edges over nothing are gone: `closure(of:)` lists what can be reached without a byte. Every place can
/// reach the end of its rule, so that no text that is a beginning runs into a dead end.
final class Automaton: Sendable {
    /// From a place over a byte in a range.
    struct Edge: Sendable {
        let low: UInt8
        let high: UInt8
        let target: Int32
    }
    /// From a place through all of a rule.
    struct Call: Sendable {
        let rule: Int32
        let target: Int32
    }
    /// The places of a written-out repetition: `first + i` is the place after `i` rounds.
    struct Chain: Sendable {
        let first: Int32
        let min: Int32
        /// The last place's number; with `endless`, that place loops.
        let count: Int32
        let endless: Bool
    }

    let edges: Lists<Edge>
    let calls: Lists<Call>
    /// The places reachable over nothing that have edges, calls or an end; ascending.
    let closures: Lists<Int32>
    /// The rule that ends at a place, or −1.
    let ends: [Int32]
    /// The rule that a place belongs to.
    let rules: [Int32]
    /// The first place of each rule.
    let starts: [Int32]
    /// What a rule's text can begin with.
    let firstBytes: [ByteSet]
    let chains: [Chain]
    /// The chain that a place belongs to, or −1.
    let chainOf: [Int32]
    let root: Int32
    let limits: GrammarLimits

    init(
        edges: Lists<Edge>, calls: Lists<Call>, closures: Lists<Int32>, ends: [Int32],
        rules: [Int32], starts: [Int32], firstBytes: [ByteSet], chains: [Chain], chainOf: [Int32],
        root: Int32, limits: GrammarLimits
    ) {
        self.edges = edges
        self.calls = calls
        self.closures = closures
        self.ends = ends
        self.rules = rules
        self.starts = starts
        self.firstBytes = firstBytes
        self.chains = chains
        self.chainOf = chainOf
        self.root = root
        self.limits = limits
    }

    var placeCount: Int { ends.count }
}

/// Lists of different lengths, one after another in one array.
struct Lists<Element: Sendable>: Sendable {
    private var offsets: [Int32] = [0]
    private var elements: [Element] = []

    mutating func append(_ list: some Sequence<Element>) {
        elements.append(contentsOf: list)
        offsets.append(Int32(elements.count))
    }

    var elementCount: Int { elements.count }

    subscript(index: Int32) -> ArraySlice<Element> {
        elements[Int(offsets[Int(index)])..<Int(offsets[Int(index) + 1])]
    }
}

/// A set of bytes.
struct ByteSet: Hashable, Sendable {
    private var words: SIMD4<UInt64> = .zero

    func contains(_ byte: UInt8) -> Bool { words[Int(byte >> 6)] >> UInt64(byte & 63) & 1 == 1 }

    mutating func insert(_ byte: UInt8) { words[Int(byte >> 6)] |= 1 << UInt64(byte & 63) }

    mutating func insert(_ low: UInt8, through high: UInt8) {
        for byte in low...high { insert(byte) }
    }

    mutating func formUnion(_ other: ByteSet) { words |= other.words }

    /// The only element; nil where there are none or several.
    var only: UInt8? {
        var found: UInt8?
        for index in 0..<4 where words[index] != 0 {
            guard found == nil, words[index].nonzeroBitCount == 1 else { return nil }
            found = UInt8(index * 64 + words[index].trailingZeroBitCount)
        }
        return found
    }
}
