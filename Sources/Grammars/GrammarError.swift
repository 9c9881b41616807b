/// Why a grammar cannot be read or followed.
public enum GrammarError: Error, Sendable, Equatable {
    /// The text is no grammar in llama.cpp's notation (GBNF).
    case notation(line: Int, reason: String)
    /// The text is no regular expression that can be followed; `position` counts characters from 0.
    case expression(position: Int, reason: String)
    /// The schema cannot be expressed: the keyword, and the JSON pointer of the schema that has it.
    case schema(keyword: String, pointer: String, reason: String)
    /// A rule begins with itself, so that nothing can be read before it.
    case leftRecursion(rule: String)
    /// The rule matches no text that ends.
    case matchesNothing(rule: String)
    /// A list of choices without any, or with an empty one.
    case choices(String)
    /// The grammar asks for more than it may: see ``GrammarLimits``.
    case limit(String)
}

extension GrammarError: CustomStringConvertible {
    /// One sentence of fewer than 400 characters.
    public var description: String {
        switch self {
        case .notation(let line, let reason):
            "The grammar cannot be read, line \(line): \(reason.shortened(200))."
        case .expression(let position, let reason):
            "The regular expression cannot be followed, character \(position): \(reason.shortened(200))."
        case .schema(let keyword, let pointer, let reason):
            "The JSON schema cannot be followed: `\(keyword.shortened(40))` at "
                + "`\(pointer.shortened(100))`: \(reason.shortened(160))."
        case .leftRecursion(let rule):
            "The rule `\(rule.shortened(100))` begins with itself. Write it so that each round "
                + "begins with some text."
        case .matchesNothing(let rule):
            "The rule `\(rule.shortened(100))` matches no text that ends: each of its "
                + "alternatives needs another round of it, or something that matches nothing."
        case .choices(let reason): "The choices cannot be followed: \(reason.shortened(200))."
        case .limit(let reason): "The grammar asks for too much: \(reason.shortened(200))."
        }
    }
}

extension String {
    /// At most so many characters, without control characters: errors are shown on terminals.
    func shortened(_ count: Int) -> String {
        let printable = String(
            String.UnicodeScalarView(
                unicodeScalars.prefix(count + 1).map {
                    $0.properties.generalCategory == .control ? " " : $0
                }))
        guard printable.unicodeScalars.count > count else { return printable }
        return String(printable.unicodeScalars.prefix(count - 1)) + "…"
    }
}
