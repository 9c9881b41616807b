import EmulatedFineTuning
import Foundation
import Recipes

/// Runs a study: replies, verdicts, figures, report. What is finished is in its folder and is not done
/// again.
public struct StudyRun {
    let study: Study
    let folder: String
    let retriesFailures: Bool
    let note: (String) -> Void

    /// - Parameters:
    ///   - study: what to run.
    ///   - folder: where records and report go; made if it is not there.
    ///   - retriesFailures: whether replies and verdicts that failed before are asked for again.
    ///   - note: receives notes and progress for the user.
    public init(
        _ study: Study, folder: String, retriesFailures: Bool = false,
        note: @escaping (String) -> Void = { _ in }
    ) {
        self.study = study
        self.folder = folder
        self.retriesFailures = retriesFailures
        self.note = note
    }

    /// Runs what is left to do and writes the report: `report.html`, `results.json`, `scores.csv`,
    /// `metrics.csv`, and a figure file for every chart.
    ///
    /// - Throws: ``StudyError``, and what loading a recipe throws. Finished records stay in the folder.
    public func run() async throws -> StudyResults {
        try Self.make(folder)
        let programs = try await programJudges()
        let replies = try await generate()
        var scores = ScoreTable(study, replies)
        let judging = try await Judging(run: self, programs: programs).run(replies, into: &scores)
        let metrics = MetricTable(study, scores)
        var figures: [FigureResult] = []
        for figure in study.figures {
            figures.append(try await result(figure, metrics))
        }
        let results = try StudyResults(
            study, systems: summaries(), metrics, figures, replies, judging)
        try StudyReport(results, scores: scores).write(to: folder)
        return results
    }

    func path(_ name: String) -> String { (folder as NSString).appendingPathComponent(name) }

    /// The systems of the study, sweeps spread out.
    var points: [SystemPoint] { study.systems.flatMap(\.points) }

    /// The judges that run programs and that a metric asks, by name. What they need is looked for here,
    /// before hours go into replies that they could not judge.
    private func programJudges() async throws -> [String: CodeJudge] {
        var judges: [String: CodeJudge] = [:]
        for judge in study.judges where study.metrics.contains(where: { $0.judge == judge.name }) {
            guard case .code(let options) = judge.kind else { continue }
            judges[judge.name] = try await CodeJudge(options)
            if options.isolation == .limits {
                note(
                    "judge `\(judge.name)`: programs that models write can reach the files and the "
                        + "network of this machine (`isolation: limits`)")
            }
        }
        return judges
    }

    private func result(_ figure: Figure, _ metrics: MetricTable) async throws -> FigureResult {
        switch figure {
        case .decoupling(let small, let up, let down, let large, let used):
            Decoupling(small: small, up: up, down: down, large: large)
                .result(used.compactMap { metrics[$0] })
        case .mixing(let x, let y, let sweeps):
            MixingFigure(study: study, sweeps: sweeps).result(metrics[x], metrics[y])
        case .sweep(let kind, let sweep, let beside, let used):
            SweepFigure(study: study, kind: kind, sweep: sweep, beside: beside)
                .result(used.compactMap { metrics[$0] })
        case .agreement(let system, let prompts, let replies, let blocks):
            try await AgreementStudy(
                run: self, system: system, prompts: prompts, replies: replies, blocks: blocks
            ).result()
        }
    }

