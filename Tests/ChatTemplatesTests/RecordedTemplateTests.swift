import ChatTemplates
import Foundation
import JSONValues
import TestSupport
import Testing

/// Real templates, each with 90 chats, as Jinja2 renders them: Tests/templates/cases.py recorded digests.
@Suite struct RecordedTemplateTests {
    struct Case {
        var name: String
        var context: [(name: String, value: JSON)]
    }

    struct Recording {
        var digest: String
        /// In the order of the cases; nil: Jinja2 refuses.
        var results: [String?]
    }

    static func json(_ path: String) throws -> JSON {
        let data = try Data(contentsOf: URL(filePath: RepositoryFiles.path(path)))
        return try JSONParser.parse(Array(data))
    }

    static func cases() throws -> [Case] {
        guard case .array(let list) = try json("Tests/templates/cases.json") else { return [] }
        return list.compactMap { entry in
            guard case .text(let name)? = entry["name"],
                case .object(let context)? = entry["context"]
            else { return nil }
            return Case(name: name, context: context.map { ($0.key, $0.value) })
        }
    }

    static func recordings() throws -> [String: Recording] {
        guard case .object(let list) = try json("Tests/templates/expected.json") else { return [:] }
        var recordings: [String: Recording] = [:]
        for entry in list {
            guard case .text(let digest)? = entry.value["digest"],
                case .array(let results)? = entry.value["results"]
            else { continue }
            recordings[entry.key] = Recording(
                digest: digest,
                results: results.map { if case .text(let text) = $0 { text } else { nil } })
        }
        return recordings
    }

    /// FNV-1a, 64 bits, of which 12 hexadecimal digits are kept.
    static func digest(_ text: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let digits = String(hash, radix: 16)
        return String((String(repeating: "0", count: 16 - digits.count) + digits).prefix(12))
    }

    /// The text of a template: a committed one, or one of those that setup-llama keeps of llama.cpp's source.
    static func text(_ file: String) -> String? {
        ["Tests/Fixtures/templates/\(file)", ".llama/templates/\(file)"].lazy.compactMap {
            FileManager.default.contents(atPath: RepositoryFiles.path($0)).map {
                String(decoding: $0, as: UTF8.self)
            }
        }.first
    }

    @Test(
        "real templates are rendered byte for byte as Jinja2 renders them, and refused where it refuses"
    )
    func realTemplatesAreRenderedByteForByteAsJinja2RendersThem() throws {
        let cases = try Self.cases()
        #expect(cases.count >= 17)
        var (tried, rendered, missing) = (0, 0, 0)
        for (file, recording) in try Self.recordings().sorted(by: { $0.key < $1.key }) {
            guard let text = Self.text(file) else {
                // A system's own llama.cpp comes without its templates; the committed ones are always there.
                missing += 1
                continue
            }
            try #require(Self.digest(text) == recording.digest, "\(file) is another text now")
            try #require(recording.results.count == cases.count)
            let template = try? JinjaTemplate(text)
            for (chat, result) in zip(cases, recording.results) {
                let ours = try? template?.render(
                    given: chat.context, clock: TemplateOracleTests.clock
                ).string
                #expect(ours.map(Self.digest) == result, "\(file): \(chat.name)")
                if result != nil { rendered += 1 }
            }
            tried += 1
        }
        #expect(tried >= 28)
        #expect(rendered > 1000)
        if missing > 0 { print("templates: \(missing) are not here and were not tried") }
    }
}

extension JSON {
    subscript(key: String) -> JSON? {
        guard case .object(let entries) = self else { return nil }
        return entries.first { $0.key == key }?.value
    }
}
