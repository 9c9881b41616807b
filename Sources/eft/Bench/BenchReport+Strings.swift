import EmulatedFineTuning
import StringScores

extension BenchReport {
    /// What a member that is asked by texts did for one token of the composite.
    struct Strings: Encodable, Equatable {
        var member: String
        /// Rows of the text as its tokenizer writes it, and of other ways to write it.
        var rowsPerToken: Double
        var sideRowsPerToken: Double
        /// Passes for other ways alone.
        var sidePassesPerToken: Double
        /// The share of a text's probability that was left out, on average.
        var leftOut: Double
        /// The base's passes, its passes for other ways alone, and what chooses ways and adds them up.
        var passMilliseconds: Double
        var sidePassMilliseconds: Double
        var ownMilliseconds: Double
    }

    /// What members that are asked by texts did in a system's runs; nil where there are none.
    ///
    /// - Parameter names: the composite's members.
    static func strings(_ system: BenchSystem, _ names: [String]) -> [Strings]? {
        let tokens = Double(max(1, system.runs.reduce(0) { $0 + $1.tokens }))
        let found = names.enumerated().compactMap { index, name -> Strings? in
            let all = system.runs.compactMap { $0.strings[name] }
            let positions = all.reduce(0) { $0 + $1.positions }
            guard positions > 0 else { return nil }
            func each(_ value: (StringStatistics) -> Double) -> Double {
                all.reduce(0) { $0 + value($1) } / tokens
            }
            let passes = each { 1000 * ($0.mainTime / .seconds(1)) }
            let sides = each { 1000 * ($0.sideTime / .seconds(1)) }
            let member = 1000 * system.runs.reduce(0) { $0 + $1.members[index] } / tokens
            return Strings(
                member: name, rowsPerToken: each { Double($0.mainRows) },
                sideRowsPerToken: each { Double($0.sideRows) },
                sidePassesPerToken: each { Double($0.sidePasses) },
                leftOut: all.reduce(0) { $0 + $1.cutMass } / Double(positions),
                passMilliseconds: passes, sidePassMilliseconds: sides,
                ownMilliseconds: max(0, member - passes - sides))
        }
        return found.isEmpty ? nil : found
    }

    /// The same as a table.
    var stringTable: String? {
        guard systems.contains(where: { $0.strings != nil }) else { return nil }
        var table = Table([
            ("system", .left), ("member", .left), ("rows", .right), ("side rows", .right),
            ("side passes", .right), ("left out", .right), ("ms in passes", .right),
            ("in side passes", .right), ("own", .right),
        ])
        for system in systems {
            for one in system.strings ?? [] {
                table.add([
                    system.name, one.member, one.rowsPerToken.fixed(2),
                    one.sideRowsPerToken.fixed(2), one.sidePassesPerToken.fixed(2),
                    one.leftOut.fixed(5), one.passMilliseconds.fixed(2),
                    one.sidePassMilliseconds.fixed(2), one.ownMilliseconds.fixed(2),
                ])
            }
        }
        return table.text
    }
}
