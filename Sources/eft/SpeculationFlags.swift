public import ArgumentParser
public import EmulatedFineTuning

/// How far the draft member proposes ahead; what is not given is the recipe's default.
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

    @Option(
        name: .customLong("speculation"),
        help: ArgumentHelp(
            "Whether the draft member proposes tokens for the others to check. Same seed, same reply.",
            valueName: "switch"))
    var mode: Switch?

    @Option(
        help: ArgumentHelp(
            "Tokens proposed at once; auto measures what pays.", valueName: "tokens|auto"))
    var block: Block?

    @Option(
        help: ArgumentHelp(
            "How draft and composite share randomness: matched keeps the most drafts; paper is seed "
                + "matching as published.",
            valueName: "how"))
    var coupling: Coupling?

    /// Whether speculation was asked for in so many words.
    var isExplicit: Bool { mode == .on || block != nil }

    func validate() throws {
        if mode == .off, block != nil {
            throw ValidationError("--speculation off leaves nothing for --block to say.")
        }
    }

    func apply(to request: inout GenerationRequest) {
        switch (mode, block) {
        case (.off, _): request.speculation = .off
        case (_, let block?): request.speculation = block.speculation
        case (.on, nil): if request.speculation == .off { request.speculation = .auto }
        case (nil, nil): break
        }
        request.coupling = coupling ?? request.coupling
    }
}

extension Coupling: ExpressibleByArgument {}
