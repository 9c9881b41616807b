public import ArgumentParser
import Foundation
public import Studies

struct StudyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "study",
        abstract: "Run an experiment: prompts, systems, judges; write a report.",
        discussion: """
            A study file (YAML) names prompts, systems (recipes, members, sweeps) and judges. Saves \
            replies and verdicts to a folder as they arrive, so a stopped run can be resumed. The report \
            is report.html in that folder; its numbers are in results.json, metrics.csv and scores.csv.

            --questions 20 is a quick look: it asks the first 20 questions of each prompt set, and writes \
            to a folder of its own, whose name ends with -20.

            --example writes a study of a public model family, with its recipes, into a folder.
            """)

    @Argument(help: "The study, a YAML file; with --example, the folder to write to.")
    var file: String

    @Option(
        help: ArgumentHelp(
            "Folder for the records and the report. By default, a folder next to the study file, with its name, and -N for --questions.",
            valueName: "folder"))
    var out: String?

    @Option(
        help: ArgumentHelp(
            "Ask only the first N questions of each prompt set, and take three values of each sweep.",
            valueName: "N"))
    var questions: Int?

    @Flag(help: "Ask again for replies and verdicts that failed before.")
    var retry = false

    @Option(
        help: ArgumentHelp(
            "Write a study of a model family instead of running one.", valueName: "name"))
    var example: StudyExample?

    func validate() throws {
        guard questions ?? 1 >= 1 else {
            throw ValidationError("--questions must be 1 or more: \(questions ?? 0) is not.")
        }
    }

    func run() async throws {
        try Console.requireUTF8Arguments()
        if let example {
            for path in try example.write(to: file) { Console.writeLine(path) }
            return
        }
        var study = try Study(contentsOf: file)
        var folder = (file as NSString).deletingPathExtension
        if let questions {
            study = study.asking(first: questions)
            folder += "-\(questions)"
        }
        folder = out ?? folder
        let run = StudyRun(study, folder: folder, retriesFailures: retry, note: Console.note)
        let results = try await run.run()
        Console.write(Self.text(results))
        Console.writeLine("\n" + (folder as NSString).appendingPathComponent("report.html"))
    }

    /// The findings as tables.
    static func text(_ results: StudyResults) -> String {
        var metrics = Table([("metric", .left), ("system", .left), ("mean", .left)])
        for value in results.metrics { metrics.add([value.metric, value.system, value.text]) }
        var text = metrics.text
        for figure in results.figures {
            var table = Table([(figure.title, .left), ("", .left)])
            for finding in figure.findings { table.add([finding.name, finding.text]) }
            text += "\n" + table.text
        }
        for failure in results.failures {
            text += "\nfailed: \(failure.count) \(failure.what) (\(failure.example))\n"
        }
        return text
    }
}

extension StudyExample: ExpressibleByArgument {}
