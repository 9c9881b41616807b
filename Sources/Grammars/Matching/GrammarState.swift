/// How far a text has come in a grammar. It never changes: going on makes another one.
///
/// Equal states allow the same continuations; they can be keys of caches.
public struct GrammarState: Sendable {
    let configuration: Configuration
    let automaton: Automaton

    init(_ configuration: Configuration, _ automaton: Automaton) {
        self.configuration = configuration
        self.automaton = automaton
    }

    /// Whether the text may end here.
    public var canEnd: Bool { configuration.isComplete }

    /// Whether nothing can follow: the text is complete.
    public var mustEnd: Bool { configuration.groups.isEmpty }

    /// The state after some bytes, which may end amid a character; nil when they are not allowed.
    ///
    /// - Throws: ``GrammarError/limit(_:)`` when a text can be read in too many ways, or nests too deep.
    /// - Complexity: some microseconds a byte in a grammar for JSON.
    public func advanced(byBytes bytes: some Sequence<UInt8>) throws(GrammarError) -> GrammarState?
    {
        var current = configuration
        for byte in bytes {
            var work = automaton.limits.work
            current = try current.advanced(by: byte, in: automaton, work: &work)
            if current.isDead { return nil }
        }
        return GrammarState(current, automaton)
    }

    /// The bytes that must follow: as long as the text may not end and one byte alone is possible.
    ///
    /// A token may go further than them: leave the last token out before drafting, or tokenize them with
    /// what follows.
    ///
    /// - Parameter limit: bytes at most.
    /// - Throws: ``GrammarError/limit(_:)``.
    public func forcedBytes(limit: Int) throws(GrammarError) -> [UInt8] {
        var (current, forced): (Configuration, [UInt8]) = (configuration, [])
        while forced.count < limit, !current.isComplete,
            let byte = current.nextBytes(in: automaton).only
        {
            var work = automaton.limits.work
            current = try current.advanced(by: byte, in: automaton, work: &work)
            forced.append(byte)
        }
        return forced
    }

    /// The bytes that can follow, ascending.
    public var nextBytes: [UInt8] {
        let set = configuration.nextBytes(in: automaton)
        return (UInt8.min...UInt8.max).filter { set.contains($0) }
    }
}

extension GrammarState: Hashable {
    public static func == (left: GrammarState, right: GrammarState) -> Bool {
        left.automaton === right.automaton
            && left.configuration.digest == right.configuration.digest
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(configuration.digest) }
}

extension Configuration {
    func nextBytes(in automaton: Automaton) -> ByteSet {
        groups.reduce(into: ByteSet()) { bytes, group in
            bytes.formUnion(automaton.nextBytes(group.places.places))
        }
    }
}
