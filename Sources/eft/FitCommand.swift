import ArgumentParser
import EmulatedFineTuning
import Foundation
import Recipes
import Studies

struct FitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fit",
        abstract: "Fit a recipe's parameters, or its weights, to prompts with responses.",
        discussion: """
            Maximum likelihood, with a penalty towards the recipe's own values. The members score the \
            responses once. Every fifth response is held out; nats per token are reported for both parts. \
            The recipe with the fitted values is written beside the old one.

            A JSONL file has `prompt` or `messages`, and `response`, on every line.
            """)

    @Argument(help: "The recipe, a YAML file.")
    var recipe: String

    @Argument(help: "The responses, a JSONL file.")
    var file: String

    @Flag(
        help: "Fit every member's weight; their sum stays that of the fallback, if there is one.")
    var free = false

    @Option(
        help: ArgumentHelp(
            "Nats per token for a squared distance of 2 from the recipe's values.",
            valueName: "number"))
    var penalty = 0.001

    @Flag(help: "Fit a recipe that has a mask as if it had none, and write it without.")
    var ignoreMask = false

    @Option(help: ArgumentHelp("Memory for the members' rows.", valueName: "MiB"))
    var memory = 4096

    @Option(help: ArgumentHelp("Where the fitted recipe goes.", valueName: "file"))
    var out: String?

    @Flag(help: "The report as one JSON object.")
    var json = false

    func validate() throws {
        if !penalty.isFinite || penalty < 0 {
            throw ValidationError("--penalty must be 0 or more.")
        }
        if memory < 1 || memory > 1 << 20 {
            throw ValidationError("--memory must be from 1 to 1048576 MiB.")
        }
    }

    func run() async throws {
        try Console.requireUTF8Arguments()
        let lines = try DataLine.read(file)
        for line in lines where line.response == nil {
            throw StudyError.missingField(
                place: line.place, field: "response", neededBy: "the fit")
        }
        var source = try Recipe(contentsOf: recipe)
        if ignoreMask, source.mask != nil {
            Console.note("the mask is left out: values are fitted and written without it")
            source.mask = nil
        }
        let loaded = try await LoadingDisplay.loading(source)
        loaded.notes.forEach(Console.note)
        let requests = try lines.map { line in
            var request = try loaded.request(for: line.messages)
            request.kind = .score(try loaded.response(line.response ?? "", ended: true))
            return request
        }
        let report = try await RecipeFit(
            penalty: penalty, fitsWeights: free, memory: memory << 20
        ).run(loaded, requests, note: Console.note)
        let path = try write(report)
        Console.writeLine(json ? try report.jsonLine : text(report, path))
    }

    private func write(_ report: FitReport) throws -> String {
        let stem = (recipe as NSString).deletingPathExtension
        let path = out ?? "\(stem)-fitted.yaml"
        let name = ((path as NSString).lastPathComponent as NSString).deletingPathExtension
        let text = try FittedRecipe.text(
            of: report, recipe: recipe,
            folder: URL(filePath: path).deletingLastPathComponent().path, name: name,
            withoutMask: ignoreMask)
        try OutputFile.write(Data(text.utf8), to: path)
        return path
    }

    private func text(_ report: FitReport, _ path: String) -> String {
        var values = Table([
            (free ? "weight" : "parameter", .left), ("written", .right), ("fitted", .right),
        ])
        for value in report.values {
            values.add([
                value.name, value.written.fixed(3),
                value.fitted.fixed(3) + (value.isAtBound ? " (bound)" : ""),
            ])
        }
        var nats = Table([("nats per token", .left), ("train", .left), ("held out", .left)])
        func row(_ name: String, _ part: (FitReport.Nats) -> Estimate) {
            func cell(_ nats: FitReport.Nats) -> String {
                let estimate = part(nats)
                return "\(estimate.value.fixed(4)) [\(estimate.low.fixed(4)), "
                    + "\(estimate.high.fixed(4))]"
            }
            nats.add([name, cell(report.train), cell(report.heldOut)])
        }
        for (index, alone) in report.heldOut.alone.enumerated() {
            row("\(alone.member) alone") { $0.alone[index].nats }
        }
        row("as written", \.asWritten)
        row("fitted", \.fitted)
        row("gain of the fit", \.gain)
        return """
            \(values.text)
            \(nats.text)
            \(report.trainTokens) tokens fitted, \(report.heldOutTokens) held out; \
            \(report.iterations) Newton steps
            \(report.formula)
            \(path)
            """
    }
}
