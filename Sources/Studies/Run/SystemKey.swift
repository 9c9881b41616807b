import ChatTemplates
import EmulatedFineTuning
import Foundation
import LlamaBackend
import Recipes

/// What decides a system's replies, as a hash: change any of it, and the replies are generated anew.
struct SystemKey {
    private let system: String
    /// What ends a reply that nothing else limits.
    private let context: Int?

    /// - Throws: ``StudyError``, `RecipeError`.
    init(_ point: SystemPoint, _ recipe: Recipe, files: inout [String: String]) throws {
        var parts: [String] = ["eft study 1"]
        func fingerprint(_ path: String) throws -> String {
            if let known = files[path] { return known }
            let hash = try StableHash.ofFile(path)
            files[path] = hash
            return hash
        }
        for member in recipe.members {
            parts.append(member.name)
            switch member.source {
            case .file(let path): parts += try Self.files(of: path).map(fingerprint)
            case .member(let other): parts.append("member \(other)")
            // The weights behind a name are the server's affair.
            case .remote(let remote): parts.append("remote \(remote.url) \(remote.model)")
            }
            for adapter in member.adapters {
                parts += [try fingerprint(adapter.path), "\(adapter.scale)"]
            }
            parts.append(try Self.text(of: member.prompt ?? recipe.prompt))
        }
        if !recipe.templateOptions.variables.isEmpty {
            parts.append("\(recipe.templateOptions.variables)")
        }
        parts += [
            point.declaration.member.map { "member \($0)" } ?? recipe.formula.description,
            recipe.fallback?.description ?? "", Self.text(point.mask(of: recipe)),
            recipe.control.rawValue, recipe.draft ?? "", recipe.system ?? "",
            "\(recipe.defaults.coupling)", recipe.options.cacheType.rawValue,
            recipe.options.flashAttention.rawValue,
        ]
        if !recipe.options.repack { parts.append("weights as stored") }
        let values = try point.parameters(of: recipe)
        parts += values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        system = StableHash(parts).text
        context = recipe.options.context
    }

    /// The files of a model: `name-00001-of-00003.gguf` is the first of three.
    static func files(of path: String) -> [String] {
        guard let name = path.wholeMatch(of: /(.*)-00001-of-(\d{5})\.gguf/),
            let count = Int(name.2), count > 1
        else { return [path] }
        return (1...count).map {
            "\(name.1)-\(String(format: "%05d", $0))-of-\(name.2).gguf"
        }
    }

    /// The key of one reply.
    func reply(_ line: DataLine, seed: UInt64, _ generation: GenerationDefaults) -> String {
        let limit = generation.maxTokens.map { "\($0)" } ?? "context \(context ?? 0)"
        var sampling = generation.sampling
        let biases = sampling.logitBias.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        sampling.logitBias = [:]
        var parts = [system, "\(seed)", "\(sampling)", limit]
        // Since it acts on logits; before that, on log-probabilities.
        if sampling.repetitionPenalty != 1 { parts.append("repetition penalty of logits") }
        parts += biases + ["stop"] + generation.stop + ["messages"]
        parts += line.messages.flatMap { [$0.role, $0.content] } + ["choices"] + line.choices
        return StableHash(parts).text
    }

    /// A form of prompts; of a file, its text: the same path may hold another one tomorrow.
    private static func text(of form: PromptForm) throws -> String {
        guard case .file(let path) = form else { return "\(form)" }
        return try String(contentsOfFile: path, encoding: .utf8)
    }

    private static func text(_ mask: Mask?) -> String {
        guard let mask else { return "no mask" }
        if case .tokens(let tokens) = mask.rule { return "\(tokens.sorted()) \(mask.effect)" }
        return "\(mask)"
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
