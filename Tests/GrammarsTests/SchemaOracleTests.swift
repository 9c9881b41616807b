import Foundation
import Grammars
import JSONValues
import TestSupport
import Testing

/// Schemas as Python's `jsonschema` and llama.cpp's converter have them: lines of JSON that
/// Tests/schemas/run makes, and answers that it checks.
@Suite struct SchemaOracleTests {
    @Test(
        "every schema is answered",
        .enabled(
            if: ProcessInfo.processInfo.environment["SCHEMA_CASES"] != nil,
            "SCHEMA_CASES names no file: Tests/schemas/run makes one"))
    func everySchemaIsAnswered() throws {
        let environment = ProcessInfo.processInfo.environment
        let cases = try #require(environment["SCHEMA_CASES"])
        let answers = try #require(environment["SCHEMA_ANSWERS"])
        let text = try String(contentsOfFile: cases, encoding: .utf8)
        var lines: [UInt8] = []
        var count = 0
        for line in text.split(separator: "\n") {
            count += 1
            lines += Self.written(Self.answer(Array(line.utf8), UInt64(count))) + [0x0a]
        }
        try Data(lines).write(to: URL(filePath: answers))
        #expect(count > 0)
    }

    private static func answer(_ line: [UInt8], _ seed: UInt64) -> JSON {
        let json: JSON
        do { json = try JSONParser.parse(line) } catch {
            return object(("unread", .text("\(error)")))
        }
        let grammar: Grammar
        do {
            grammar = try Grammar(schema: member(json, "schema") ?? .null)
        } catch {
            if case .schema(let keyword, let pointer, let reason) = error {
                return object(
                    ("refused", .text(keyword)), ("pointer", .text(pointer)),
                    ("reason", .text(reason)))
            }
            return object(("refused", .text("limit")), ("reason", .text("\(error)")))
        }
        var random = SeededRandom(seed)
        let samples = samples(grammar, &random)
        var answer: [(String, JSON)] = [
            ("samples", texts(samples)),
            ("valid", flags(member(json, "valid"), grammar)),
            ("invalid", flags(member(json, "invalid"), grammar)),
        ]
        if case .text(let gbnf)? = member(json, "gbnf") {
            do {
                let theirs = try Grammar(gbnf: gbnf)
                answer.append(
                    (
                        "theirsAccepted",
                        .array(
                            Self.samples(theirs, &random).map { text in
                                .array([
                                    .text(String(decoding: text, as: UTF8.self)),
                                    .flag((try? grammar.matches(text)) ?? false),
                                ])
                            })
                    ))
                answer.append(
                    (
                        "oursAccepted",
                        .array(
                            samples.map {
                                .flag((try? theirs.matches(Self.compact($0))) ?? false)
                            })
                    ))
            } catch {
                answer.append(("gbnfError", .text("\(error)")))
            }
        }
        return .object(answer.map { JSON.Entry(key: $0.0, value: $0.1) })
    }

    private static func samples(_ grammar: Grammar, _ random: inout SeededRandom) -> [[UInt8]] {
        (0..<30).compactMap { _ in
            (try? grammar.sample(&random, length: 1_000)) ?? nil
        }
    }

    /// Without the white space outside strings.
    private static func compact(_ text: [UInt8]) -> [UInt8] {
        var (result, isText, isEscaped): ([UInt8], Bool, Bool) = ([], false, false)
        for byte in text where isText || ![0x20, 0x09, 0x0a].contains(byte) {
            result.append(byte)
            if byte == 0x22, !isEscaped { isText.toggle() }
            isEscaped = byte == 0x5c && !isEscaped
        }
        return result
    }

    private static func texts(_ samples: [[UInt8]]) -> JSON {
        .array(samples.map { .text(String(decoding: $0, as: UTF8.self)) })
    }

    private static func flags(_ texts: JSON?, _ grammar: Grammar) -> JSON {
        guard case .array(let texts)? = texts else { return .array([]) }
        return .array(
            texts.map { text in
                guard case .text(let text) = text else { return .null }
                return .flag((try? grammar.matches(Array(text.utf8))) ?? false)
            })
    }

    private static func member(_ json: JSON, _ key: String) -> JSON? {
        guard case .object(let entries) = json else { return nil }
        return entries.first { $0.key == key }?.value
    }

    private static func object(_ entries: (String, JSON)...) -> JSON {
        .object(entries.map { JSON.Entry(key: $0.0, value: $0.1) })
    }

    private static func written(_ json: JSON) -> [UInt8] {
        switch json {
        case .null: return Array("null".utf8)
        case .flag(let flag): return Array("\(flag)".utf8)
        case .integer(let value): return Array("\(value)".utf8)
        case .large(let digits): return Array(digits.utf8)
        case .number(let value): return Array("\(value)".utf8)
        case .text(let text):
            var bytes: [UInt8] = [0x22]
            for byte in text.utf8 {
                switch byte {
                case 0x22, 0x5c: bytes += [0x5c, byte]
                case ..<0x20:
                    bytes +=
                        Array("\\u00".utf8) + Array((byte < 16 ? "0" : "").utf8)
                        + Array(String(byte, radix: 16).utf8)
                default: bytes.append(byte)
                }
            }
            return bytes + [0x22]
        case .array(let values):
            return [0x5b] + Array(values.map(written).joined(separator: [0x2c])) + [0x5d]
        case .object(let entries):
            return [0x7b]
                + Array(
                    entries.map { written(.text($0.key)) + [0x3a] + written($0.value) }
                        .joined(separator: [0x2c])) + [0x7d]
        }
    }
}
