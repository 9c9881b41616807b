/// A JSON value as it was sent: numbers keep whether they are whole, objects the order of their keys.
public enum JSON: Hashable, Sendable {
    case null
    case flag(Bool)
    case integer(Int)
    /// A whole number that no `Int` can hold, by its digits, with a minus before them if it has one.
    case large(String)
    case number(Double)
    case text(String)
    case array([JSON])
    case object([Entry])

    /// A key and its value.
    public struct Entry: Hashable, Sendable {
        public var key: String
        public var value: JSON

        public init(key: String, value: JSON) {
            self.key = key
            self.value = value
        }
    }

    /// What the value is, for people who sent another.
    public var kind: String {
        switch self {
        case .null: "null"
        case .flag(let value): "\(value)"
        case .integer(let value): "the number \(value)"
        case .large(let digits):
            "the number \(digits.count > 40 ? "\(digits.prefix(40))…" : digits)"
        case .number(let value): "the number \(value)"
        case .text: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
