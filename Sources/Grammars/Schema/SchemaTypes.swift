import JSONValues

/// Kinds of JSON values. A whole number, `1.0` included, is an integer; other numbers are fractions.
struct SchemaTypes: OptionSet, Hashable, Sendable {
    let rawValue: UInt8

    static let null = SchemaTypes(rawValue: 1)
    static let boolean = SchemaTypes(rawValue: 2)
    static let integer = SchemaTypes(rawValue: 4)
    static let fraction = SchemaTypes(rawValue: 8)
    static let string = SchemaTypes(rawValue: 16)
    static let array = SchemaTypes(rawValue: 32)
    static let object = SchemaTypes(rawValue: 64)
    static let number: SchemaTypes = [.integer, .fraction]
    static let all = SchemaTypes(rawValue: 127)

    init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The type that a schema names; nil where there is none of that name.
    init?(named name: String) {
        switch name {
        case "null": self = .null
        case "boolean": self = .boolean
        case "integer": self = .integer
        case "number": self = .number
        case "string": self = .string
        case "array": self = .array
        case "object": self = .object
        default: return nil
        }
    }

    init(of value: JSON) {
        switch value {
        case .null: self = .null
        case .flag: self = .boolean
        case .integer, .large: self = .integer
        case .number(let number): self = number.rounded() == number ? .integer : .fraction
        case .text: self = .string
        case .array: self = .array
        case .object: self = .object
        }
    }
}
