import ArgumentParser
import EmulatedFineTuning
import Foundation
import Studies

struct RewardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reward",
        abstract: "Score responses by the reward that a fine-tuned member implies.",
        discussion: """
            r = beta * sum(log p_tuned - log p_reference) over a response's tokens, including its end.

            Every line of the JSONL file has `prompt` or `messages`, and also `response`, or `chosen` and \
            `rejected`. For pairs, reports how often the reward prefers the chosen response, in total and \
            per token.

            With --member, no recipe is needed, and the argument is the JSONL file.
            """)

    @Argument(help: "The recipe, a YAML file; not with --member.")
    var recipe: String?

    @Argument(help: "The responses, a JSONL file.")
    var file: String?

    @OptionGroup(title: "Composite") var composite: CompositeOptions

    @OptionGroup var members: RewardFlags

    @Option(help: ArgumentHelp("The strength of the reward.", valueName: "number"))
    var beta = 1.0

    @Option(
        help: ArgumentHelp("Also report for each value of this field.", valueName: "field"))
    var by: String?

    @Flag(help: "Print one JSON object per line of the file, then one with the report.")
    var json = false

    func validate() throws {
        if (composite.isAdHoc ? recipe : file) == nil || (composite.isAdHoc && file != nil) {
            throw ValidationError(
                "A recipe and a JSONL file are needed: eft reward RECIPE FILE. With --member, only "
                    + "the file.")
        }
        if !beta.isFinite || beta <= 0 { throw ValidationError("--beta must be above 0.") }
    }

    func run() async throws {
        let lines = try DataLine.read((composite.isAdHoc ? recipe : file) ?? "")
        let isPairs = try Self.arePairs(lines)
        let session = try await Session(
            composite, recipe: composite.isAdHoc ? nil : recipe, sequences: 8)
        let reward = try members.reward(session, beta: beta)
        if isPairs {
            try await compare(lines, reward)
        } else {
            let values = try await reward.values(
                lines.map { try reward.request($0, $0.response ?? "") })
            try show(lines, values)
        }
    }

    /// Whether every line has a pair, or every line a response.
    private static func arePairs(_ lines: [DataLine]) throws -> Bool {
        let pairs = lines.filter { $0.chosen != nil && $0.rejected != nil }
        if pairs.count == lines.count { return true }
        for line in lines where pairs.isEmpty ? line.response == nil : line.chosen == nil {
            throw StudyError.missingField(
                place: line.place, field: pairs.isEmpty ? "response" : "chosen",
                neededBy: "the reward")
        }
        for line in lines where !pairs.isEmpty && line.rejected == nil {
            throw StudyError.missingField(
                place: line.place, field: "rejected", neededBy: "the reward")
        }
        return false
    }

    private func compare(_ lines: [DataLine], _ reward: ImpliedReward) async throws {
        let requests = try lines.flatMap {
            [
                try reward.request($0, $0.chosen ?? ""),
                try reward.request($0, $0.rejected ?? ""),
            ]
        }
        let values = try await reward.values(requests)
        let pairs = lines.indices.map { index in
            PreferenceReport.Pair(
                id: lines[index].id, chosen: values[2 * index], rejected: values[2 * index + 1],
                group: by.flatMap { lines[index].fields[$0] })
        }
        let report = PreferenceReport(pairs, reward)
        if json {
            for pair in pairs { Console.writeLine(try pair.jsonLine) }
            Console.writeLine(try report.jsonLine)
            return
        }
        Console.writeLine(
            "r = \(reward.beta.fixed(2)) * (log p_\(reward.tuned) - log p_\(reward.reference))\n")
        var table = Table([
            ("pairs", .left), ("count", .right), ("accuracy", .left), ("per token", .left),
            ("margin", .left), ("DPO loss", .left),
        ])
        for group in report.groups {
            table.add([
                group.name, "\(group.accuracy.count)", group.accuracy.described(isShare: true),
                group.accuracyPerToken.described(isShare: true),
                group.margin.described(isShare: false), group.loss.described(isShare: false),
            ])
        }
        Console.write(table.text)
    }

    private func show(_ lines: [DataLine], _ values: [ImpliedReward.Value]) throws {
        if json {
            struct Line: Encodable {
                var id: String
                var value: ImpliedReward.Value
            }
            for (line, value) in zip(lines, values) {
                Console.writeLine(try Line(id: line.id, value: value).jsonLine)
            }
            return
        }
        var table = Table([
            ("line", .left), ("reward", .right), ("per token", .right), ("tokens", .right),
        ])
        for (line, value) in zip(lines, values) {
            table.add([
                line.id, value.reward.fixed(3), value.perToken.fixed(3), "\(value.tokens)",
            ])
        }
        Console.write(table.text)
    }
}

extension Encodable {
    /// One line of JSON, without its end.
    var jsonLine: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.keyEncodingStrategy = .convertToSnakeCase
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            encoder.nonConformingFloatEncodingStrategy = .convertToString(
                positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }
}
