import ChatTemplates
import EmulatedFineTuning
import Foundation
import JSONValues
import LlamaBackend
import Yams

extension Recipe {
    private static let sizeLimit = 256 * 1024

    static let keys = [
        "name", "aliases", "description", "members", "formula", "parameters", "fallback", "mask",
        "control_tokens", "draft", "speculation", "drafts", "coupling", "prompt",
        "negative_prompt", "sampling", "context", "engine",
    ]

    /// Reads a recipe file. Paths in it are relative to its folder; `~` is the home folder.
    ///
    /// - Throws: ``RecipeError``, or a `FormulaError` that points into a formula.
    public init(contentsOf path: String) throws {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            let exists = FileManager.default.fileExists(atPath: path)
            throw RecipeError.unreadable(
                path: path, reason: exists ? "it cannot be read" : "there is no such file")
        }
        guard data.count <= Self.sizeLimit else {
            throw RecipeError.tooLarge(path: path, bytes: data.count, limit: Self.sizeLimit)
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw RecipeError.notUTF8(path: path)
        }
        try self.init(
            yaml: text, file: (path as NSString).lastPathComponent,
            folder: URL(filePath: path).deletingLastPathComponent().path)
    }

    /// Reads a recipe's text.
    ///
    /// - Parameters:
    ///   - text: YAML.
    ///   - file: what to call it in errors; without its extension, the default name.
    ///   - folder: what paths in it are relative to.
    public init(yaml text: String, file: String, folder: String) throws {
        let root = try YAMLMapping(reading: text, file: file, known: Self.keys) {
            RecipeError.notYAML(path: file, reason: $0)
        }
        let members = try Self.members(root, folder: folder)
        let names = members.map(\.name)
        let parameters = try Self.parameters(root, members: names)
        func formula(_ mapping: YAMLMapping, _ key: String) throws -> Formula? {
            guard let text = try mapping.text(key) else { return nil }
            return try Formula(parsing: text, members: names, parameters: parameters.map(\.name))
        }
        _ = try root.required("formula")
        guard let main = try formula(root, "formula") else {
            throw RecipeError.missingKey("formula", at: root.place)
        }
        let name = try root.text("name")
        let aliases = try root.texts("aliases") ?? []
        for (key, name) in [("name", name)] + aliases.map({ ("aliases", Optional($0)) }) {
            let isShown = name?.unicodeScalars
                .allSatisfy { $0.properties.generalCategory != .control }
            guard name?.isEmpty != true, isShown != false else {
                throw RecipeError.invalid(
                    at: root.place(of: key),
                    reason: "a name needs at least one character, and all must be printable.")
            }
        }
        var recipe = Recipe(
            name: name ?? (file as NSString).deletingPathExtension, members: members,
            formula: main, parameters: parameters)
        recipe.aliases = aliases
        recipe.description = try root.text("description")
        recipe.fallback = try formula(root, "fallback")
        recipe.mask = try Self.mask(root, formula)
        recipe.control = try root.choice("control_tokens", ControlTokens.self) ?? .fallback
        recipe.draft = try root.text("draft")
        try recipe.readPrompt(root, folder: folder)
        recipe.negativePrompt = try root.text("negative_prompt")
        if let name = recipe.negativePrompt, !names.contains(name) {
            throw RecipeError.invalid(
                at: root.place(of: "negative_prompt"),
                reason: "must name a member: `\(name)` is not one."
                    + (name.nearest(in: names).map { " Did you mean `\($0)`?" } ?? ""))
        }
        recipe.defaults = try GenerationDefaults(root)
        recipe.options = try LlamaOptions(root)
        self = recipe
    }

    private mutating func readPrompt(_ root: YAMLMapping, folder: String) throws {
        func form(_ text: String) -> PromptForm { PromptForm(text, in: folder) }
        if root.node("prompt")?.scalar != nil {
            prompt = try root.text("prompt").map(form) ?? .own
        } else if let mapping = try root.mapping(
            "prompt", known: ["template", "system", "variables"])
        {
            prompt = try mapping.text("template").map(form) ?? .own
            system = try mapping.text("system")
            guard let variables = try mapping.mapping("variables", known: nil) else { return }
            do {
                try templateOptions.set(
                    try variables.keys.map { key in
                        JSON.Entry(key: key, value: try variables.json(key))
                    })
            } catch let error as TemplateError {
                throw RecipeError.invalid(at: variables.place, reason: "\(error)")
            }
        }
    }

    private static func parameters(
        _ root: YAMLMapping, members: [String]
    ) throws(RecipeError) -> [Parameter] {
        guard let mapping = try root.mapping("parameters", known: nil) else { return [] }
        var parameters: [Parameter] = []
        for name in mapping.keys {
            let place = mapping.place(of: name)
            try requireName(name, at: place)
            if members.contains(name) {
                throw .invalid(at: place, reason: "a member has the same name. Rename one.")
            }
            let node = try mapping.required(name)
            if node.scalar != nil {
                parameters.append(Parameter(name, default: try mapping.number(node, at: place)))
                continue
            }
            let body = try YAMLMapping(node, at: place, known: ["default", "range"])
            _ = try body.required("default")
            let value = try body.number("default") ?? 0
            let range = try body.range("range")
            parameters.append(
                range.map { Parameter(name, default: value, in: $0) }
                    ?? Parameter(name, default: value))
        }
        return parameters
    }

    private static func mask(
        _ root: YAMLMapping, _ formula: (YAMLMapping, String) throws -> Formula?
    ) throws -> Mask? {
        let known = ["nucleus", "relative", "tokens", "of", "effect"]
        guard let mapping = try root.mapping("mask", known: known) else { return nil }
        let rules = ["nucleus", "relative", "tokens"].filter { mapping.node($0) != nil }
        guard rules.count == 1 else {
            throw RecipeError.invalid(
                at: mapping.place,
                reason: "a mask needs exactly one of `nucleus`, `relative` and `tokens`: "
                    + "this one has \(rules.isEmpty ? "none" : rules.joined(separator: " and ")).")
        }
        let of = try formula(mapping, "of")
        let effect = try mapping.choice("effect", Mask.Effect.self) ?? .fallback
        if let p = try mapping.number("nucleus") { return Mask(.nucleus(p, of: of), effect) }
        if let share = try mapping.number("relative") {
            return Mask(.relative(share, of: of), effect)
        }
        if of != nil {
            throw RecipeError.invalid(
                at: mapping.place(of: "of"),
                reason: "a mask of `tokens` does not use a formula. Leave `of` out.")
        }
        var tokens: Set<TokenID> = []
        for node in try mapping.list("tokens") ?? [] {
            guard let token = node.int, token >= 0 else {
                throw RecipeError.wrongType(
                    at: mapping.place(of: "tokens"), expected: "a list of token ids",
                    received: node.kind)
            }
            tokens.insert(token)
        }
        return Mask(.tokens(tokens), effect)
    }
}

