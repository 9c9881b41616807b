import ChatTemplates
import JSONValues
import Testing

/// Templates that want to crash, hang or fill the memory: each ends in an error, soon.
@Suite struct HostileTemplateTests {
    private static func nested(_ count: Int, _ open: String, _ close: String) -> String {
        String(repeating: open, count: count) + String(repeating: close, count: count)
    }

    static let templates: [(String, String)] = [
        ("brackets", "{{ " + nested(20_000, "[", "]") + " }}"),
        ("parentheses", "{{ " + nested(20_000, "(", ")") + " }}"),
        ("conditions", nested(10_000, "{% if x %}", "{% endif %}")),
        ("loops", nested(10_000, "{% for x in [1] %}", "{% endfor %}")),
        ("signs", "{{ " + String(repeating: "-", count: 10_000) + "1 }}"),
        ("not", "{{ " + String(repeating: "not ", count: 10_000) + "1 }}"),
        ("sums", "{{ " + String(repeating: "1 + ", count: 10_000) + "1 }}"),
        ("powers", "{{ " + String(repeating: "1 ** ", count: 10_000) + "1 }}"),
        ("attributes", "{{ x" + String(repeating: ".x", count: 10_000) + " }}"),
        ("filters", "{{ x" + String(repeating: "|string", count: 10_000) + " }}"),
        ("conditional", "{{ " + String(repeating: "1 if 1 else ", count: 10_000) + "1 }}"),
        ("a macro that calls itself", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"),
        (
            "a loop that calls itself",
            "{% set a = [1] %}{% for x in a recursive %}{{ loop(a) }}{% endfor %}"
        ),
        ("a range", "{% for x in range(10 ** 8) %}{% endfor %}"),
        (
            "loops in loops",
            "{% set r = range(100000) %}{% for a in r %}{% for b in r %}{% for c in r %}"
                + "{% endfor %}{% endfor %}{% endfor %}"
        ),
        ("a product", "{{ 'x' * 10 ** 9 }}"), ("a list", "{{ [1] * 10 ** 9 }}"),
        ("a large product", "{{ 'xx' * 9223372036854775807 }}"),
        (
            "a text that doubles",
            "{% set n = namespace(t='xxxxxxxx') %}{% for i in range(99) %}{% set n.t = n.t + n.t %}{% endfor %}"
        ),
        (
            "a list that doubles",
            "{% set n = namespace(t=[1, 2]) %}{% for i in range(99) %}{% set n.t = n.t + n.t %}{% endfor %}"
        ),
        ("output", "{% set t = 'x' * 1000000 %}{% for i in range(100000) %}{{ t }}{% endfor %}"),
        ("a width", "{{ 'x'.center(10 ** 12) }}"), ("zeros", "{{ '1'.zfill(10 ** 12) }}"),
        ("a format", "{{ '%1000000000d' % 1 }}"), ("a field", "{{ '{:1000000000}'.format(1) }}"),
        ("an indent", "{{ ('a\\n' * 100000)|indent(100000) }}"),
        ("a JSON indent", "{{ [1]|tojson(indent=10 ** 12) }}"),
        ("a replacement", "{{ ('a' * 100000).replace('', 'x' * 100000) }}"),
        ("a batch", "{{ [1]|batch(10 ** 12, 0)|list }}"),
        (
            "lists in lists",
            "{% set n = namespace(l=[]) %}{% for i in range(100000) %}{% set n.l = [n.l] %}{% endfor %}"
        ),
        (
            "tuples in keys",
            "{% set n = namespace(l=(1,)) %}{% for i in range(100000) %}{% set n.l = (n.l,) %}{% endfor %}"
        ),
        ("a long template", String(repeating: "x", count: 2_000_000)),
        ("a power", "{{ 10 ** 10 ** 10 }}"),
        (
            "loops that hold loops",
            "{% set n = namespace(p=0) %}{% for a in range(900) %}{% for b in range(900) %}"
                + "{% for x in [n.p] %}{% set n.p = loop %}{% endfor %}{% endfor %}{% endfor %}"
        ),
        (
            "cyclers that hold cyclers",
            "{% set n = namespace(c=0) %}{% for a in range(700) %}{% for b in range(700) %}"
                + "{% set n.c = cycler(n.c) %}{% endfor %}{% endfor %}"
        ),
        (
            "lists that double when compared",
            "{% set n = namespace(a=[1], b=[1]) %}{% for i in range(60) %}{% set n.a = [n.a, n.a] %}"
                + "{% set n.b = [n.b, n.b] %}{% endfor %}{{ n.a == n.b }}"
        ),
        (
            "tuples that double when looked up",
            "{% set n = namespace(t=(1,)) %}{% for i in range(60) %}{% set n.t = (n.t, n.t) %}"
                + "{% endfor %}{{ {n.t: 1} }}"
        ),
        ("a text as a list", "{{ ('a' * 8000000)|batch(1)|list }}"),
        ("long texts in a list", "{% set a = 'a' * 10000000 %}{{ a in [a] * 10000 }}"),
        ("long texts to sort", "{% set a = 'a' * 10000000 %}{{ ([a] * 10000)|sort }}"),
    ]

    @Test("ends in an error, soon", arguments: templates)
    func endsInAnErrorSoon(_ name: String, _ text: String) throws {
        let start = ContinuousClock.now
        // A tenth of the steps that a model's template may take: other tests run beside these.
        var limits = TemplateLimits()
        limits.steps = 1_000_000
        let error = try #require(throws: TemplateError.self) {
            try JinjaTemplate(text, limits: limits).render(given: [])
        }
        #expect(error.description.count < 400)
        // Generous: a busy machine is no failure, a hang is.
        #expect(ContinuousClock.now - start < .seconds(60), "\(name)")
    }

