import ChatTemplates
import Foundation
import LlamaBackend

extension DataLine {
    private static let rule =
        "a JSON object with `prompt` (a text) or `messages` (a list of objects with `role` and "
        + "`content`)"

    init(json: String, at place: String, number: Int) throws(StudyError) {
        let entry: Entry
        do {
            entry = try JSONDecoder().decode(Entry.self, from: Data(json.utf8))
        } catch {
            throw .badLine(place: place, rule: Self.rule, reason: Self.reason(error))
        }
        let messages: [ChatMessage]
        switch (entry.prompt, entry.messages) {
        case (let prompt?, nil): messages = [ChatMessage(role: "user", content: prompt)]
        case (nil, let chat?) where !chat.isEmpty: messages = chat
        default:
            throw .badLine(
                place: place, rule: Self.rule, reason: "it has neither, both, or an empty list")
        }
        self.init(
            place: place, id: entry.id ?? "\(number)", messages: messages,
            response: entry.response, chosen: entry.chosen, rejected: entry.rejected,
            answers: entry.answers, choices: entry.choices, fields: entry.fields)
    }

    private static func reason(_ error: any Error) -> String {
        func path(_ context: DecodingError.Context) -> String {
            context.codingPath.map(\.stringValue).joined(separator: ".")
        }
        return switch error as? DecodingError {
        case .typeMismatch(_, let context) where !context.codingPath.isEmpty:
            "`\(path(context))` has another type"
        case .valueNotFound(_, let context): "`\(path(context))` is null"
        case .keyNotFound(let key, _): "`\(key.stringValue)` is missing"
        default: "this is not a JSON object"
        }
    }

    private struct Entry: Decodable {
        var id: String?
        var prompt: String?
        var messages: [ChatMessage]?
        var response: String?
        var chosen: String?
        var rejected: String?
        var answers: [String] = []
        var choices: [String] = []
        var fields: [String: String] = [:]

        init(from decoder: any Decoder) throws {
            let all = try decoder.container(keyedBy: Key.self)
            for key in all.allKeys {
                switch key.stringValue {
                case "id": id = try all.scalar(key)
                case "prompt": prompt = try all.decode(String.self, forKey: key)
                case "messages": messages = try all.decode([ChatMessage].self, forKey: key)
                case "response": response = try all.decode(String.self, forKey: key)
                case "chosen": chosen = try all.decode(String.self, forKey: key)
                case "rejected": rejected = try all.decode(String.self, forKey: key)
                case "answer", "answers":
                    answers += try all.texts(key)
                    fields[key.stringValue] = answers.first
                case "choices": choices = try all.texts(key)
                default: fields[key.stringValue] = try? all.scalar(key)
                }
            }
        }
    }

    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}

extension KeyedDecodingContainer {
    /// A text, a number or a truth value, as text.
    fileprivate func scalar(_ key: Key) throws -> String {
        if let text = try? decode(String.self, forKey: key) { return text }
        if let flag = try? decode(Bool.self, forKey: key) { return "\(flag)" }
        if let whole = try? decode(Int.self, forKey: key) { return "\(whole)" }
        return "\(try decode(Double.self, forKey: key))"
    }

    /// A scalar or a list of texts.
    fileprivate func texts(_ key: Key) throws -> [String] {
        if let single = try? scalar(key) { return [single] }
        return try decode([String].self, forKey: key)
    }
}
