import JSONValues

extension ReplyForm {
    /// Fields that ask for a form, in the words of OpenAI, vLLM and llama-server.
    static let names = [
        "response_format", "json_schema", "grammar", "guided_json", "guided_regex",
        "guided_choice", "guided_grammar", "structured_outputs",
    ]

    /// The form that a request asks for; nil: any text will do.
    ///
    /// - Throws: also when two fields ask for two forms.
    static func read(_ fields: Fields) throws(APIError) -> ReplyForm? {
        var found: [ReplyForm] = []
        if let kind = try format(fields) {
            found.append(ReplyForm(kind: kind, field: "response_format"))
        }
        found += try forms(fields, schema: "json_schema", grammar: "grammar")
        found += try forms(
            fields, schema: "guided_json", expression: "guided_regex", choices: "guided_choice",
            grammar: "guided_grammar")
        if let structured = try fields.object(
            "structured_outputs", known: ["json", "regex", "choice", "grammar", "json_object"],
            unkept: UnkeptField.structuredOutputs)
        {
            found += try forms(
                structured, schema: "json", expression: "regex", choices: "choice",
                grammar: "grammar")
            if try structured.flag("json_object") == true {
                found.append(
                    ReplyForm(kind: .jsonObject, field: structured.place("json_object")))
            }
        }
        guard found.count < 2 else {
            throw .invalid(
                found[1].field,
                "A reply can be held to one form only: `\(found[0].field)` and `\(found[1].field)` "
                    + "each ask for one. Give one of them.")
        }
        return found.first
    }

    /// The forms that an object asks for, under these names.
    private static func forms(
        _ fields: Fields, schema: String, expression: String? = nil, choices: String? = nil,
        grammar: String
    ) throws(APIError) -> [ReplyForm] {
        var forms: [ReplyForm] = []
        func add(_ kind: Kind, _ key: String) {
            forms.append(ReplyForm(kind: kind, field: fields.place(key)))
        }
        if let value = fields[schema] { add(.schema(value.unquoted), schema) }
        if let expression, let text = try fields.text(expression) {
            add(.expression(text), expression)
        }
        if let choices, let texts = try fields.texts(choices) { add(.choices(texts), choices) }
        // llama-server's clients send an empty one, at the top of the body, for none.
        if let text = try fields.text(grammar), !(text.isEmpty && fields.path.isEmpty) {
            add(.grammar(text), grammar)
        }
        return forms
    }

    /// `response_format`.
    private static func format(_ fields: Fields) throws(APIError) -> Kind? {
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
            return try described.map(schema)
        default: throw try unknownType(format)
        }
    }

    /// `text.format` of the Responses API.
    static func format(ofText text: Fields) throws(APIError) -> ReplyForm? {
        guard
            let format = try text.object(
                "format", known: ["type", "name", "description", "schema", "strict"])
        else { return nil }
        let field = text.place("format")
        switch try format.text("type") {
        case "text": return nil
        case "json_object": return ReplyForm(kind: .jsonObject, field: field)
        case "json_schema": return ReplyForm(kind: try schema(format), field: field)
        default: throw try unknownType(format)
        }
    }

    /// A schema with its description.
    private static func schema(_ described: Fields) throws(APIError) -> Kind {
        _ = try described.text("name")
        _ = try described.text("description")
        // A grammar is always kept.
        _ = try described.flag("strict")
        return .schema(try described.required("schema"))
    }

    private static func unknownType(_ format: Fields) throws(APIError) -> APIError {
        _ = try format.required("type")
        return .invalid(
            format.place("type"),
            "`\(format.place("type"))` must be `text`, `json_object` or `json_schema`.",
            code: "unsupported_parameter")
    }
}

extension Fields {
    fileprivate func texts(_ key: String) throws(APIError) -> [String]? {
        guard let values = try array(key) else { return nil }
        var texts: [String] = []
        for value in values {
            guard case .text(let text) = value else {
                throw wrong(key, "an array of strings", value)
            }
            texts.append(text)
        }
        return texts
    }
}
