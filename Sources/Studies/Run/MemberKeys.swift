import ChatTemplates
import EmulatedFineTuning
import Foundation
import LlamaBackend
import Recipes

/// What tells the members of a recipe from others: weights, adapters, prompts, how they are read.
struct MemberKeys {
    /// By name.
    private var keys: [String: String] = [:]

    /// The keys of all members, sorted. Those that a formula leaves out decide too: the vocabulary, and what they lack.
    var all: [String] { keys.values.sorted() }

    /// - Parameter files: hashes of files, by path; those that were not known are added.
    /// - Throws: ``StudyError``.
    init(_ recipe: Recipe, files: inout [String: String]) throws {
        func fingerprint(_ path: String) throws -> String {
            if let known = files[path] { return known }
            let hash = try StableHash.ofFile(path)
            files[path] = hash
            return hash
        }
        var weights: [String: [String]] = [:]
        for member in recipe.members {
            switch member.source {
            case .file(let path):
                weights[member.name] = try Self.files(of: path).map(fingerprint)
            // The weights behind a name are the server's affair.
            case .remote(let remote):
                weights[member.name] = ["remote \(remote.url) \(remote.model)"]
            case .member: break
            }
        }
        for member in recipe.members {
            var parts = weights[member.name] ?? []
            if case .member(let other) = member.source { parts = weights[other] ?? [] }
            for adapter in member.adapters {
                parts += [try fingerprint(adapter.path), "\(adapter.scale)"]
            }
            // Nil is not the same as empty, nor as the recipe's own form.
            parts += [
                try member.prompt.map { try Self.text(of: $0) }
                    ?? "the recipe's: \(Self.text(of: recipe.prompt))",
                member.system.map { "system \($0)" } ?? "the chat's system",
                member.vocabulary.map { "read by \($0)" } ?? "read as it is found",
            ]
            keys[member.name] = StableHash(parts).text
        }
    }

    /// The members that a formula names, in its order.
    func named(in formula: Formula) -> [String] { formula.members.map { keys[$0] ?? $0 } }

    /// A weighted sum: keys and weights of the members that have one.
    func text(_ formula: Formula, _ parameters: [String: Double]) throws -> String {
        try formula.weights(parameters).filter { $0.value != 0 }
            .map { "\(keys[$0.key] ?? $0.key) \($0.value)" }.sorted().joined(separator: " ")
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

    /// A form of prompts; of a file, its text: the same path may hold another one tomorrow.
    private static func text(of form: PromptForm) throws -> String {
        guard case .file(let path) = form else { return "\(form)" }
        return try String(contentsOfFile: path, encoding: .utf8)
    }
}
