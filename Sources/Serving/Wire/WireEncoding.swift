import Foundation
import JSONValues

extension Encodable {
    /// The value as JSON, in one line, keys in order.
    var json: Data {
        let (encoder, texts) = (JSONEncoder(), RawTexts())
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        if let key = RawTexts.key { encoder.userInfo[key] = texts }
        // Log-probabilities are the only numbers that could be infinite, and are clamped before.
        return (try? encoder.encode(self)).map(texts.fill) ?? Data("{}".utf8)
    }
}

/// A value that is written as `null` when there is none, as clients expect it; other optionals are left
/// out.
@propertyWrapper
struct Nullable<Value: Encodable>: Encodable {
    var wrappedValue: Value?

    init(wrappedValue value: Value?) { wrappedValue = value }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let wrappedValue {
            try container.encode(wrappedValue)
        } else {
            try container.encodeNil()
        }
    }
}

extension Nullable: Sendable where Value: Sendable {}

extension Float {
    /// A log-probability, or a difference of two, as JSON can carry it: −∞ becomes −9999, as in
    /// vLLM, and ∞ becomes 9999.
    var finite: Float { Swift.min(Swift.max(self, -9999), 9999) }
}
