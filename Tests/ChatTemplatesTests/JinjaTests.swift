import ChatTemplates
import JSONValues
import Testing

/// What Jinja2 makes of expressions and statements: every right value here is Jinja2's.
@Suite struct JinjaTests {
    static func render(
        _ text: String, _ given: [(name: String, value: JSON)] = [], own: [String: String] = [:]
    ) throws -> String {
        try JinjaTemplate(text).render(
            given: given, own: own, clock: .standing(at: 1_741_529_106)
        ).string
    }

    @Test(
        "expressions have the values that Python gives them",
        arguments: [
            ("7 // -2", "-4"), ("-7 % 3", "2"), ("2 ** -1", "0.5"), ("7 / 2", "3.5"),
            ("1e16", "1e+16"), ("0.1 + 0.2", "0.30000000000000004"), ("123456789.0", "123456789.0"),
            ("-2 ** 2", "4"), ("1 < 2 < 3", "True"), ("'a' 'b'", "ab"),
            ("'x' ~ 1 ~ none", "x1None"),
            ("[1, 'it\\'s', none, true]", "[1, \"it's\", None, True]"), ("(1,)", "(1,)"),
            ("{'a': 1}['a']", "1"), ("{'items': 1}['items']", "1"), ("'abc'[::-1]", "cba"),
            ("[1, 2, 3][-2:]", "[2, 3]"), ("'a' if false", ""), ("1 if 0 else 2", "2"),
            ("not 1 == 2", "True"), ("'b' in 'abc'", "True"), ("3 not in [1, 2]", "True"),
            ("' a b '.strip().split(' ')", "['a', 'b']"),
            ("'a,b,c'.rsplit(',', 1)", "['a,b', 'c']"),
            ("'%05.1f|%s' % (3.14159, 'x')", "003.1|x"), ("'{:>5}|{0!r}'.format('a')", ""),
            ("'{1}-{0}'.format('a', 'b')", "b-a"), ("range(5)|list", "[0, 1, 2, 3, 4]"),
            ("[3, 1, 2]|sort|join('-')", "1-2-3"), ("['b', 'A']|sort", "['A', 'b']"),
            ("{'b': 1, 'a': 2}|dictsort", "[('a', 2), ('b', 1)]"),
            ("[{'n': 1}, {'n': 2}]|map(attribute='n')|list", "[1, 2]"),
            ("[1, 2, 3]|select('odd')|list", "[1, 3]"), ("{'k': 'é<'}|tojson", "{\"k\": \"é<\"}"),
            (
                "{'b': [1, {}], 'a': 'é'}|tojson(indent=2, sort_keys=true, ensure_ascii=true)",
                "{\n  \"a\": \"\\u00e9\",\n  \"b\": [\n    1,\n    {}\n  ]\n}"
            ),
            ("'a\\nb\\n\\nc'|indent(2)", "a\n  b\n\n  c"), ("missing is defined", "False"),
            ("missing", ""), ("missing|default('d')", "d"), ("''|default('d', true)", "d"),
            ("'hello world'|title", "Hello World"), ("'ß'|upper", "SS"), ("2.5|round", "2.0"),
            ("42.55|round(1, 'floor')", "42.5"), ("'0x1A'|int(0, 16)", "26"), ("'42.9'|int", "42"),
            ("strftime_now('%d %b %Y')", "09 Mar 2025"), ("'a<b'|safe + '<'", "a<b&lt;"),
            ("[1, 2, 3, 4]|batch(3, 0)|list", "[[1, 2, 3], [4, 0, 0]]"),
            ("true is boolean and 1 is number and 'a' is string", "True"),
        ])
    func expressionsHaveTheValuesThatPythonGivesThem(_ text: String, _ value: String) throws {
        guard !value.isEmpty || !text.contains("format") else {
            // Numbered and unnumbered fields do not mix.
            #expect(throws: TemplateError.self) { try Self.render("{{ \(text) }}") }
            return
        }
        #expect(try Self.render("{{ \(text) }}") == value)
    }