    @Test("what a model's template may take ends soon, too")
    func whatAModelsTemplateMayTakeEndsSoonToo() throws {
        let (name, text) = try #require(Self.templates.first { $0.0 == "loops in loops" })
        #expect(
            throws: TemplateError.limit("it takes more than 10000000 steps"), "\(name)"
        ) { try JinjaTemplate(text).render(given: []) }
    }

    @Test("callers that hold callers are let go one by one")
    func callersThatHoldCallersAreLetGoOneByOne() throws {
        let text =
            "{% set n = namespace(c=0) %}{% macro f() %}{% set n.c = caller %}{% endmacro %}"
            + "{% for a in range(300) %}{% for b in range(300) %}{% set p = n.c %}{% call f() %}x{% endcall %}"
            + "{% endfor %}{% endfor %}ok"
        #expect(try JinjaTemplate(text).render(given: []).string == "ok")
    }

    @Test("long texts are searched in time that grows as they do")
    func longTextsAreSearchedInTimeThatGrowsAsTheyDo() throws {
        let start = ContinuousClock.now
        let text =
            "{% set a = 'a' * 2000000 %}{% set b = 'a' * 1000000 ~ 'b' %}{{ b in a }}{{ a.rfind(b) }}"
            + "{{ ('<>' * 400000)|striptags|length }}"
        #expect(try JinjaTemplate(text).render(given: []).string == "False-10")
        #expect(ContinuousClock.now - start < .seconds(60))
    }

    @Test("values that hold themselves are let go and written")
    func valuesThatHoldThemselvesAreLetGoAndWritten() throws {
        let text =
            "{% set n = namespace() %}{% set n.n = n %}{% macro m() %}{% endmacro %}{% set n.m = m %}ok"
        #expect(try JinjaTemplate(text).render(given: []).string == "ok")
        #expect(throws: TemplateError.self) {
            try JinjaTemplate("{% set n = namespace() %}{% set n.n = n %}{{ n }}").render(given: [])
        }
    }

    @Test("values from outside may be nested, within a limit")
    func valuesFromOutsideMayBeNestedWithinALimit() throws {
        var json = JSON.integer(1)
        for _ in 0..<90 { json = .array([json]) }
        let template = try JinjaTemplate("{{ x }}")
        #expect(try template.render(given: [("x", json)]).string.count == 181)
        for _ in 0..<10_000 { json = .array([json]) }
        #expect(throws: TemplateError.self) { try template.render(given: [("x", json)]) }
        // The nest itself is let go a layer at a time: a deep one would overflow the stack.
        while case .array(let values) = json, let inner = values.first { json = inner }
    }

    @Test("no bytes crash it, and none hang it") func noBytesCrashItAndNoneHangIt() throws {
        var state: UInt64 = 0x9e37_79b9_7f4a_7c15
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let pieces = [
            "{{", "}}", "{%", "%}", "{#", "#}", "-", "+", " ", "\n", "x", "'", "\"", "if", "else",
            "elif", "endif", "for", "in", "endfor", "set", "endset", "macro", "endmacro", "call",
            "endcall", "filter", "endfilter", "with", "endwith", "raw", "endraw", "|", "join",
            "length", "tojson", "(", ")", "[", "]", "{", "}", ",", ":", ".", "=", "==", "~", "*",
            "**",
            "%", "//", "not", "and", "or", "is", "defined", "none", "1", "0.5", "loop", "namespace",
            "é", "👩‍👩‍👧", "\\", "\0", "\u{2028}", "range", "split", "recursive", "caller", "messages",
        ]
        let messages = JSON.array([
            .object([
                JSON.Entry(key: "role", value: .text("user")),
                JSON.Entry(key: "content", value: .text("a {{ b }}")),
            ])
        ])
        var rendered = 0
        for _ in 0..<5_000 {
            let count = 1 + next(24)
            let body = (0..<count).map { _ in pieces[next(pieces.count)] }
            let text =
                ["", "{{ ", "{% "][next(3)] + body.joined(separator: [" ", ""][next(2)])
                + ["", " }}", " %}"][next(3)]
            do throws(TemplateError) {
                _ = try JinjaTemplate(text).render(given: [("messages", messages)])
                rendered += 1
            } catch {
                #expect(error.description.count < 400)
            }
        }
        #expect(rendered > 100)
    }
}
