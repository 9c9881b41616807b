import EmulatedFineTuning
import Foundation
import Recipes
import Yams

extension Study {
    static let keys = [
        "name", "description", "prompts", "systems", "judges", "metrics", "figures", "seeds",
        "sampling", "speculation", "parallel", "threads", "resamples",
    ]

    /// Reads a study file, and the prompts it names. Paths in it are relative to its folder.
    ///
    /// - Throws: ``StudyError``, or a `RecipeError` that points into the file.
    public init(contentsOf path: String) throws {
        try self.init(
            yaml: try DataLine.text(path), file: (path as NSString).lastPathComponent,
            folder: URL(filePath: path).deletingLastPathComponent().path)
    }

    /// Reads a study's text.
    ///
    /// - Parameters:
    ///   - text: YAML.
    ///   - file: what to call it in errors; without its extension, the default name.
    ///   - folder: what paths in it are relative to.
    public init(yaml text: String, file: String, folder: String) throws {
        let root = try YAMLMapping(reading: text, file: file, known: Self.keys) {
            StudyError.notYAML(path: file, reason: $0)
        }
        name = try root.text("name") ?? (file as NSString).deletingPathExtension
        description = try root.text("description")
        prompts = try Self.named(root, "prompts", ["file", "where", "take"]) {
            try PromptSet($0, $1, folder: folder)
        }
        let systemKeys = ["recipe", "member", "parameters", "sweep", "prompts"]
        systems = try Self.named(root, "systems", systemKeys) {
            try SystemDeclaration($0, $1, folder: folder)
        }
        judges = try Self.named(root, "judges", JudgeDeclaration.keys) {
            try JudgeDeclaration($0, $1, folder: folder)
        }
        metrics = try Self.named(root, "metrics", ["judge", "score", "prompts"]) {
            try Metric($0, $1)
        }
        figures = try (try root.list("figures") ?? []).map {
            try Figure(YAMLMapping($0, at: root.place(of: "figures"), known: nil))
        }
        let listed: [Node] = try root.list("seeds") ?? []
        seeds = try listed.map { node throws(RecipeError) in
            guard let seed = node.int, seed >= 0 else {
                throw RecipeError.wrongType(
                    at: root.place(of: "seeds"), expected: "a list of whole numbers",
                    received: node.kind)
            }
            return UInt64(seed)
        }
        if seeds.isEmpty { seeds = [1] }
        let defaults = try GenerationDefaults(root)
        generation = root.node("sampling") == nil ? nil : defaults
        speculation = root.node("speculation") == nil ? .off : defaults.speculation
        parallel = try root.integer("parallel", in: 1...256) ?? 8
        threads = try root.integer("threads", in: 1...1024)
        resamples = try root.integer("resamples", in: 100...100_000) ?? 2000
        try validate(file)
    }

    /// The entries of a mapping of names to mappings.
    private static func named<Entry>(
        _ root: YAMLMapping, _ key: String, _ known: [String],
        _ make: (String, YAMLMapping) throws -> Entry
    ) throws -> [Entry] {
        _ = try root.required(key)
        guard let mapping = try root.mapping(key, known: nil), !mapping.keys.isEmpty else {
            throw RecipeError.invalid(
                at: root.place(of: key), reason: "a study needs at least one entry under `\(key)`.")
        }
        return try mapping.keys.map { name in
            guard let body = try mapping.mapping(name, known: known) else {
                throw RecipeError.missingKey(name, at: mapping.place)
            }
            return try make(name, body)
        }
    }
}

extension YAMLMapping {
    func requiredText(_ key: String) throws -> String {
        _ = try required(key)
        return try text(key) ?? ""
    }
}

extension PromptSet {
    init(_ name: String, _ body: YAMLMapping, folder: String) throws {
        let path = Recipe.resolve(try body.requiredText("file"), in: folder)
        var lines = try DataLine.read(path)
        if let filter = try body.mapping("where", known: nil) {
            for key in filter.keys {
                let wanted = try filter.texts(key) ?? []
                lines.removeAll { line in !wanted.contains(line.fields[key] ?? "") }
            }
        }
        if let count = try body.integer("take", in: 1...10_000_000) {
            lines = Self.spread(lines, count)
        }
        guard !lines.isEmpty else { throw StudyError.noLines(path: path) }
        self.init(name: name, lines: lines)
    }

