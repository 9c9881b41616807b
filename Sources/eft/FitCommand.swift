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
            Finds the values of maximum likelihood, with a penalty that keeps them near the recipe's. The \
            members score the responses once. Every fifth response is held out; nats per token are \
            reported for both parts. Writes a recipe with the fitted values next to the old one.

            Every line of the JSONL file has `prompt` or `messages`, and `response`.
            """)

    @Argument(help: "The recipe, a YAML file.")
    var recipe: String

    @Argument(help: "The responses, a JSONL file.")
    var file: String

    @Flag(
        help: """
            Fit every member's weight. Their sum stays equal to that of the fallback, if there is one.
            """)
    var free = false

    @Option(
        help: ArgumentHelp(
            "Strength of the penalty that keeps values near the recipe's: the penalty is half of this "
                + "times the squared distance, in nats per token.",
            valueName: "number"))
    var penalty = 0.001

    @Flag(help: "Ignore the recipe's mask: fit and write the recipe without it.")
    var ignoreMask = false

    @Option(help: ArgumentHelp("Maximum memory for the members' scores.", valueName: "MiB"))
    var memory = 4096

    @Option(help: ArgumentHelp("File to write the fitted recipe to.", valueName: "file"))
    var out: String?

    @Flag(help: "Print the report as one JSON object.")
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
            Console.note("the mask is ignored: the recipe is fitted and written without it")
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
        let path = try write(report, loaded)
        Console.writeLine(json ? try report.jsonLine : text(report, path))
    }

    private func write(_ report: FitReport, _ loaded: LoadedRecipe) throws -> String {
        let stem = (recipe as NSString).deletingPathExtension
        let path = out ?? "\(stem)-fitted.yaml"
        let name = ((path as NSString).lastPathComponent as NSString).deletingPathExtension
        let text = try FittedRecipe.text(
            of: report, recipe: recipe,
            folder: URL(filePath: path).deletingLastPathComponent().path, name: name,
            uses: loaded.vocabularyUses, withoutMask: ignoreMask)
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
