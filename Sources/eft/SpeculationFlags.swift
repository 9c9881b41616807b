public import ArgumentParser
public import EmulatedFineTuning

/// How far ahead the draft member proposes. An option that is not given has the recipe's default.
struct SpeculationFlags: ParsableArguments {
    enum Switch: String, ExpressibleByArgument, CaseIterable {
        case on, off
    }

    /// A block length, or `auto`.
    struct Block: ExpressibleByArgument {
        let speculation: Speculation

        init?(argument: String) {
            guard argument != "on", argument != "off", let speculation = Speculation(argument)
            else { return nil }
            self.speculation = speculation
        }
    }

    /// Some of the sources of proposals, with commas between them.
    struct Sources: ExpressibleByArgument {
        let sources: Set<DraftSource>

        init?(argument: String) {
            guard let sources = Set<DraftSource>(argument) else { return nil }
            self.sources = sources
        }
    }

    @Option(
        name: .customLong("speculation"),
        help: ArgumentHelp(
            "Whether the draft member proposes tokens for the others to check. Same seed, same reply.",
            valueName: "switch"))
    var mode: Switch?

    @Option(
        help: ArgumentHelp(
            "How many tokens are proposed at once. auto measures which length pays.",
            valueName: "tokens|auto"))
    var block: Block?

    @Option(
        help: ArgumentHelp(
            "Where proposed tokens may come from: what a grammar forces, what the text said before, the "
                + "draft member. Default: all. Same seed, same reply.",
            valueName: "grammar,lookup,member"))
    var draft: Sources?

    @Option(
        help: ArgumentHelp(
            "How the draft member and the composite share randomness: matched (the default) keeps "
                + "the most proposed tokens; paper samples both with the same noise, as in the "
                + "paper (seed matching).",
            valueName: "how"))
    var coupling: Coupling?

    /// Whether speculation was asked for explicitly.
    var isExplicit: Bool { mode == .on || block != nil }

    func validate() throws {
        if mode == .off, block != nil {
            throw ValidationError("--block has no effect with --speculation off. Leave one out.")
        }
        if mode == .off, draft != nil {
            throw ValidationError("--draft has no effect with --speculation off. Leave one out.")
        }
    }

    func apply(to request: inout GenerationRequest) {
        switch (mode, block) {
        case (.off, _): request.speculation = .off
        case (_, let block?): request.speculation = block.speculation
        case (.on, nil): if request.speculation == .off { request.speculation = .auto }
        case (nil, nil): break
        }
        request.drafts = draft?.sources ?? request.drafts
        request.coupling = coupling ?? request.coupling
    }
}

extension Coupling: ExpressibleByArgument {}
