public import EmulatedFineTuning
public import Recipes

/// An experiment: prompts × systems × judges, and what is made of them. Read from a YAML file with
/// ``init(contentsOf:)``.
public struct Study: Sendable, Equatable {
    public var name: String
    public var description: String?
    public var prompts: [PromptSet]
    public var systems: [SystemDeclaration]
    public var judges: [JudgeDeclaration]
    public var metrics: [Metric]
    public var figures: [Figure]
    /// Every prompt gets a reply under each of these.
    public var seeds: [UInt64]
    /// Replaces the recipes' sampling options; nil keeps those.
    public var generation: GenerationDefaults?
    /// By default off: then a study's replies do not depend on how fast the machine is.
    public var speculation: Speculation
    /// Replies that are generated together.
    public var parallel: Int
    /// Threads that compute; nil: each recipe's own number, or one for each core.
    public var threads: Int?
    /// Resamples of the intervals.
    public var resamples: Int

    /// A quick look: the same study with only the first questions of each prompt set, and of each sweep only the
    /// first, the middle and the last value.
    ///
    /// - Parameter count: how many questions, at least 1; a smaller set stays whole.
    public func asking(first count: Int) -> Study {
        var study = self
        for index in systems.indices {
            guard let values = systems[index].sweep?.values, values.count > 3 else { continue }
            study.systems[index].sweep?.values = [
                values[0], values[values.count / 2], values[values.count - 1],
            ]
        }
        study.prompts = prompts.map {
            PromptSet(name: $0.name, lines: Array($0.lines.prefix(count)))
        }
        return study
    }
}

/// Prompts of one file that belong together.
public struct PromptSet: Sendable, Equatable {
    public var name: String
    public var lines: [DataLine]

    /// Whether the options of a question are scored, instead of generating a reply.
    public var isMultipleChoice: Bool { lines.allSatisfy { !$0.choices.isEmpty } }
}

/// What replies: a recipe, one of its members, or a recipe at several settings.
public struct SystemDeclaration: Sendable, Equatable {
    public var name: String
    /// The path of the recipe.
    public var recipe: String
    /// This member alone, with the recipe's prompt.
    public var member: String?
    /// Values of the formula's parameters.
    public var parameters: [String: Double]
    public var sweep: Sweep?
    /// Names of the prompt sets it answers; nil: all.
    public var prompts: [String]?

    /// A setting and the values it takes.
    public struct Sweep: Sendable, Equatable {
        /// A parameter of the formula, or ``nucleus``.
        public var parameter: String
        public var values: [Double]

        /// The mass of the mask's nucleus; at 1 there is no mask.
        public static let nucleus = "nucleus"
    }

    /// The systems that this declares: one, or one for each value of the sweep.
    public var points: [SystemPoint] {
        guard let sweep else { return [SystemPoint(name: name, declaration: self, value: nil)] }
        return sweep.values.map {
            SystemPoint(
                name: "\(name), \(sweep.parameter) \($0.short)", declaration: self, value: $0)
        }
    }
}

/// One system of a study, with its settings.
public struct SystemPoint: Sendable, Equatable {
    public var name: String
    public var declaration: SystemDeclaration
    /// The value of the sweep.
    public var value: Double?
}

/// A number between replies and figures: the mean of one of a judge's scores over some prompts.
public struct Metric: Sendable, Equatable {
    public var name: String
    public var judge: String
    public var score: String
    /// Names of prompt sets.
    public var prompts: [String]
}

/// What is made of the metrics.
public enum Figure: Sendable, Equatable {
    /// The 2 × 2 of scales. The four are names of systems: both scales small; large pre-training; large
    /// fine-tuning; both large.
    case decoupling(small: String, up: String, down: String, large: String, metrics: [String])
    /// One metric against another, along sweeps of λ.
    case mixing(x: String, y: String, sweeps: [String])
    /// Metrics along a sweep, beside systems that do not change.
    case sweep(kind: SweepKind, sweep: String, beside: [String], metrics: [String])
    /// Where tuned model and composite agree, and what speculation makes of it.
    case agreement(system: String, prompts: String, replies: Int, blocks: [Int])

    public enum SweepKind: String, Sendable, Equatable, CaseIterable {
        case amplification, truncation
    }
}
