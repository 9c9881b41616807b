import EmulatedFineTuning
import Foundation
import TestSupport

/// Tests/Fixtures/reference/reference.json: what PyTorch computes. Its README has the schema.
struct Reference: Decodable {
    struct File: Decodable {
        var file: String
        var sha256: String
    }

    struct MaskEntry: Decodable {
        var rule: String
        var value: Double
        var of: String
        var effect: String
    }

    struct CompositeEntry: Decodable {
        var name: String
        var formula: String
        var fallback: String?
        var mask: MaskEntry?
        var control: String
        var fallbackTokens: [TokenID]
    }

    struct Series: Decodable {
        var logProbabilities: [Double?]
        var totalVariations: [Double]?
        var margins: [Double]?
        var top: [TokenID]
        var topLogProbabilities: [Double?]
    }

    struct Case: Decodable {
        var prompt: String
        var response: String
        /// Whether the response was sampled: its text may have other tokens too.
        var sampled: Bool
        var tokens: [TokenID]
        var first: Int
        var described: Int
        var members: [String: Series]
        var composites: [String: Series]
    }

    var members: [String: File]
    var vocabulary: Int
    var composites: [CompositeEntry]
    var cases: [Case]

    static func load() throws -> Reference {
        let path = RepositoryFiles.path("Tests/Fixtures/reference/reference.json")
        return try JSONDecoder().decode(
            Reference.self, from: Data(contentsOf: URL(filePath: path)))
    }
}

extension Reference.CompositeEntry {
    /// The names that occur, in a fixed order.
    var names: [String] {
        let text = [formula, fallback ?? "", mask?.of ?? ""].joined(separator: " ")
        let words = text.split { !$0.isLetter }.map(String.init)
        return ["large", "small", "chat", "help", "safe"].filter(words.contains)
    }

    func composite(_ models: (String) throws -> any LanguageModel) throws -> Composite {
        let names = names
        func parsed(_ text: String) throws -> Formula { try Formula(parsing: text, members: names) }
        return try Composite(
            members: names.map { Member($0, try models($0)) }, formula: parsed(formula),
            fallback: fallback.map(parsed),
            mask: mask.map { entry in
                let of = try parsed(entry.of)
                return Mask(
                    entry.rule == "nucleus"
                        ? .nucleus(entry.value, of: of) : .relative(entry.value, of: of),
                    entry.effect == "forbid" ? .forbid : .fallback)
            },
            control: control == "fallback" ? .fallback : .formula)
    }
}