    /// That many lines at even distances, so that every part of a sorted file is in them.
    static func spread(_ lines: [DataLine], _ count: Int) -> [DataLine] {
        guard count < lines.count else { return lines }
        return (0..<count).map { lines[$0 * lines.count / count] }
    }
}

extension SystemDeclaration {
    init(_ name: String, _ body: YAMLMapping, folder: String) throws {
        self.init(
            name: name, recipe: Recipe.resolve(try body.requiredText("recipe"), in: folder),
            member: try body.text("member"), parameters: [:],
            prompts: try body.texts("prompts"))
        if let mapping = try body.mapping("parameters", known: nil) {
            for key in mapping.keys { parameters[key] = try mapping.number(key) }
        }
        guard let mapping = try body.mapping("sweep", known: nil) else { return }
        guard let key = mapping.keys.first, mapping.keys.count == 1 else {
            throw RecipeError.invalid(
                at: mapping.place, reason: "a sweep must have one parameter and its values.")
        }
        let place = mapping.place(of: key)
        let values = try (try mapping.list(key) ?? []).map { try mapping.number($0, at: place) }
        guard values.count >= 2, Set(values).count == values.count else {
            throw RecipeError.invalid(
                at: place, reason: "a sweep needs at least two values, all different.")
        }
        if member != nil {
            throw RecipeError.invalid(
                at: place,
                reason: "a single member has no parameters to sweep. Remove `member` or `sweep`.")
        }
        sweep = Sweep(parameter: key, values: values)
    }
}

extension Metric {
    init(_ name: String, _ body: YAMLMapping) throws {
        _ = try body.required("prompts")
        self.init(
            name: name, judge: try body.requiredText("judge"),
            score: try body.requiredText("score"), prompts: try body.texts("prompts") ?? [])
    }
}

extension Figure {
    init(_ body: YAMLMapping) throws {
        func known(_ keys: String...) throws {
            for key in body.keys where key != "kind" && !keys.contains(key) {
                throw RecipeError.unknownKey(key, at: body.place, known: ["kind"] + keys)
            }
        }
        let kind = try body.requiredText("kind")
        switch kind {
        case "decoupling":
            try known("small", "up", "down", "large", "metrics")
            self = .decoupling(
                small: try body.requiredText("small"), up: try body.requiredText("up"),
                down: try body.requiredText("down"), large: try body.requiredText("large"),
                metrics: try body.texts("metrics") ?? [])
        case "mixing":
            try known("x", "y", "sweeps")
            self = .mixing(
                x: try body.requiredText("x"), y: try body.requiredText("y"),
                sweeps: try body.texts("sweeps") ?? [])
        case "agreement":
            try known("system", "prompts", "replies", "blocks")
            let listed: [Node] = try body.list("blocks") ?? []
            let blocks = try listed.map { node throws(RecipeError) in
                guard let length = node.int, (1...64).contains(length) else {
                    throw .wrongType(
                        at: body.place(of: "blocks"), expected: "a list of numbers from 1 to 64",
                        received: node.scalar?.string ?? node.kind)
                }
                return length
            }
            self = .agreement(
                system: try body.requiredText("system"),
                prompts: try body.requiredText("prompts"),
                replies: try body.integer("replies", in: 1...1000) ?? 8,
                blocks: Array(Set(blocks)).sorted())
        default:
            guard let kind = SweepKind(rawValue: kind) else {
                throw RecipeError.invalid(
                    at: body.place,
                    reason: "`kind` must be one of decoupling, mixing, amplification, truncation, "
                        + "agreement: `\(kind)` is not.")
            }
            try known("sweep", "beside", "metrics")
            self = .sweep(
                kind: kind, sweep: try body.requiredText("sweep"),
                beside: try body.texts("beside") ?? [], metrics: try body.texts("metrics") ?? [])
        }
    }
}
