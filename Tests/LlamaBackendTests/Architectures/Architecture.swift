import EmulatedFineTuning
import Foundation
import LlamaBackend
import TestSupport
import Testing

/// A tiny model of a real architecture, and what transformers computes with it:
/// Tests/Fixtures/architectures, whose README has the schema.
struct Architecture: Decodable, Sendable, CustomTestStringConvertible {
    var name: String
    /// The vocabulary of a real model that it has; nil: a small synthetic one.
    var realVocabulary: String?
    /// As the model file calls it.
    var architecture: String
    var vocabulary: Int
    /// Tokens after which llama.cpp computes something else, as it ignores a sliding window.
    var windowIgnored: Int?
    /// The ids whose log-probabilities are recorded.
    var reported: [TokenID]
    var sequences: [[TokenID]]
    /// Of the reported ids, by sequence and position.
    var logProbabilities: [[[Double]]]
    /// The same with GELU as llama.cpp's table on the CPU has it; nil for networks without.
    var withTabulatedGELU: [[[Double]]]?
    /// Those of the first sequence where it begins a text that is too long for the usual rotary factors;
    /// nil for models that have one kind of them.
    var asPartOfLongText: [[Double]]?

    var testDescription: String { realVocabulary.map { "\(name) with \($0)" } ?? name }

    /// Those with synthetic vocabularies.
    static let all = recorded.filter { $0.realVocabulary == nil }
    /// Those of them whose real vocabulary is at hand, with it.
    static let withRealVocabulary =
        RealVocabulary.areThere ? recorded.filter { $0.realVocabulary != nil } : []

    static let recorded: [Architecture] = {
        struct File: Decodable { var architectures: [Architecture] }
        let path = RepositoryFiles.path("Tests/Fixtures/architectures/reference.json")
        let file = try? JSONDecoder().decode(
            File.self, from: Data(contentsOf: URL(filePath: path)))
        return file?.architectures ?? []
    }()

    static func named(_ name: String) throws -> Architecture {
        try #require(all.first { $0.name == name })
    }

    var isRecurrent: Bool { architecture == "mamba" }

    /// How far passes of different widths may move a logit: an argument of GELU that falls into the next
    /// cell of its F16 table moves more than the order of a sum does.
    var rounding: Float { withTabulatedGELU == nil ? 1e-4 : 5e-3 }

    var path: String {
        get throws {
            if let realVocabulary {
                return try RealVocabulary.path(of: name, with: realVocabulary)
            }
            return RepositoryFiles.path("Tests/Fixtures/architectures/\(name).gguf")
        }
    }

    /// - Parameter variant: whose weights; 0: the file's own.
    func model(
        variant: UInt64 = 0, context: Int = 256, sequences: Int = 4
    ) throws -> LlamaModel {
        let path = try path
        return try LlamaModel(
            path: variant == 0 ? path : ModelVariant.path(of: path, variant),
            options: Tiny.options(context: context, sequences: sequences))
    }

    /// Some ids, always the same.
    func tokens(_ count: Int, from seed: Int = 1) -> [TokenID] {
        Tiny.tokens(count, from: seed).map { $0 % vocabulary }
    }
}
