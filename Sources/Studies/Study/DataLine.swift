public import ChatTemplates
import Foundation
public import LlamaBackend

/// One line of a JSONL data file: a chat, what is known about it, and maybe responses to it.
///
/// A chat is `prompt` (a text) or `messages`; `response`, `chosen` and `rejected` are responses;
/// `answer` (a text or a list) is a reference; `choices` are the options of a multiple-choice question,
/// among them the answer. Every other text, number or truth value is kept in ``fields``.
public struct DataLine: Sendable, Equatable {
    /// Where the line is: `facts.jsonl:12`.
    public var place: String
    /// The line's `id`, or its number in the file.
    public var id: String
    public var messages: [ChatMessage]
    public var response: String?
    public var chosen: String?
    public var rejected: String?
    public var answers: [String]
    public var choices: [String]
    public var fields: [String: String]

    /// What the user asked last.
    public var question: String { messages.last { $0.role == "user" }?.content ?? "" }

    /// Reads a JSONL file; lines of white space are passed over.
    ///
    /// - Throws: ``StudyError``; a malformed line is named by its number.
    public static func read(_ path: String) throws(StudyError) -> [DataLine] {
        let text = try self.text(path)
        let name = (path as NSString).lastPathComponent
        var lines: [DataLine] = []
        var ids: Set<String> = []
        for (index, line) in text.linesOfJSON.enumerated()
        where !line.allSatisfy(\.isWhitespace) {
            let place = "\(name):\(index + 1)"
            let parsed = try DataLine(json: line, at: place, number: index + 1)
            guard ids.insert(parsed.id).inserted else {
                throw .badLine(
                    place: place, rule: "an object with a unique `id`",
                    reason: "`\(parsed.id)` is used by an earlier line")
            }
            lines.append(parsed)
        }
        guard !lines.isEmpty else { throw .noLines(path: path) }
        return lines
    }

    /// The text of a file of at most 256 MiB.
    static func text(_ path: String) throws(StudyError) -> String {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
            !isFolder.boolValue
        else { throw .unreadable(path: path, reason: "there is no such file") }
        let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        guard size ?? 0 <= 256 << 20 else {
            throw .unreadable(path: path, reason: "it has more than 256 MiB")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .unreadable(path: path, reason: "it cannot be read")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw .unreadable(path: path, reason: "it is not UTF-8 text")
        }
        return text
    }
}

extension String {
    /// The lines of a JSONL file, with either kind of line end. Other line breaks may stand inside JSON's
    /// strings, and CR LF is one character to Swift.
    package var linesOfJSON: [String] {
        utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line in
            String(
                decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
        }
    }
}
