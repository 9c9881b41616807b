import EmulatedFineTuning

extension BenchReport {
    /// The report as tables.
    var table: String {
        var text = """
            \(formula), vocabulary \(vocabulary), \(tokens) tokens per run, temperature \
            \(temperature.short), top-p \(topP.short)
            \(machine); libllama \(libllama)

            \(speeds)
            \(shares)
            """
        if let agreement {
            text += """

                The draft member alone would have said \((100 * agreement).fixed(1)) % of the plain tokens.

                \(predictions)
                """
        }
        if let strings = stringTable {
            text += "\nMembers that are asked by texts, per token\n\n\(strings)"
        }
        return text + "\nMilliseconds per token outside passes, by step\n\n\(outside)"
            + "\nMilliseconds per pass, by its number of tokens\n\n\(passes)"
    }

    private var speeds: String {
        var columns: [(title: String, alignment: Table.Alignment)] = [
            ("system", .left), ("tokens/s", .right), ("min", .right), ("max", .right),
            ("× plain", .right),
        ]
        if let large { columns.append(("× \(large)", .right)) }
        columns += [("accepted", .right), ("tokens/round", .right)]
        var table = Table(columns)
        for system in systems {
            var cells = [
                system.name, system.tokensPerSecond.fixed(1),
                (system.tokensPerSecondRuns.min() ?? 0).fixed(1),
                (system.tokensPerSecondRuns.max() ?? 0).fixed(1),
                system.speedUpOverPlain.fixed(2),
            ]
            if large != nil { cells.append(system.speedUpOverLarge?.fixed(2) ?? "") }
            cells += [system.acceptance?.fixed(2) ?? "", system.tokensPerRound.fixed(2)]
            table.add(cells)
        }
        return table.text
    }

    private var shares: String {
        var table = Table(
            [("% of a round", .left)] + members.map { ($0, .right) } + [("outside", .right)])
        for system in systems {
            table.add(
                [system.name] + members.map { (100 * (system.shares[$0] ?? 0)).fixed(1) }
                    + [(100 * system.outsideShare).fixed(1)])
        }
        return table.text
    }

    private var outside: String {
        var table = Table([("system", .left)] + Self.steps.map { ($0, .right) } + [("all", .right)])
        for system in systems {
            table.add(
                [system.name] + Self.steps.map { (system.outsideSteps[$0] ?? 0).fixed(3) }
                    + [system.outsideMillisecondsPerToken.fixed(3)])
        }
        return table.text
    }

    private var predictions: String {
        var table = Table(
            [
                ("block", .right), ("predicted", .right), ("measured", .right), ("share", .right),
                ("needed for plain", .right),
            ] + (large.map { [("for \($0) alone", .right)] } ?? []))
        for block in blocks {
            table.add(
                [
                    "\(block.block)", block.predictedTokensPerSecond.fixed(1),
                    block.tokensPerSecond.fixed(1), block.measuredOverPredicted.fixed(2),
                    block.breakEvenOverPlain?.fixed(2) ?? "never",
                ] + (large == nil ? [] : [block.breakEvenOverLarge?.fixed(2) ?? "never"]))
        }
        return table.text
    }

    private var passes: String {
        let widths = Set(costs.map(\.width)).sorted()
        var table = Table([("member", .left)] + widths.map { ("\($0)", .right) })
        for member in members {
            table.add(
                [member]
                    + widths.map { width in
                        costs.first { $0.member == member && $0.width == width }?
                            .milliseconds.fixed(2) ?? ""
                    })
        }
        return table.text
    }
}