extension YAMLMapping {
    /// A value of any kind.
    fileprivate func json(_ key: String) throws(RecipeError) -> JSON {
        guard let node = node(key) else { return .null }
        return try json(node, at: place(of: key))
    }

    private func json(_ node: Node, at place: RecipeError.Place, depth: Int = 0) throws(RecipeError)
        -> JSON
    {
        guard depth < 32 else { throw .invalid(at: place, reason: "values may be nested 32 deep.") }
        if let mapping = node.mapping {
            var entries: [JSON.Entry] = []
            for (key, value) in mapping {
                guard let name = key.scalar?.string else {
                    throw .wrongType(at: place, expected: "a text as key", received: key.kind)
                }
                entries.append(
                    JSON.Entry(key: name, value: try json(value, at: place, depth: depth + 1)))
            }
            return .object(entries)
        }
        if let items = node.sequence {
            var values: [JSON] = []
            for item in items { values.append(try json(item, at: place, depth: depth + 1)) }
            return .array(values)
        }
        if node.isNull { return .null }
        if let flag = node.bool { return .flag(flag) }
        if let whole = node.int { return .integer(whole) }
        if let number = node.float { return .number(number) }
        return .text(node.scalar?.string ?? "")
    }

    /// `[lower, upper]`.
    fileprivate func range(_ key: String) throws(RecipeError) -> ClosedRange<Double>? {
        guard let bounds = try list(key) else { return nil }
        let place = place(of: key)
        guard bounds.count == 2 else {
            throw .wrongType(
                at: place, expected: "[lower, upper]", received: "\(bounds.count) values")
        }
        let lower = try number(bounds[0], at: place)
        let upper = try number(bounds[1], at: place)
        guard lower <= upper else {
            throw .invalid(
                at: place,
                reason: "the lower bound must come first: [\(upper.short), \(lower.short)].")
        }
        return lower...upper
    }
}
