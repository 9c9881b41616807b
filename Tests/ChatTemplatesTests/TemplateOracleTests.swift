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
        /// Real templates, and those that were made to differ: random ones and traps.
        var (real, random) = (Counts(), Counts())
        for line in text.split(separator: "\n") {
            let json = try JSONParser.parse(Array(line.utf8))
            guard case .text(let template)? = json["template"] else { continue }
            var context: [(name: String, value: JSON)] = []
            if case .object(let given)? = json["context"] {
                context = given.map { ($0.key, $0.value) }
            }
            let ours = Result { () throws(TemplateError) in
                try JinjaTemplate(template).render(given: context, clock: Self.clock).string
            }
            var name = "random"
            if case .text(let text)? = json["name"], !text.hasPrefix("trap") { name = text }
            if name == "random" {
                random.add(ours, json["expected"], name, template)
            } else {
                real.add(ours, json["expected"], name, template)
            }
        }
        print("real templates: \(real)\nrandom templates: \(random)")
        #expect(real.same > 0 || random.same > 0)
        #expect(real.different == 0 && real.refusedHere == 0 && real.refusedThere == 0)
        // What no chat template uses: numbers of more than 64 bits, `Markup`, a few filters.
        #expect(Double(random.different) <= 0.005 * Double(random.all))
        #expect(Double(random.refusedHere) <= 0.05 * Double(random.all))
    }

    /// How often the two agree.
    private struct Counts: CustomStringConvertible {
        var (same, different, refusedHere, refusedThere, refusedByBoth) = (0, 0, 0, 0, 0)
        private var shown = 0

        var all: Int { same + different + refusedHere + refusedThere + refusedByBoth }

        var description: String {
            "\(same) the same, \(different) different, \(refusedHere) refused here alone, "
                + "\(refusedThere) refused by Jinja2 alone, \(refusedByBoth) refused by both"
        }

        mutating func add(
            _ ours: Result<String, TemplateError>, _ expected: JSON?, _ name: String,
            _ template: String
        ) {
            switch (ours, expected) {
            case (.success(let text), .text(let wanted)?):
                if Array(text.utf8) == Array(wanted.utf8) {
                    same += 1
                } else {
                    different += 1
                    show("DIFFERENT \(name)\n  \(template)\n  Jinja2 \(wanted)\n  here   \(text)")
                }
            case (.failure(let error), .text(let wanted)?):
                refusedHere += 1
                show("REFUSED \(name)\n  \(template)\n  Jinja2 \(wanted)\n  here   \(error)")
            case (.success, _): refusedThere += 1
            case (.failure, _): refusedByBoth += 1
            }
        }

        private mutating func show(_ text: String) {
            shown += 1
            if shown <= 20 { print(text.prefix(2_000)) }
        }
    }
}
