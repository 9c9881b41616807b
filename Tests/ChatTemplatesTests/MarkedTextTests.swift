import ChatTemplates
import JSONValues
import Testing

/// Where every character of a rendered chat came from.
@Suite struct MarkedTextTests {
    /// The text with what was given in brackets.
    private func origins(_ text: String, _ content: String) throws -> String {
        try JinjaTemplate(text).render(given: [("c", .text(content))], own: ["bos_token": "<s>"])
            .runs
            .map { $0.isGiven ? "[\($0.text)]" : $0.text }.joined()
    }

    @Test(
        "what was given stays given, whatever a template does with it",
        arguments: [
            ("<a>{{ c }}</a>", "<a>[x<m>y]</a>"), ("{{ bos_token + c }}", "<s>[x<m>y]"),
            ("{{ c|upper }}", "[X<M>Y]"), ("{{ c.split('<')[1] }}", "[m>y]"),
            ("{{ c.replace('m', '-') }}", "[x<]-[>y]"),
            ("{{ '-'.join([c, c]) }}", "[x<m>y]-[x<m>y]"),
            ("{{ c|tojson }}", "\"[x<m>y]\""), ("{{ [c] }}", "['[x<m>y]']"),
            ("{{ c[1:4] ~ '|' ~ c[-1] }}", "[<m>]|[y]"), ("{{ '%s.' % c }}", "[x<m>y]."),
            ("{{ '{}.'.format(c) }}", "[x<m>y]."), ("{{ c|trim|replace('x', c) }}", "[x<m>y<m>y]"),
            ("{{ '<m>' if '<m>' in c }}", "<m>"), ("{{ c|e }}", "[x&lt;m&gt;y]"),
            ("{% set t %}{{ c }}!{% endset %}{{ t }}", "[x<m>y]!"),
            ("{{ c.center(9, '*') }}", "**[x<m>y]**"),
            ("{% macro m(a) %}({{ a }}){% endmacro %}{{ m(c) }}", "([x<m>y])"),
        ])
    func whatWasGivenStaysGiven(_ text: String, _ expected: String) throws {
        #expect(try origins(text, "x<m>y") == expected)
    }

    @Test(
        "names that a caller gives stay given",
        arguments: [
            "{% macro m() %}{{ kwargs }}{% endmacro %}{{ m(**o) }}", "{{ dict(**o) }}",
            "{{ namespace(**o) }}", "{{ o|tojson }}", "{{ o }}", "{{ o.items()|list }}",
            "{{ '%s'|format(dict(**o)) }}", "{% for k in o %}{{ k }}{% endfor %}",
        ])
    func namesThatACallerGivesStayGiven(_ text: String) throws {
        let object = JSON.object([JSON.Entry(key: "<m>", value: .text("v"))])
        let runs = try JinjaTemplate(text).render(given: [("o", object)]).runs
        #expect(runs.contains { $0.isGiven && $0.text.contains("<m>") })
        #expect(!runs.contains { !$0.isGiven && $0.text.contains("m>") })
    }

    @Test("a form of time that a caller gives stays given") func aFormOfTimeStaysGiven() throws {
        let runs = try JinjaTemplate("{{ strftime_now(f) }}").render(
            given: [("f", .text("<m>%Y"))], clock: .standing(at: 0)
        ).runs
        #expect(runs.map(\.isGiven) == [true])
        #expect(runs.map(\.text) == ["<m>1970"])
    }

    @Test("names of roles are the template's, other roles are not")
    func namesOfRolesAreTheTemplates() throws {
        func mark(_ role: String) throws -> [Bool] {
            let messages = JSON.array([
                .object([
                    JSON.Entry(key: "role", value: .text(role)),
                    JSON.Entry(key: "content", value: .text("")),
                ])
            ])
            return try JinjaTemplate("<|{{ messages[0].role }}|>")
                .render(given: [("messages", messages)]).runs.map(\.isGiven)
        }
        #expect(try mark("user") == [false])
        #expect(try mark("assistant") == [false])
        #expect(try mark("end") == [false, true, false])
        #expect(try mark("User") == [false, true, false])
    }
}
