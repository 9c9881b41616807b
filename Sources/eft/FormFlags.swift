import ArgumentParser
import EmulatedFineTuning
import Foundation
import Grammars
import JSONValues
import Recipes

/// What the text of a reply must be.
struct FormFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Make the reply JSON that validates against the JSON schema in this file.",
            valueName: "file"))
    var schema: String?

    @Option(
        help: ArgumentHelp(
            "Make the reply follow the grammar in this file, in llama.cpp's notation (GBNF).",
            valueName: "file"))
    var grammar: String?

    @Option(
        help: ArgumentHelp(
            "Make the reply match this regular expression as a whole.", valueName: "expression"))
    var regex: String?

    func validate() throws {
        if [schema, grammar, regex].compactMap({ $0 }).count > 1 {
            throw ValidationError(
                "A reply can be held to one form only. Give one of --schema, --grammar and --regex."
            )
        }
    }

    /// The form as a grammar; nil: any text will do.
    ///
    /// - Throws: what cannot be read, and what cannot be kept.
    func read() throws -> Grammar? {
        if let schema {
            let text = try PromptSource.read(schema)
            do {
                return try Grammar(schema: try JSONParser.parse(Array(text)))
            } catch let error as JSONError {
                throw InputError("A schema must be JSON: \(schema): \(error.reason).")
            } catch {
                throw InputError("\(schema): \(error)")
            }
        }
        if let grammar {
            guard let text = String(validating: try PromptSource.read(grammar), as: UTF8.self)
            else { throw InputError("A grammar must be UTF-8 text: \(grammar) is not.") }
            do {
                return try Grammar(gbnf: text)
            } catch {
                throw InputError("\(grammar): \(error)")
            }
        }
        return try regex.map { try Grammar(regularExpression: $0) }
    }
}