    @Test(
        "statements do what Jinja2 does",
        arguments: [
            (
                "{% for x in [1, 2, 3] if x != 2 %}{{ loop.index }}:{{ x }}{{ ',' if not loop.last }}{% endfor %}",
                "1:1,2:3"
            ),
            (
                "{% set x = 0 %}{% for i in [1, 2] %}{% set x = x + 1 %}{{ x }}{% endfor %}{{ x }}",
                "110"
            ),
            (
                "{% set n = namespace(x=0) %}{% for i in [1, 2] %}{% set n.x = n.x + i %}{% endfor %}{{ n.x }}",
                "3"
            ),
            ("{% for x in [] %}a{% else %}none{% endfor %}", "none"),
            (
                "{% for x in range(9) %}{% if x == 2 %}{% continue %}{% endif %}{% if x > 3 %}{% break %}{% endif %}{{ x }}{% endfor %}",
                "013"
            ),
            (
                "{% macro m(a, b='B') %}{{ a }}{{ b }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, 3, c=4) }}",
                "12(3,){'c': 4}"
            ),
            (
                "{% macro m() %}<{{ caller('x') }}>{% endmacro %}{% call(v) m() %}[{{ v }}]{% endcall %}",
                "<[x]>"
            ),
            ("{% set t %}a{{ 1 }}{% endset %}{{ t|upper }}", "A1"),
            ("{% filter upper %}abc{% endfilter %}", "ABC"),
            ("{% with a = 1, b = a %}{{ a }}{{ b }}{% endwith %}", "1"),
            ("{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}", "123"),
            (
                "{% for x in [[1, [2]], [3]] recursive %}({{ loop(x) if x is iterable else x }}){% endfor %}",
                "((1)((2)))((3))"
            ),
            ("{% generation %}{% set z = 1 %}{{ z }}{% endgeneration %}{{ z }}", "1"),
            ("a  {%- if true -%}  b  {%- endif -%}  c", "abc"),
            ("  {% if true %}\n  x\n  {% endif %}\ny", "  x\ny"),
            ("  {%+ if true %}x{% endif +%}\ny", "  x\ny"), ("{# a #}\nb\n", "b"),
            ("{% raw %}{{ x }}{% endraw %}", "{{ x }}"), ("a\n", "a"), ("a\r\nb\r\n\r\n", "a\nb\n"),
            ("{{ [1, 2]|length }}{{ {}|items|list }}", "2[]"),
        ])
    func statementsDoWhatJinja2Does(_ text: String, _ written: String) throws {
        #expect(try Self.render(text) == written)
    }

    @Test(
        "what Python refuses is refused, with the line",
        arguments: [
            ("\n{{ missing.x }}", "line 2: 'missing' is undefined"),
            ("{{ 1 + 'a' }}", "unsupported operand types for +: 'int' and 'str'"),
            ("{{ none|length }}", "object of type 'NoneType' has no len()"),
            ("{{ [].append(1) }}", "access to attribute 'append' of 'list' object is unsafe"),
            ("{{ ''.__class__ }}{{ ''.__class__.x }}", "access to attribute '__class__'"),
            ("{% for a, b in [1] %}{% endfor %}", "'int' object is not iterable"),
            ("{{ 1 // 0 }}", "integer division or modulo by zero"),
            ("{{ undefined_filter|nothing }}", "there is no filter `nothing`"),
            ("{{ missing|tojson }}", "Object of type Undefined is not JSON serializable"),
            ("{% set x.y = 1 %}", "cannot assign attribute on non-namespace object"),
            ("{{ 9223372036854775807 + 1 }}", "whole numbers may have at most 64 bits"),
        ])
    func whatPythonRefusesIsRefusedWithTheLine(_ text: String, _ reason: String) throws {
        let error = try #require(throws: TemplateError.self) { try Self.render(text) }
        #expect(error.description.contains(reason), "\(error)")
        #expect(error.description.hasPrefix("The chat template cannot be rendered, line "))
    }

    @Test(
        "what is no Jinja is refused, with the line",
        arguments: [
            "{{", "{% if %}", "{% if x %}", "{% endif %}", "{{ 'a }}", "{# a", "{% raw %}x",
            "{{ a b }}",
            "{% for x in %}{% endfor %}", "{% unknown %}", "{{ (1 }}", "{{ ] }}", "{{ 1 § 2 }}",
            "{% include 'x' %}", "{% break %}", "{{ f(a=1, 2) }}", "{{ 'x' is }}",
            "{{ \"\\ud800\" }}",
        ])
    func whatIsNoJinjaIsRefusedWithTheLine(_ text: String) throws {
        let error = try #require(throws: TemplateError.self) { try JinjaTemplate("\n" + text) }
        guard case .syntax(let line, _) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(line == 2)
        #expect(error.description.count < 400)
    }

    @Test("a template refuses in its own words") func aTemplateRefusesInItsOwnWords() throws {
        let text = "{{ raise_exception('Roles must alternate') }}"
        #expect(throws: TemplateError.raised("Roles must alternate")) { try Self.render(text) }
        #expect(
            "\(TemplateError.raised("Roles must alternate"))"
                == "The chat template refuses this chat: Roles must alternate")
        let long = "{{ raise_exception('\u{1b}[31m' ~ 'x' * 10000) }}"
        let error = try #require(throws: TemplateError.self) { try Self.render(long) }
        #expect(error.description.count < 400)
        #expect(!error.description.contains("\u{1b}"))
    }
}
