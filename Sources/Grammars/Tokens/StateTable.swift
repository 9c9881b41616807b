/// Configurations met while tokens are tried, numbered, with what each byte leads to: a deterministic
/// automaton that is built where it is needed.
struct StateTable {
    static let dead: Int32 = -1
    private static let unknown: Int32 = -2

    private let automaton: Automaton
    private(set) var configurations: [Configuration] = []
    private var numbers: [Digest: Int32] = [:]
    /// 256 a configuration.
    private var transitions: [Int32] = []

    /// Steps from place to place that may still be taken.
    private var work = 0
    /// Configurations that there may be.
    private var limit = 0

    init(_ automaton: Automaton) { self.automaton = automaton }

    /// Grants what finding the tokens of one state may take.
    mutating func grant() {
        work = automaton.limits.maskWork
        limit = count + automaton.limits.states
    }

    var count: Int { configurations.count }

    /// The number of a configuration; −1 where nothing was matched.
    mutating func number(of configuration: Configuration) -> Int32 {
        if configuration.isDead { return Self.dead }
        if let known = numbers[configuration.digest] { return known }
        let number = Int32(configurations.count)
        configurations.append(configuration)
        numbers[configuration.digest] = number
        transitions.append(contentsOf: repeatElement(Self.unknown, count: 256))
        return number
    }

    /// The configuration after a byte.
    @inline(__always)
    mutating func next(_ state: Int32, _ byte: UInt8) throws(GrammarError) -> Int32 {
        let known = transitions[Int(state) << 8 | Int(byte)]
        return known != Self.unknown ? known : try make(state, byte)
    }

    @inline(never)
    private mutating func make(_ state: Int32, _ byte: UInt8) throws(GrammarError) -> Int32 {
        guard count < limit else {
            throw .limit(
                "finding the next tokens takes more than \(automaton.limits.states) states")
        }
        let configuration = try configurations[Int(state)]
            .advanced(by: byte, in: automaton, work: &work)
        let next = number(of: configuration)
        transitions[Int(state) << 8 | Int(byte)] = next
        return next
    }
}
