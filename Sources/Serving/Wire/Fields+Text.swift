import JSONValues

/// Parts of a text, as an API has them.
struct TextParts {
    /// Types of parts that are read.
    var types: [String]
    /// Other fields that a part may have.
    var unkept: [String: UnkeptField]

    static let chat = TextParts(types: ["text"], unkept: UnkeptField.part)
    static let responses = TextParts(
        types: ["input_text", "output_text"], unkept: UnkeptField.inputPart)
    static let messages = TextParts(types: ["text"], unkept: UnkeptField.block)
}

extension Fields {
    /// A text, or an array of parts of one, which are joined by line breaks.
    ///
    /// - Returns: an empty text where the field is missing.
    func text(_ key: String, in parts: TextParts) throws(APIError) -> String {
        guard case .array(let values)? = self[key] else { return try text(key) ?? "" }
        var texts: [String] = []
        for (index, value) in values.enumerated() {
            texts.append(try text(of: value, at: "\(place(key))[\(index)]", in: parts))
        }
        return texts.joined(separator: "\n")
    }

    /// The text of one part.
    func text(of part: JSON, at place: String, in parts: TextParts) throws(APIError) -> String {
        try part.requireType(parts.types, at: place)
        let fields = try nested(part, at: place, known: ["type", "text"], unkept: parts.unkept)
        return try fields.requiredText("text")
    }
}
