import ChatTemplates
import Foundation
import JSONValues
import LlamaBackend
import Studies

/// A prompt from the command line, standard input, or one line of a JSONL file.
struct Prompt: Equatable {
    enum Content: Equatable {
        case text(String)
        case chat([ChatMessage])
    }

    var content: Content
    /// A response to score, in JSONL files that carry one.
    var response: String?
    /// The line of the file, 1-based.
    var line: Int?

    /// The chat: a text is what the user says.
    var messages: [ChatMessage] {
        switch content {
        case .text(let text): [ChatMessage(role: "user", content: text)]
        case .chat(let messages): messages
        }
    }

    /// The request as text, shown to the user.
    var question: String { messages.last { $0.role == "user" }?.content ?? "" }
}

enum PromptSource {
    private static let sizeLimit = 256 << 20

    /// The prompts of a command: from `--prompts FILE`, the argument, or standard input.
    ///
    /// - Parameter isRaw: whether the line break that ends standard input is a part of the prompt; a
    ///   chat's message goes without it.
    static func prompts(
        argument: String?, file: String?, isRaw: Bool = false
    ) throws -> [Prompt] {
        if let file {
            if argument != nil {
                throw InputError(
                    "Give the prompt as an argument or with --prompts, not both.")
            }
            return try jsonLines(file)
        }
        if let argument, argument != "-" { return [Prompt(content: .text(argument))] }
        if argument == nil, Console.isInputTerminal {
            Console.note("reading the prompt; end with Ctrl-D")
        }
        guard let data = try? FileHandle.standardInput.readToEnd() ?? Data() else {
            throw InputError("The prompt cannot be read from standard input.")
        }
        var text = try utf8(data, name: "standard input")
        if !isRaw, text.last == "\n" || text.last == "\r\n" { text.removeLast() }
        return [Prompt(content: .text(text))]
    }

    /// One JSON object per line: `prompt` (text) or `messages` (role and content), maybe `response`.
    static func jsonLines(_ path: String) throws -> [Prompt] {
        let text = try utf8(read(path), name: path)
        var prompts: [Prompt] = []
        for (index, line) in text.linesOfJSON.enumerated()
        where !line.allSatisfy(\.isWhitespace) {
            prompts.append(try prompt(line, "\(path):\(index + 1)", number: index + 1))
        }
        if prompts.isEmpty {
            throw InputError("A prompt file needs at least one line of JSON: \(path) has none.")
        }
        return prompts
    }

    private static func prompt(
        _ line: String, _ place: String, number: Int
    ) throws -> Prompt {
        func error(_ reason: String) -> InputError {
            InputError(
                "\(place): every line must be a JSON object with `prompt` (a text) or `messages` (a "
                    + "list of objects with `role` and `content`): \(reason).")
        }
        let json: JSON
        do throws(JSONError) {
            json = try JSONParser.parse(Array(line.utf8))
        } catch let problem {
            throw error("this is not JSON, \(problem.reason)")
        }
        guard case .object(let entries) = json else { throw error("this is \(json.kind)") }
        func text(_ key: String) throws -> String? {
            switch entries.first(where: { $0.key == key })?.value {
            case nil, .null?: return nil
            case .text(let text)?: return text
            case let other?: throw error("`\(key)` is \(other.kind)")
            }
        }
        let response = try text("response")
        switch (try text("prompt"), entries.first { $0.key == "messages" }?.value) {
        case (let prompt?, nil), (let prompt?, .null?):
            return Prompt(content: .text(prompt), response: response, line: number)
        case (nil, .array(let messages)?) where !messages.isEmpty:
            do {
                let chat = try messages.enumerated().map { try ChatMessage($1, index: $0) }
                return Prompt(content: .chat(chat), response: response, line: number)
            } catch {
                throw InputError("\(place): \(error)")
            }
        case (nil, let other?) where !{ if case .array = other { true } else { false } }():
            throw error("`messages` is \(other.kind)")
        default:
            throw InputError(
                "\(place): a line needs either `prompt` or a `messages` list that is not empty.")
        }
    }

    static func read(_ path: String) throws -> Data {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
            !isFolder.boolValue
        else { throw InputError("There is no file at \(path). Check the path.") }
        let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        guard size ?? 0 <= sizeLimit else {
            throw InputError("A prompt file may have at most 256 MiB: \(path) is larger. Split it.")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw InputError("The file \(path) cannot be read. Check its permissions.")
        }
        return data
    }

    static func utf8(_ data: Data, name: String) throws -> String {
        guard let text = String(validating: data, as: UTF8.self) else {
            throw InputError("Text must be UTF-8: \(name) is not. Convert it first.")
        }
        return text
    }
}
