import Grammars
import JSONValues

/// What the text of a reply must be.
struct ReplyForm: Hashable {
    enum Kind: Hashable {
        case jsonObject
        case schema(JSON)
        case choices([String])
        case expression(String)
        case grammar(String)
    }

    var kind: Kind
    /// The field that asked for it.
    var field: String

    /// OpenAI's name of the form.
    var name: String {
        switch kind {
        case .choices, .expression, .grammar: "text"
        case .jsonObject: "json_object"
        case .schema: "json_schema"
        }
    }

    /// What tells the form from others.
    var key: String {
        switch kind {
        case .jsonObject: "object"
        case .schema(let schema): "schema " + schema.text
        case .choices(let choices): "choices " + JSON.array(choices.map { .text($0) }).text
        case .expression(let text): "expression " + text
        case .grammar(let text): "grammar " + text
        }
    }

    func grammar() throws(APIError) -> Grammar {
        do throws(GrammarError) {
            return switch kind {
            case .jsonObject: try Grammar.jsonObject()
            case .schema(let schema): try Grammar(schema: schema)
            case .choices(let choices): try Grammar(choices: choices)
            case .expression(let text): try Grammar(regularExpression: text)
            case .grammar(let text): try Grammar(gbnf: text)
            }
        } catch {
            throw .invalid(field, "\(error)")
        }
    }
}
