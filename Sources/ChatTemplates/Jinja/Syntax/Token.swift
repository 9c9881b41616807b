/// A piece of a template's text.
struct Token {
    enum Kind: Equatable {
        /// Text between tags.
        case data(MarkedText)
        case variableBegin, variableEnd, blockBegin, blockEnd
        case name(String)
        case string(MarkedText)
        case integer(Int)
        case float(Double)
        case sign(String)
        case end
    }

    var kind: Kind
    var line: Int
}

extension Token: CustomStringConvertible {
    var description: String {
        switch kind {
        case .data: "text"
        case .variableBegin: "`{{`"
        case .variableEnd: "`}}`"
        case .blockBegin: "`{%`"
        case .blockEnd: "`%}`"
        case .name(let name): "`\(name)`"
        case .string(let text): "`'\(text.string)'`"
        case .integer(let value): "`\(value)`"
        case .float(let value): "`\(value)`"
        case .sign(let sign): "`\(sign)`"
        case .end: "the end of the template"
        }
    }
}
