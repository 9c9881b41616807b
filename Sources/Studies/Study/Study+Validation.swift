import EmulatedFineTuning

extension Study {
    /// Checks that every name stands for something, and that no property of a reply counts twice.
    ///
    /// - Throws: ``StudyError``.
    func validate(_ file: String) throws(StudyError) {
        let sets = prompts.map(\.name)
        let names = systems.map(\.name)
        func require(
            _ name: String, _ kind: String, in known: [String], _ place: String
        ) throws(StudyError) {
            guard known.contains(name) else {
                throw .unknownName(name, kind: kind, at: "\(file), \(place)", known: known)
            }
        }
        for system in systems {
            if let sweep = system.sweep, sweep.parameter == SystemDeclaration.Sweep.nucleus,
                let value = sweep.values.first(where: { !($0 > 0 && $0 <= 1) })
            {
                throw .invalid(
                    at: "\(file), system `\(system.name)`",
                    reason: "the mass of a nucleus must be more than 0 and at most 1 (no mask): "
                        + "\(value.short) is not.")
            }
            for set in system.prompts ?? [] {
                try require(set, "prompt set", in: sets, "system `\(system.name)`")
            }
        }
        var counted: [String: String] = [:]
        for metric in metrics {
            let place = "metric `\(metric.name)`"
            try require(metric.judge, "judge", in: judges.map(\.name), place)
            guard let judge = judges.first(where: { $0.name == metric.judge }) else { continue }
            try require(metric.score, "score", in: judge.scores, place)
            guard !metric.prompts.isEmpty else {
                throw .invalid(at: "\(file), \(place)", reason: "it needs at least one prompt set.")
            }
            for set in metric.prompts {
                try require(set, "prompt set", in: sets, place)
                let property = "\(metric.judge)\u{0}\(metric.score)\u{0}\(set)"
                if let other = counted.updateValue(metric.name, forKey: property) {
                    throw .countedTwice(
                        judge: metric.judge, score: metric.score, prompts: set, first: other,
                        second: metric.name)
                }
                try checkReferences(judge, set)
            }
            if case .pairwise(_, let against) = judge.kind {
                try require(
                    against, "system", in: systems.flatMap(\.points).map(\.name),
                    "judge `\(judge.name)`")
            }
        }
        for figure in figures { try validate(figure, file, names, require) }
    }

    private func validate(
        _ figure: Figure, _ file: String, _ names: [String],
        _ require: (String, String, [String], String) throws(StudyError) -> Void
    ) throws(StudyError) {
        let known = metrics.map(\.name)
        let fixed = systems.filter { $0.sweep == nil }.map(\.name)
        let swept = systems.filter { $0.sweep != nil }.map(\.name)
        switch figure {
        case .decoupling(let small, let up, let down, let large, let used):
            for name in [small, up, down, large] {
                try require(name, "system without a sweep", fixed, "decoupling")
            }
            for name in used { try require(name, "metric", known, "decoupling") }
        case .mixing(let x, let y, let sweeps):
            for name in [x, y] { try require(name, "metric", known, "mixing") }
            for name in sweeps { try require(name, "system with a sweep", swept, "mixing") }
        case .sweep(let kind, let sweep, let beside, let used):
            try require(sweep, "system with a sweep", swept, kind.rawValue)
            for name in beside {
                try require(name, "system without a sweep", fixed, kind.rawValue)
            }
            for name in used { try require(name, "metric", known, kind.rawValue) }
        case .agreement(let system, let set, _, _):
            try require(system, "system without a sweep", fixed, "agreement")
            try require(set, "prompt set", prompts.map(\.name), "agreement")
        }
    }

    private func checkReferences(_ judge: JudgeDeclaration, _ name: String) throws(StudyError) {
        guard let set = prompts.first(where: { $0.name == name }) else { return }
        for line in set.lines {
            switch judge.kind {
            case .reference(let reference):
                if line.answers.isEmpty {
                    throw .missingField(
                        place: line.place, field: "answer", neededBy: "judge `\(judge.name)`")
                }
                if reference.rule == .choice {
                    guard !line.choices.isEmpty else {
                        throw .missingField(
                            place: line.place, field: "choices", neededBy: "judge `\(judge.name)`")
                    }
                    guard line.choices.contains(line.answers[0]) else {
                        throw .invalid(
                            at: line.place,
                            reason: "the answer must be one of `choices`, with the same spelling.")
                    }
                }
            case .atlas:
                if line.fields["subject"] == nil {
                    throw .missingField(
                        place: line.place, field: "subject", neededBy: "judge `\(judge.name)`")
                }
            case .pattern(let judged):
                guard let pattern = judged.pattern(for: line) else {
                    throw .missingField(
                        place: line.place, field: "pattern", neededBy: "judge `\(judge.name)`")
                }
                if let fault = PatternJudge.fault(of: pattern) {
                    throw .invalid(at: line.place, reason: fault)
                }
            case .code:
                if line.fields["tests"] == nil {
                    throw .missingField(
                        place: line.place, field: "tests", neededBy: "judge `\(judge.name)`")
                }
            case .length, .endpoint, .pairwise: break
            }
        }
    }
}
