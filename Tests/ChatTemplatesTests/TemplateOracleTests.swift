import ChatTemplates
import Foundation
import JSONValues
import Testing

/// Templates as Jinja2 renders them, and as this program does: lines of JSON that Tests/templates/run makes.
@Suite struct TemplateOracleTests {
    /// The moment that the recordings take for the present: 2025-03-09 14:05:06.
    static let clock = TemplateClock.standing(at: 1_741_529_106)

    @Test(
        "every line is rendered as Jinja2 renders it",
        .enabled(
            if: ProcessInfo.processInfo.environment["TEMPLATE_CASES"] != nil,
            "TEMPLATE_CASES names no file: Tests/templates/run makes one"))
    func everyLineIsRenderedAsJinja2RendersIt() throws {
        let path = try #require(ProcessInfo.processInfo.environment["TEMPLATE_CASES"])
        let text = try String(contentsOfFile: path, encoding: .utf8)
        var counts: [String: Int] = [:]
        for line in text.split(separator: "\n") {
            guard case .object(let entries) = try JSONParser.parse(Array(line.utf8)) else {
                continue
            }
            func value(_ key: String) -> JSON? { entries.first { $0.key == key }?.value }
            guard case .text(let template)? = value("template") else { continue }
            var context: [(name: String, value: JSON)] = []
            if case .object(let given)? = value("context") {
                context = given.map { ($0.key, $0.value) }
            }
            let ours = Result { () throws(TemplateError) in
                try JinjaTemplate(template).render(given: context, clock: Self.clock).string
            }
            switch (ours, value("expected")) {
            case (.success(let text), .text(let wanted)?):
                let isSame = Array(text.utf8) == Array(wanted.utf8)
                counts[isSame ? "the same" : "different", default: 0] += 1
                if !isSame { print("DIFFERENT \(template)\n  Jinja2 \(wanted)\n  here   \(text)") }
            case (.failure(let error), .text(let wanted)?):
                counts["refused here alone", default: 0] += 1
                print("REFUSED \(template)\n  Jinja2 \(wanted)\n  here   \(error)")
            case (.success, _): counts["refused by Jinja2 alone", default: 0] += 1
            case (.failure, _): counts["refused by both", default: 0] += 1
            }
        }
        print("templates: \(counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" })")
        #expect(counts["the same", default: 0] > 0)
        #expect(counts["different", default: 0] == 0)
    }
}
