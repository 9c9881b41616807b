import EmulatedFineTuning
import HTTPTypes
import JSONValues

/// The fields of a JSON object, read strictly: every field must be known, of its type and in its range, or
/// change nothing.
///
/// `null` is the same as no field, as in OpenAI's clients.
struct Fields {
    /// The object's place in the body, such as `stream_options`; empty at the top.
    let path: String
    /// Whether fields that have no effect are refused whatever they say.
    let isStrict: Bool
    private let entries: [String: JSON]

    /// - Parameters:
    ///   - known: fields that are read.
    ///   - unkept: fields that this server ignores, with the values that it accepts all the same.
    ///   - strict: whether these values are refused, too, and unknown fields that are `null`.
    init(
        _ value: JSON, at path: String = "", known: [String],
        unkept: [String: UnkeptField] = [:], strict: Bool
    ) throws(APIError) {
        self.path = path
        isStrict = strict
        guard case .object(let list) = value else {
            if path.isEmpty {
                throw APIError(
                    .badRequest, "A request body must be a JSON object: received \(value.kind).")
            }
            throw .invalid(path, "`\(path)` must be an object: received \(value.kind).")
        }
        var entries: [String: JSON] = [:]
        func field(_ key: String) -> JSON? { list.first { $0.key == key }?.value }
        for entry in list {
            let place = path.isEmpty ? entry.key : "\(path).\(entry.key)"
            if known.contains(entry.key) {
                entries[entry.key] = entry.value == .null ? nil : entry.value
            } else if let unkept = unkept[entry.key] {
                guard
                    entry.value == .null
                        || (!strict && unkept.accepts(entry.value, beside: field))
                else {
                    throw .invalid(
                        place, "`\(place)` is not supported by this server. Leave it out.",
                        code: "unsupported_parameter")
                }
            } else if strict || entry.value != .null {
                let shown = place.prefix(100)
                throw .invalid(
                    "\(shown)",
                    "There is no field `\(shown)`."
                        + entry.key.hint(among: known)
                        + " Leave it out.", code: "unknown_parameter")
            }
        }
        self.entries = entries
    }

    /// A field's place in the body.
    func place(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    subscript(key: String) -> JSON? { entries[key] }

    func required(_ key: String) throws(APIError) -> JSON {
        guard let value = entries[key] else {
            throw .invalid(
                place(key), "The required field `\(place(key))` is missing.",
                code: "missing_required_parameter")
        }
        return value
    }

    func text(_ key: String) throws(APIError) -> String? {
        guard let value = entries[key] else { return nil }
        guard case .text(let text) = value else { throw wrong(key, "a string", value) }
        return text
    }

    func requiredText(_ key: String) throws(APIError) -> String {
        _ = try required(key)
        return try text(key) ?? ""
    }

    func flag(_ key: String) throws(APIError) -> Bool? {
        guard let value = entries[key] else { return nil }
        guard case .flag(let flag) = value else { throw wrong(key, "true or false", value) }
        return flag
    }

    func integer(_ key: String, in range: ClosedRange<Int>) throws(APIError) -> Int? {
        guard let value = entries[key] else { return nil }
        let rule =
            range.upperBound == .max
            ? "a whole number, \(range.lowerBound) or more"
            : "a whole number from \(range.lowerBound) to \(range.upperBound)"
        guard case .integer(let integer) = value, range.contains(integer) else {
            throw wrong(key, rule, value)
        }
        return integer
    }

    func number(_ key: String, in range: ClosedRange<Double>) throws(APIError) -> Double? {
        guard let value = entries[key] else { return nil }
        let rule = "a number from \(range.lowerBound.short) to \(range.upperBound.short)"
        guard let number = value.double, range.contains(number) else {
            throw wrong(key, rule, value)
        }
        return number
    }

    func array(_ key: String) throws(APIError) -> [JSON]? {
        guard let value = entries[key] else { return nil }
        guard case .array(let values) = value else { throw wrong(key, "an array", value) }
        return values
    }

    /// The entries of an object, in their order.
    func entries(_ key: String) throws(APIError) -> [JSON.Entry] {
        guard let value = entries[key] else { return [] }
        guard case .object(let list) = value else { throw wrong(key, "an object", value) }
        return list
    }

    /// An object of numbers under keys of the client's choice.
    func numbers(_ key: String) throws(APIError) -> [(key: String, value: Double)] {
        guard let value = entries[key] else { return [] }
        guard case .object(let list) = value else { throw wrong(key, "an object", value) }
        var numbers: [(key: String, value: Double)] = []
        for entry in list {
            guard let number = entry.value.double else {
                throw wrong("\(key).\(entry.key.prefix(100))", "a number", entry.value)
            }
            numbers.append((entry.key, number))
        }
        return numbers
    }

    func object(
        _ key: String, known: [String], unkept: [String: UnkeptField] = [:]
    ) throws(APIError) -> Fields? {
        guard let value = entries[key] else { return nil }
        return try nested(value, at: place(key), known: known, unkept: unkept)
    }

    /// An object inside this one, read as strictly.
    func nested(
        _ value: JSON, at path: String, known: [String], unkept: [String: UnkeptField] = [:]
    ) throws(APIError) -> Fields {
        try Fields(value, at: path, known: known, unkept: unkept, strict: isStrict)
    }

    /// A value of another type or range than the field's.
    func wrong(_ key: String, _ rule: String, _ value: JSON) -> APIError {
        .invalid(place(key), "`\(place(key))` must be \(rule): received \(value.kind).")
    }
}

extension JSON {
    /// The value of a number of either kind.
    var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .large(let digits): Double(digits)
        case .number(let value): value
        default: nil
        }
    }
}
