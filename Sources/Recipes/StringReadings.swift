import EmulatedFineTuning
import LlamaBackend
import StringScores

/// Which members of a recipe are asked by strings, and how they read what they are given.
///
/// Members of another vocabulary than the tuned one's are; and so is every base that is subtracted beside
/// them, although it could be asked by tokens: "begins with `the`" is true of `there`, and a difference of the two
/// kinds would be biased. The tuned member, and all that the fallback and the mask look at, are asked by tokens.
struct StringReadings {
    private var readings: [String: StringReading] = [:]
    private let shared: Vocabulary?
    /// What the user should know, one sentence each.
    private(set) var notes: [String] = []

    /// - Parameter files: of the members that run in process.
    /// - Throws: ``RecipeError/inconsistent(_:)`` with the remedy where the recipe does not allow it.
    init(
        _ recipe: Recipe, _ files: [String: LocalMember], tuned: String, _ pool: SharedWeights
    ) throws {
        shared = files[tuned]?.weights.vocabulary
        guard let shared else { return }
        var foreign: [String: VocabularyDifference] = [:]
        for member in recipe.members where member.vocabulary != .tokens {
            let own = files[member.name]?.weights.vocabulary
            foreign[member.name] = own.flatMap { shared.firstDifference(from: $0) }
        }
        let declared = recipe.members.filter { $0.vocabulary == .strings }.map(\.name)
        guard !foreign.isEmpty || !declared.isEmpty else { return }
        let asked = recipe.members.map(\.name).filter {
            foreign[$0] != nil || declared.contains($0)
        }
        try Self.require(recipe, asked, tuned, foreign)
        // For no value of a parameter may the difference be of two kinds.
        let corners = [
            recipe.defaultParameters,
            recipe.parameters.reduce(into: [:]) { $0[$1.name] = $1.range.lowerBound },
            recipe.parameters.reduce(into: [:]) { $0[$1.name] = $1.range.upperBound },
        ]
        let subtracted = try corners.reduce(into: Set<String>()) {
            $0.formUnion(try recipe.formula.subtracted($1))
        }
        let ruling = Self.ruling(recipe)
        for member in recipe.members {
            guard let file = files[member.name] else { continue }
            if foreign[member.name] != nil {
                readings[member.name] = .text(try pool.strings(of: file.weights))
            } else if member.vocabulary == .strings
                || member.vocabulary == nil && subtracted.contains(member.name)
                    && !ruling.contains(member.name)
            {
                readings[member.name] = .tokens(try pool.strings(of: file.weights))
            }
        }
        notes = Self.notes(recipe, readings, tuned, foreign)
    }

    /// How a member is asked by strings; nil: by tokens.
    subscript(member: String) -> StringReading? { readings[member] }

    /// Whether a member has another vocabulary.
    func isForeign(_ member: String) -> Bool {
        if case .text? = readings[member] { true } else { false }
    }

    /// The models of all members that run in process, by name.
    func models(_ files: [String: LocalMember]) throws -> [String: LocalMember.Loaded] {
        var models: [String: LocalMember.Loaded] = [:]
        for (name, file) in files.sorted(by: { $0.key < $1.key }) where models[name] == nil {
            let alike = files.keys.sorted().filter {
                readings[name] == nil && readings[$0] == nil
                    && files[$0]?.hasModel(of: file) == true
            }
            if alike.count > 1, let shares = try file.shared(by: alike.count) {
                for (name, share) in zip(alike, shares) { models[name] = share }
            } else {
                models[name] = try file.loaded(
                    readings[name], as: shared ?? file.weights.vocabulary)
            }
        }
        return models
    }

    /// The members that the fallback and the mask look at.
    private static func ruling(_ recipe: Recipe) -> [String] {
        (recipe.fallback?.members ?? []) + (recipe.mask?.rule.formula?.members ?? [])
    }

    private static func require(
        _ recipe: Recipe, _ asked: [String], _ tuned: String,
        _ foreign: [String: VocabularyDifference]
    ) throws(RecipeError) {
        let named = { (name: String) in
            foreign[name].map { "`\(name)` has another vocabulary than `\(tuned)` (\($0))" }
                ?? "`\(name)` has `vocabulary: strings`"
        }
        if let name = asked.first(where: { $0 == tuned || ruling(recipe).contains($0) }) {
            throw .inconsistent(
                "\(named(name)), so it is asked how likely texts are. It cannot be in the fallback, in the "
                    + "formula of the mask, or be the tuned member: those are asked for all tokens. Name "
                    + "members of one vocabulary there.")
        }
        guard let name = asked.first, recipe.mask?.effect != .fallback else { return }
        throw .inconsistent(
            "\(named(name)), so it is asked how likely texts are, one by one. That needs a mask which leaves "
                + "few: add `mask: { nucleus: 0.95 }`, and `fallback: \(tuned)`.")
    }

    private static func notes(
        _ recipe: Recipe, _ readings: [String: StringReading], _ tuned: String,
        _ foreign: [String: VocabularyDifference]
    ) -> [String] {
        recipe.members.compactMap { member in
            switch readings[member.name] {
            case .text(let strings):
                let family = strings.vocabulary.family.map { ", that of \($0)" } ?? ""
                let difference = foreign[member.name].map { ": \($0)" } ?? ""
                return
                    "`\(member.name)` has another vocabulary than `\(tuned)`\(family)\(difference). It is "
                    + "asked how likely texts are, not tokens, and reads prompts in its own form. Marks "
                    + "follow the fallback."
            case .tokens:
                return
                    "`\(member.name)` is asked by texts too, so that the difference compares like with "
                    + "like."
            case nil: return nil
            }
        }
    }
}
