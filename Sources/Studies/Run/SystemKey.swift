import ChatTemplates
import EmulatedFineTuning
import LlamaBackend
import Recipes

/// What decides a system's replies, as a hash: change any of it, and the replies are generated anew.
///
/// Names do not count. Two systems that weight the same models alike are one, whichever formula says so: β = 1 of
/// an amplified system and the up-scaled one, say.
struct SystemKey {
    private let system: String
    /// What a draw is coupled with: it matters where anything is drawn.
    private let coupling: [String]

    /// - Throws: ``StudyError``, `RecipeError`, `CompositeError`.
    init(_ point: SystemPoint, _ recipe: Recipe, files: inout [String: String]) throws {
        let members = try MemberKeys(recipe, files: &files)
        let values = try point.parameters(of: recipe)
        func text(_ sum: Formula?) throws -> String {
            try sum.map { try members.text($0, values) } ?? ""
        }
        var parts = ["eft study 2"] + members.all
        // Who makes the prompts, whose ends of text count, and who drafts.
        if let fallback = recipe.fallback {
            parts += ["fallback"] + members.named(in: fallback)
        } else {
            parts += ["no fallback", recipe.formula.description, "\(recipe.parameters)"]
            parts += recipe.members.map(\.name)
        }
        if let alone = point.declaration.member {
            parts.append(try text(.member(alone)))
        } else {
            let mask = point.mask(of: recipe)
            parts += [
                try text(recipe.formula), try text(recipe.fallback), Self.text(mask),
                try text(mask?.rule.formula), recipe.control.rawValue,
            ]
        }
        if !recipe.templateOptions.variables.isEmpty {
            parts.append("\(recipe.templateOptions.variables)")
        }
        parts += [
            recipe.system.map { "system \($0)" } ?? "no system", recipe.options.cacheType.rawValue,
            recipe.options.flashAttention.rawValue, "context \(recipe.options.context ?? 0)",
        ]
        if !recipe.options.repack { parts.append("weights as stored") }
        system = StableHash(parts).text
        coupling = [
            try text(recipe.draft.map { .member($0) }), "\(recipe.defaults.coupling)",
        ]
    }

    /// The key of one reply.
    ///
    /// - Parameter drafting: whether it matters who drafts, also where nothing is drawn.
    func reply(
        _ line: DataLine, seed: UInt64, _ generation: GenerationDefaults, drafting: Bool = false
    ) -> String {
        let limit = generation.maxTokens.map { "\($0)" } ?? "the context"
        var sampling = generation.sampling
        let biases = sampling.logitBias.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        sampling.logitBias = [:]
        var parts = [system, "\(seed)", "\(sampling)", limit]
        // Since it acts on logits; before that, on log-probabilities.
        if sampling.repetitionPenalty != 1 { parts.append("repetition penalty of logits") }
        if sampling.temperature > 0 || drafting { parts += coupling }
        parts += biases + ["stop"] + generation.stop + ["messages"]
        parts += line.messages.flatMap { [$0.role, $0.content] } + ["choices"] + line.choices
        return StableHash(parts).text
    }

    private static func text(_ mask: Mask?) -> String {
        guard let mask else { return "no mask" }
        return switch mask.rule {
        case .nucleus(let mass, _): "nucleus \(mass) \(mask.effect)"
        case .relative(let share, _): "relative \(share) \(mask.effect)"
        case .tokens(let tokens): "\(tokens.sorted()) \(mask.effect)"
        }
    }
}

extension SystemPoint {
    /// The mask that is in force: the recipe's, or the sweep's.
    func mask(of recipe: Recipe) -> Mask? {
        guard declaration.sweep?.parameter == SystemDeclaration.Sweep.nucleus, let value else {
            return recipe.mask
        }
        guard value < 1 else { return nil }
        return Mask(
            .nucleus(value, of: recipe.mask?.rule.formula), recipe.mask?.effect ?? .fallback)
    }

    /// The values of all parameters: the recipe's defaults, the declaration's, the sweep's.
    ///
    /// - Throws: `CompositeError` for unknown names and values out of range.
    func parameters(of recipe: Recipe) throws(CompositeError) -> [String: Double] {
        var values = recipe.defaultParameters
        for (name, value) in settings {
            guard recipe.usedParameters.contains(name),
                let parameter = recipe.parameters.first(where: { $0.name == name })
            else { throw .unknownParameter(name, known: recipe.usedParameters) }
            guard parameter.range.contains(value) else {
                throw .parameterOutOfRange(parameter, value)
            }
            values[name] = value
        }
        return values
    }

    /// The parameters that the study sets.
    var settings: [String: Double] {
        var values = declaration.parameters
        if let sweep = declaration.sweep, let value,
            sweep.parameter != SystemDeclaration.Sweep.nucleus
        {
            values[sweep.parameter] = value
        }
        return values
    }
}
