/// A JSON value as it was sent: numbers keep whether they are whole, objects the order of their keys.
enum JSON: Equatable, Sendable {
    case null
    case flag(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
    case array([JSON])
    case object([Entry])

    /// A key and its value.
    struct Entry: Equatable, Sendable {
        var key: String
        var value: JSON
    }

    /// What the value is, for people who sent another.
    var kind: String {
        switch self {
        case .null: "null"
        case .flag(let value): "\(value)"
        case .integer(let value): "the number \(value)"
        case .number(let value): "the number \(value)"
        case .text: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
