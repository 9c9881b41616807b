import Grammars
import JSONValues

/// What the text of a reply must be.
enum ReplyForm: Hashable {
    case text
    case jsonObject
    case schema(JSON)
    case choices([String])
    case expression(String)
    case grammar(String)

    /// Fields that say so, in the words of OpenAI, vLLM and llama-server.
    static let names = [
        "response_format", "json_schema", "grammar", "guided_json", "guided_regex",
        "guided_choice", "guided_grammar", "structured_outputs",
    ]

    /// The form, and the field that asked for it.
    ///
    /// - Throws: also when two fields ask for two forms.
    static func read(_ fields: Fields) throws(APIError) -> (form: ReplyForm, field: String) {
        var found: [(form: ReplyForm, field: String)] = []
        if let form = try format(fields) { found.append((form, "response_format")) }
        for name in ["json_schema", "guided_json"] {
            if let value = fields[name] { found.append((.schema(value.unquoted), name)) }
        }
        for name in ["grammar", "guided_grammar"] {
            // llama-server's clients send an empty one for none.
            if let text = try fields.text(name), !text.isEmpty {
                found.append((.grammar(text), name))
            }
        }
        if let text = try fields.text("guided_regex") {
            found.append((.expression(text), "guided_regex"))
        }
        if let choices = try fields.choices("guided_choice") {
            found.append((.choices(choices), "guided_choice"))
        }
        found += try structured(fields)
        guard found.count < 2 else {
            throw .invalid(
                found[1].field,
                "A reply can be held to one form only: `\(found[0].field)` and `\(found[1].field)` "
                    + "each ask for one. Give one of them.")
        }
        return found.first ?? (.text, "response_format")
    }

    /// `response_format`.
    private static func format(_ fields: Fields) throws(APIError) -> ReplyForm? {
        guard
            let format = try fields.object(
                "response_format", known: ["type", "schema", "json_schema"])
        else { return nil }
        switch try format.text("type") {
        case "text": return nil
        // llama-server's and others' short form of `json_schema`.
        case "json_object": return format["schema"].map { .schema($0) } ?? .jsonObject
        case "json_schema":
            _ = try format.required("json_schema")
            let described = try format.object(
                "json_schema", known: ["name", "description", "schema", "strict"])
            _ = try described?.text("name")
            _ = try described?.text("description")
            // A grammar is always kept.
            _ = try described?.flag("strict")
            guard let described else { return nil }
            return .schema(try described.required("schema"))
        default: throw try unknownType(format)
        }
    }

    /// `text.format` of the Responses API.
    static func format(ofText text: Fields) throws(APIError) -> ReplyForm {
        guard
            let format = try text.object(
                "format", known: ["type", "name", "description", "schema", "strict"])
        else { return .text }
        _ = try format.text("name")
        _ = try format.text("description")
        _ = try format.flag("strict")
        switch try format.text("type") {
        case "text": return .text
        case "json_object": return .jsonObject
        case "json_schema": return .schema(try format.required("schema"))
        default: throw try unknownType(format)
        }
    }

    private static func unknownType(_ format: Fields) throws(APIError) -> APIError {
        _ = try format.required("type")
        return .invalid(
            format.place("type"),
            "`\(format.place("type"))` must be `text`, `json_object` or `json_schema`.",
            code: "unsupported_parameter")
    }

    /// `structured_outputs`, vLLM's newer word for its `guided_…`.
    private static func structured(
        _ fields: Fields
    ) throws(APIError) -> [(form: ReplyForm, field: String)] {
        guard
            let structured = try fields.object(
                "structured_outputs",
                known: ["json", "regex", "choice", "grammar", "json_object"],
                unkept: [
                    "disable_additional_properties": .neutral([.flag(false)]),
                    "disable_any_whitespace": .neutral([.flag(false)]),
                    "disable_fallback": .withoutEffect,
                    "structural_tag": .refused,
                    "whitespace_pattern": .refused,
                ])
        else { return [] }
        var found: [(form: ReplyForm, field: String)] = []
        if let value = structured["json"] {
            found.append((.schema(value.unquoted), structured.place("json")))
        }
        if let text = try structured.text("regex") {
            found.append((.expression(text), structured.place("regex")))
        }
        if let choices = try structured.choices("choice") {
            found.append((.choices(choices), structured.place("choice")))
        }
        if let text = try structured.text("grammar") {
            found.append((.grammar(text), structured.place("grammar")))
        }
        if try structured.flag("json_object") == true {
            found.append((.jsonObject, structured.place("json_object")))
        }
        return found
    }

    /// OpenAI's name of the form.
    var name: String {
        switch self {
        case .text, .choices, .expression, .grammar: "text"
        case .jsonObject: "json_object"
        case .schema: "json_schema"
        }
    }

    /// What tells the form from others; nil: anything goes.
    var key: String? {
        switch self {
        case .text: nil
        case .jsonObject: "object"
        case .schema(let schema): "schema " + schema.text
        case .choices(let choices): "choices " + JSON.array(choices.map { .text($0) }).text
        case .expression(let text): "expression " + text
        case .grammar(let text): "grammar " + text
        }
    }

    /// The grammar of a form; that of a text allows anything.
    ///
    /// - Parameter field: the field that asked for it.
    func grammar(_ field: String) throws(APIError) -> Grammar {
        do throws(GrammarError) {
            return try grammar()
        } catch {
            throw .invalid(field, "\(error)")
        }
    }

    private func grammar() throws(GrammarError) -> Grammar {
        switch self {
        case .text: try Grammar(gbnf: "root ::= .*")
        case .jsonObject: try Grammar.jsonObject()
        case .schema(let schema): try Grammar(schema: schema)
        case .choices(let choices): try Grammar(choices: choices)
        case .expression(let text): try Grammar(regularExpression: text)
        case .grammar(let text): try Grammar(gbnf: text)
        }
    }
}

extension JSON {
    /// A schema that was sent as text.
    fileprivate var unquoted: JSON {
        guard case .text(let text) = self else { return self }
        return (try? JSONParser.parse(Array(text.utf8))) ?? self
    }
}

extension Fields {
    fileprivate func choices(_ key: String) throws(APIError) -> [String]? {
        guard let values = try array(key) else { return nil }
        var choices: [String] = []
        for value in values {
            guard case .text(let text) = value else {
                throw wrong(key, "an array of strings", value)
            }
            choices.append(text)
        }
        return choices
    }
}
