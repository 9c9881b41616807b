import Foundation
import JSONValues
import Synchronization

/// JSON that stands in an answer as its text: keys keep their spelling and order, and numbers their digits.
struct RawJSON: Encodable, Sendable {
    private let text: String

    /// - Parameter text: must be JSON.
    init(text: String) { self.text = text }

    init(_ json: JSON) { text = json.text }

    func encode(to encoder: any Encoder) throws {
        let texts = RawTexts.key.flatMap { encoder.userInfo[$0] } as? RawTexts
        var container = encoder.singleValueContainer()
        try container.encode(texts?.mark(for: text) ?? text)
    }
}

/// The texts of an answer's ``RawJSON``. Encoders cannot write them, so that marks stand in their places
/// until the rest is written.
final class RawTexts: Sendable {
    static let key = CodingUserInfoKey(rawValue: "RawTexts")

    // Nothing that a client sent can be one of the marks.
    private let prefix = "\(UUID().uuidString):"
    private let texts = Mutex<[String]>([])

    fileprivate func mark(for text: String) -> String {
        texts.withLock { texts in
            texts.append(text)
            return "\(prefix)\(texts.count - 1)"
        }
    }

    /// Puts the texts in the places of their marks.
    ///
    /// - Complexity: O(bytes).
    func fill(_ data: Data) -> Data {
        let texts = texts.withLock { $0 }
        guard !texts.isEmpty else { return data }
        let start = Data("\"\(prefix)".utf8)
        var filled = Data()
        var rest = data[...]
        while let mark = rest.firstRange(of: start),
            let end = rest[mark.upperBound...].firstIndex(of: UInt8(ascii: "\"")),
            let index = Int(String(decoding: rest[mark.upperBound..<end], as: UTF8.self)),
            texts.indices.contains(index)
        {
            filled += rest[..<mark.lowerBound]
            filled += Data(texts[index].utf8)
            rest = rest[(end + 1)...]
        }
        return filled + rest
    }
}
