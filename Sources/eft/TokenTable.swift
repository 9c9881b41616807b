import EmulatedFineTuning

/// The tokens of a reply with what each member says about them.
enum TokenTable {
    static func text(_ tokens: [GeneratedToken], _ composite: Composite) -> String {
        let names = composite.members.map(\.name)
        let hasDeltas = tokens.contains { $0.attribution?.behaviourDelta != nil }
        let hasVariation = tokens.contains { $0.attribution?.totalVariation != nil }
        var columns: [(title: String, alignment: Table.Alignment)] = [
            ("token", .left), ("composite", .right),
        ]
        columns += names.map { ($0, .right) }
        if hasDeltas { columns += [("behaviour", .right), ("up-scaling", .right)] }
        if hasVariation { columns.append(("TV", .right)) }
        let hasDraft = tokens.contains { $0.attribution?.alone != nil }
        if hasDraft { columns.append(("\(composite.draft ?? "draft") alone", .left)) }
        var table = Table(columns)
        for token in tokens {
            let attribution = token.attribution
            var cells = [quoted(token.id, composite), Double(token.logProbability).fixed(3)]
            cells += (attribution?.members ?? []).map { member in
                member.map { Double($0).fixed(3) } ?? "not asked"
            }
            if hasDeltas {
                cells.append(attribution?.behaviourDelta.map { Double($0).fixed(3) } ?? "")
                cells.append(attribution?.upscalingDelta.map { Double($0).fixed(3) } ?? "")
            }
            if hasVariation { cells.append(attribution?.totalVariation?.fixed(3) ?? "") }
            if hasDraft {
                let alone = attribution?.alone
                cells.append(alone == token.id ? "" : alone.map { quoted($0, composite) } ?? "")
            }
            table.add(cells)
        }
        return table.text
    }

    static func quoted(_ token: TokenID, _ composite: Composite) -> String {
        let text = composite.vocabulary.display(token)
        return composite.vocabulary.tokens[token].kind == .control ? text : "'\(text)'"
    }
}
