/// A forward pass of a model, which several members may be shares of: one pass for all of them.
struct JoinedPass: Sendable {
    let model: any LanguageModel
    /// What the members asked for, in the order of the pass.
    let parts: [MemberPass]
    private(set) var pass: ForwardPass

    /// - Parameter parts: of members that are shares of one model, or of one member.
    init(_ parts: [MemberPass], _ composite: Composite) {
        self.parts = parts
        let sinks = parts.flatMap(\.sinks)
        let models = parts.map { composite.members[$0.member].model }
        if let share = models[0] as? ModelShare {
            model = share.model
            pass = ForwardPass(
                zip(parts, models).flatMap { part, model in
                    (model as? ModelShare)?.inModel(part.pass).extensions ?? []
                })
        } else {
            model = models[0]
            pass = parts[0].pass
        }
        pass.isWanted = { sinks.contains { !$0.isAbandoned } }
    }

    var sinks: [ReplySink] { parts.flatMap(\.sinks) }

    /// The scores of each part. Scores that nobody asked for are the last part's, which refuses them.
    func split(_ scores: [Scores]) -> [[Scores]] {
        guard parts.count > 1 else { return [scores] }
        var rest = scores[...]
        return parts.indices.map { index in
            let count = parts[index].pass.extensions.reduce(0) { $0 + $1.scored.count }
            let own = index == parts.count - 1 ? rest : rest.prefix(count)
            rest = rest.dropFirst(own.count)
            return Array(own)
        }
    }
}