    /// Generates what is missing; all replies by key.
    private func generate() async throws -> [ReplyRecord] {
        let (journal, records, repaired) = try Journal<ReplyRecord>.open(path("replies.jsonl"))
        if repaired { note("the last record of an earlier run was incomplete: repaired it") }
        var known = Dictionary(records.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
        if retriesFailures { known = known.filter { $0.value.failure == nil } }
        let loader = SystemLoader(
            parallel: study.parallel, threads: study.threads, note: note)
        let work = try pending(loader, known)
        let total = work.reduce(0) { $0 + $1.tasks.count }
        let asked = Set(work.flatMap { $0.asked.map(\.key) })
        let done = known.keys.count(where: asked.contains)
        if total > 0 { note("\(total) replies to generate, \(done) already done") }
        if done < known.count {
            note(
                "\(known.count - done) replies on file are of no use to this study: systems, prompts or settings "
                    + "were others, or an older eft wrote them")
        }
        var progress = Progress(total, "replies", report: note)
        for (recipe, tasks) in Self.byRecipe(work) {
            let system = try await loader.system(recipe)
            try await ReplyGenerator(study: study, system: system).run(tasks) { record in
                try journal.append(record)
                known[record.key] = record
                progress.advance()
            }
        }
        try journal.flush()
        // In the study's order; records of systems that it no longer has stay on file.
        return work.flatMap { part in
            part.asked.compactMap { asked in
                guard var record = known[asked.key] else { return nil }
                // The same system under two names has its replies once, and so have equal prompts: a
                // record stands for the line that asks for it now.
                record.system = part.point.name
                record.prompts = part.set.name
                record.prompt = asked.line.id
                record.seed = asked.seed
                return record
            }
        }
    }

    private struct Part {
        var point: SystemPoint
        var set: PromptSet
        /// Everything that is asked, and what of it is not on file.
        var asked: [ReplyGenerator.Task]
        var tasks: [ReplyGenerator.Task]
    }

    /// What is to be done with each recipe, question by question: its systems find the questions in its caches.
    private static func byRecipe(
        _ work: [Part]
    ) -> [(recipe: String, tasks: [ReplyGenerator.Task])] {
        var recipes: [String] = []
        var tasks: [String: [ReplyGenerator.Task]] = [:]
        for part in work where !part.tasks.isEmpty {
            let recipe = part.point.declaration.recipe
            if tasks[recipe] == nil { recipes.append(recipe) }
            tasks[recipe, default: []] += part.tasks
        }
        return recipes.map { recipe in
            let own = (tasks[recipe] ?? []).enumerated().sorted {
                ($0.element.set, $0.element.place, $0.offset)
                    < ($1.element.set, $1.element.place, $1.offset)
            }
            return (recipe, own.map(\.element))
        }
    }

    private func pending(
        _ loader: SystemLoader, _ known: [String: ReplyRecord]
    ) throws -> [Part] {
        var files: [String: String] = [:]
        var asked = Set(known.keys)
        var parts: [Part] = []
        for point in points {
            let recipe = try loader.recipe(point.declaration.recipe)
            let key = try SystemKey(point, recipe, files: &files)
            var generation = study.generation ?? recipe.defaults
            generation.stop += study.generation == nil ? [] : recipe.defaults.stop
            for set in study.prompts
            where point.declaration.prompts?.contains(set.name) ?? true {
                let tasks = set.lines.enumerated().flatMap { place, line in
                    study.seeds.map { seed in
                        ReplyGenerator.Task(
                            point: point, set: set.name, place: place, line: line, seed: seed,
                            isMultipleChoice: set.isMultipleChoice,
                            key: key.reply(line, seed: seed, generation))
                    }
                }
                parts.append(
                    Part(
                        point: point, set: set, asked: tasks,
                        tasks: tasks.filter { asked.insert($0.key).inserted }))
            }
        }
        return parts
    }

    private func summaries() throws -> [StudyResults.System] {
        try points.map { point in
            let recipe = try Recipe(contentsOf: point.declaration.recipe)
            return StudyResults.System(
                name: point.name, recipe: recipe.name,
                formula: point.declaration.member ?? recipe.formula.description,
                parameters: point.declaration.member == nil
                    ? try point.parameters(of: recipe) : [:])
        }
    }

    private static func make(_ folder: String) throws(StudyError) {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw .cannotWrite(path: folder, reason: "the folder cannot be created")
        }
    }
}
