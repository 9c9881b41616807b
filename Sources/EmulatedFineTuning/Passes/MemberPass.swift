/// One member's forward pass, and the turns of the round that read its rows in order.
struct MemberPass: Sendable {
    let member: Int
    var pass = ForwardPass([])
    var readers: [Reader] = []
    /// Where the replies of its tokens go.
    var sinks: [ReplySink] = []

    struct Reader: Sendable {
        /// The turn, by its place in the round.
        var turn: Int
        var rows: Int
        /// Further rows that are not read.
        var padding = 0
    }

    init(member: Int) { self.member = member }

    var isEmpty: Bool { pass.extensions.isEmpty }

    /// Whether a text that cannot be read may be the reason for a failure, so that the others should be tried
    /// without it.
    func isDivisible(_ composite: Composite) -> Bool {
        pass.extensions.count > 1 && composite.members[member].model.ownVocabulary != nil
    }

    /// The pass of one extension alone. Readers are those of the first extensions, in their order.
    func part(_ index: Int) -> MemberPass {
        var part = MemberPass(member: member)
        part.pass = ForwardPass([pass.extensions[index]], isWanted: pass.isWanted)
        part.readers = readers.indices.contains(index) ? [readers[index]] : []
        part.sinks = sinks.indices.contains(index) ? [sinks[index]] : []
        return part
    }

    /// Whether someone still waits for one of the replies.
    var isWanted: Bool { sinks.contains { !$0.isAbandoned } }

    /// Whether its time says what decoding costs: prompts are computed without their rows, and a remote
    /// member that is asked for nothing costs nothing.
    var isTypical: Bool {
        pass.extensions.count == readers.count
            && pass.extensions.contains(where: \.request.asksForAnything)
    }
}
