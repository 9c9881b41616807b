"""Random templates of Jinja: statements with every white space control, traps, and damaged real templates."""

from __future__ import annotations

import random
import re
from pathlib import Path

from random_expressions import Expressions

TEXT = [
    " ", " ", "\n", "\n", "\n", "\n\n", "  \n", "\n  ", "    ", "\t", "\r\n", "\r", "x", "text", "<|im_start|>",
    "<|im_end|>\n", "{", "}", "%", "#", "{ {", "}}", "%}", "#}", "'", '"', "é", "漢", "👍", "\u00a0\n", "\x0b",
    "\x0c\n", "\u2028", "\u0085", "a\n  b\n", " - ", "&lt;", "\\n", "\n \t \n", "-", "+", "0",
]
# Names that statements set, beside those of the context.
NAMES = ["v", "w", "y", "z"]
PAIRS = ["d.items()", "e.items()", "d|items", "d|dictsort", "[(1, 2), (3, 4)]", "rows[0].items()",
         "rows|groupby('tag')", "['ab', 'cd']", "xs"]
IN_LOOP = ["loop.index", "loop.index0", "loop.revindex", "loop.first", "loop.last", "loop.length",
           "loop.cycle('a', 'b', 'c')", "loop.previtem", "loop.nextitem", "loop.depth",
           "loop.previtem|default('-')", "loop.nextitem is defined", "loop.cycle(1)", "loop",
           "loop.zzz", "loop.revindex0"]
STATEMENTS = {
    "if_": 5, "for_": 7, "set_": 5, "set_inside": 2, "set_block": 1.5, "namespace": 2, "macro": 2, "call": 1,
    "wrapped": 1.5, "with_": 0.7, "raw": 0.5, "comment": 1, "trap": 0.3, "recursive": 0.4,
}
CONTROLS = str.maketrans("␤␍␉␋␌⍽", "\n\r\t\x0b\x0c\u00a0")


def read_traps(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    return [line.translate(CONTROLS) for line in lines if line and not line.startswith("# ")]


TRAPS = read_traps(Path(__file__).parent / "traps.txt")


class Templates(Expressions):
    def template(self) -> str:
        self.scope, self.macros, self.loops = [], [], 0
        chance = self.random.random()
        if chance < 0.35:
            return self.printed(self.make("a", self.random.choice([1, 1, 2, 2, 3, 4])))
        if chance < 0.4:
            return "|".join(self.printed(self.make("a", 2)) for _ in range(self.random.randint(2, 5)))
        return self.body(self.random.choice([1, 2, 2, 3]), self.random.choice([1, 2, 3, 4]))

    def tag(self, text: str) -> str:
        choice = self.random.choice
        return ("{%" + choice(["", "", "", "-", "-", "+"]) + choice([" ", " ", " ", "", "\n", "  "]) + text
                + choice([" ", " ", " ", "", "\n", "\t"]) + choice(["", "", "", "-", "-", "+"]) + "%}")

    def printed(self, text: str) -> str:
        choice = self.random.choice
        space = choice([" ", " ", " ", "", "\n"])
        if space == "" and (text[:1] == "{" or text[-1:] == "}") and self.random.random() < 0.9:
            space = " "
        start = choice(["", "", "", "-", "+" if self.random.random() < 0.1 else ""])
        return "{{" + start + space + text + space + choice(["", "", "", "-"]) + "}}"

    def plain(self) -> str:
        text = "".join(self.random.choice(TEXT) for _ in range(self.random.randint(0, 3)))
        return text + " " if text.endswith("{") and self.random.random() < 0.9 else text

    def body(self, depth: int, most: int = 3) -> str:
        parts = [self.plain()]
        for _ in range(self.random.randint(0 if depth < 2 else 1, most)):
            parts += [self.statement(depth), self.plain()]
        return "".join(parts)

    def statement(self, depth: int) -> str:
        r = self.random
        if depth <= 0 or r.random() < 0.4:
            return self.printed(self.make("a", r.choice([0, 1, 1, 2, 2, 3])))
        name = r.choices(list(STATEMENTS), list(STATEMENTS.values()))[0]
        scope, macros, loops = list(self.scope), list(self.macros), self.loops
        made = getattr(self, name)(depth - 1)
        # Names of an inner scope are used outside now and then.
        if name not in ("set_", "set_block", "namespace", "macro", "set_inside") and r.random() < 0.7:
            self.scope, self.macros = scope, macros
        self.loops = loops
        return made

    # Branches and loops

    def if_(self, depth: int) -> str:
        r = self.random
        made = self.tag("if " + self.make("b", 2)) + self.body(depth)
        while r.random() < 0.3:
            made += self.tag("elif " + self.make("b", 2)) + self.body(depth, 2)
        if r.random() < 0.5:
            made += self.tag("else") + self.body(depth, 2)
        return made + self.tag("endif")

    def for_(self, depth: int) -> str:
        r = self.random
        name = r.choice(["x", "y", "item", "message", "v", "s" if r.random() < 0.1 else "x"])
        chance = r.random()
        if chance < 0.25:
            names, over, bound = f"{name}, q", r.choice(PAIRS), [name, "q"]
        elif chance < 0.28:
            names, over, bound = f"({name}, (q, p))", "[(1, (2, 3)), ('a', 'bc')]", [name, "q", "p"]
        else:
            names, over, bound = name, self.make(r.choice("lwkrrd"), r.choice([0, 0, 1, 2])), [name]
        self.scope += bound
        condition = ""
        if r.random() < 0.2:
            chosen = [self.make("b", 1), f"{name} is string", f"{name} != 1", name, f"{name} is defined"]
            condition = " if " + (r.choice(chosen) if r.random() < 0.98 else "loop.index > 1")
        self.loops += 1
        inside = self.body(depth)
        if r.random() < 0.6:
            shown = r.choice([*IN_LOOP, name, f"loop.changed({name})", f"{name} ~ loop.index"])
            inside = self.plain() + self.printed(shown) + inside
        if r.random() < 0.12:
            when = r.choice(["loop.index == 2", f"{name} is string", "loop.last", self.make("b", 1)])
            leave = r.choice(["", "\n", "x"]) + self.tag(r.choice(["break", "continue"]))
            inside += self.tag(f"if {when}") + leave + self.tag("endif") + self.plain()
        self.loops -= 1
        made = self.tag(f"for {names} in {over}{condition}") + inside
        if r.random() < 0.25:
            made += self.tag("else") + self.body(depth, 2)
        return made + self.tag("endfor")

    def recursive(self, depth: int) -> str:
        shown = self.random.choice(["x", "loop.depth", "loop.depth0 ~ x", "loop.index", "loop.last"])
        return (self.tag("for x in [1, [2, [3, 4], 5], []] recursive") + self.plain()
                + self.tag("if x is iterable") + self.printed("loop(x)")
                + self.tag("else") + self.printed(shown) + self.tag("endif") + self.plain()
                + self.tag("endfor"))

    # Names

    def set_(self, depth: int) -> str:
        r = self.random
        name = r.choice(NAMES + (["s", "n", "loop"] if r.random() < 0.15 else []))
        if r.random() < 0.1:
            other = r.choice(NAMES)
            values = r.choice(["1, 2", "(s, n)", "'ab'", "[1, 2]", "1, 2, 3" if r.random() < 0.3 else "n, n"])
            self.scope += [name, other]
            return self.tag(f"set {name}, {other} = {values}")
        value = self.make("a", 2)
        if name in self.scope and r.random() < 0.5:
            value = r.choice([f"{name} ~ 'x'", f"{name} + 1", f"{name} + [1]", f"[{name}]", f"not {name}"])
        self.scope.append(name)
        return self.tag(f"set {name} = {value}")

    def set_inside(self, depth: int) -> str:
        """A name set in an inner scope, and read outside."""
        r = self.random
        name = r.choice(NAMES)
        inner = self.tag(f"set {name} = {self.make('a', 1)}") + self.printed(name)
        opening = r.choice([
            f"if {self.make('b', 1)}", "for i in range(2)", "with", "macro k()", "filter upper", "set blk",
            f"for {name} in [1, 2]", "generation", "block b2" if r.random() < 0.3 else "if true"])
        closing = "end" + opening.split()[0]
        before = self.tag(f"set {name} = {self.make('a', 0)}") if r.random() < 0.5 else ""
        after = self.printed("k()") if opening == "macro k()" else ""
        if opening.startswith("for") and r.random() < 0.5:
            inner = self.printed(name) + inner
        return (before + self.tag(opening) + inner + self.tag(closing) + after
                + self.printed(name if r.random() < 0.7 else f"{name} is defined"))

    def set_block(self, depth: int) -> str:
        r = self.random
        name = r.choice(NAMES)
        self.scope.append(name)
        filters = r.choice(["", "", " | upper", " | trim", "|replace('a', 'b')|upper"])
        return self.tag(f"set {name}{filters}") + self.body(depth, 2) + self.tag("endset")

    def namespace(self, depth: int) -> str:
        r = self.random
        name = r.choice(["ns", "ns", "ns2"])
        given = r.choice(["", "a=1", "a=0, b='x'", "a=1, found=false", "a=[]", "{'a': 2}", "a=s"])
        if r.random() < 0.05:
            given = "d, a=3"
        value = r.choice([f"{name}.a + 1", "true", f"{name}.a ~ s", self.make("a", 1), f"{name}.a + [1]"])
        change = self.tag(f"set {name}.{r.choice(['a', 'b', 'found'])} = {value}")
        if r.random() < 0.1:
            change = self.tag(f"set {name}.a") + self.body(0, 1) + self.tag("endset")
        change = r.choice([
            change, self.tag("for i in range(3)") + change + self.tag("endfor"),
            self.tag("if " + self.make("b", 1)) + change + self.tag("endif"), ""])
        self.scope += [f"{name}.a", f"{name}.b"]
        shown = name + r.choice([".a", ".b", "['a']", ".found", "", ".a is defined"])
        return self.tag(f"set {name} = namespace({given})") + change + self.printed(shown)

    def with_(self, depth: int) -> str:
        r = self.random
        if r.random() < 0.1:
            return self.tag("with") + self.body(depth, 2) + self.tag("endwith")
        name = r.choice(NAMES)
        other = r.choice(["", "", f", w = {name}", ", w = 1"])
        self.scope.append(name)
        return self.tag(f"with {name} = {self.make('a', 1)}{other}") + self.body(depth, 2) + self.tag("endwith")

    # Macros and blocks

    def macro(self, depth: int) -> str:
        r = self.random
        name = r.choice(["mac", "show", "draw"])
        given = r.choice(["", "p", "p, q", "p, q=1", "p='d', q=none", "p=s, q=p", "p=[]"])
        scope, macros, loops = list(self.scope), list(self.macros), self.loops
        self.scope = [one.split("=")[0] for one in given.split(", ") if one] * 3 + self.scope
        self.loops = 0
        inside = self.body(depth)
        shown = ["p", "p is defined", "caller is defined", "q", "n"]
        if r.random() < 0.5:
            shown += ["varargs", "kwargs", "varargs|length", "kwargs.z"] * 2
        inside += self.printed(r.choice(shown))
        self.scope, self.macros, self.loops = scope, [*macros, name], loops
        made = self.tag(f"macro {name}({given})") + inside + self.tag("endmacro")
        if r.random() < 0.7:
            called = ["", "1", "s, n", "p=2", "1, q=s", "*[1, 2]", "**{'p': 1}"]
            if r.random() < 0.3:
                called += ["1, 2, 3", "z=1", "1, p=2", "*xs", "**d"]
            made += self.printed(f"{name}({r.choice(called)})")
        if r.random() < 0.1:
            attributes = [".name", ".arguments", ".catch_kwargs", ".catch_varargs", ".caller"]
            made += self.printed(name + r.choice(attributes))
        return made

    def call(self, depth: int) -> str:
        r = self.random
        given, taken = r.choice([
            ("", ""), ("", ""), ("p", "(x)"), ("p", "(x=3)"), ("1, 2", "(x, y=2)"), ("", "(x)"),
            ("1, 2", "(x)")])
        shown = self.printed(r.choice([f"caller({given})"] * 4 + ["caller is defined", "p"]))
        made = self.tag("macro wrap(p=1)") + "<" + shown + ">" + self.tag("endmacro")
        return (made + self.tag(f"call{taken} wrap({r.choice(['', 's', 'n'])})") + self.body(depth, 2)
                + self.printed(r.choice(["x", "s", "n"])) + self.tag("endcall"))

    def wrapped(self, depth: int) -> str:
        opening = self.random.choice([
            "filter upper", "filter trim", "filter indent(2)", "filter replace('a', 'b')", "filter length",
            "filter upper|trim", "filter list", "filter tojson", "filter title", "generation", "generation",
            "generation", "block b1"])
        return self.tag(opening) + self.body(depth, 2) + self.tag("end" + opening.split()[0])

    def raw(self, depth: int) -> str:
        choice = self.random.choice
        inside = choice(["{{ x }}", "{% if %}", "{# c #}", "{%", "", "\n{{\n"])
        ending = "+" if self.random.random() < 0.02 else choice(["", "-"])  # `raw +%}` is an unknown tag
        return ("{%" + choice(["", "-", "+"]) + " raw " + ending + "%}" + self.plain() + inside + self.plain()
                + "{%" + choice(["", "-", "+"]) + " endraw " + choice(["", "-", "+"]) + "%}")

    def comment(self, depth: int) -> str:
        choice = self.random.choice
        return ("{#" + choice(["", "-", "+"]) + choice([" note ", "\n", "{{ x }}", "{% if %}", " # ", ""])
                + choice(["", "-", "+"]) + "#}")

    def trap(self, depth: int) -> str:
        return self.random.choice(TRAPS)


PIECES = re.compile(r"\{%[-+]?|[-+]?%\}|\{\{[-+]?|-?\}\}|\w+|\s+|[^\w\s]")
SPARES = [
    "-", "+", " ", "\n", "not ", "(", ")", "[0]", "|trim", "|length", "|tojson", ".x", "'", '"', "%}", "{%", "}}",
    "{{", "{#", "none", "1", "~", "==", "and", "loop.index0", "messages", "-%}", "{%-", "is defined", "|upper",
    "[1:]", "[::-1]", "content", "|first", "|last", "\r\n", "  ",
]


def damaged(r: random.Random, text: str, others: list[str]) -> str:
    """The template with words or spans taken out, doubled, swapped or replaced."""
    for _ in range(r.choice([1, 1, 1, 2, 3])):
        if r.random() < 0.3:
            at, length = r.randrange(len(text) + 1), r.choice([1, 2, 5, 20, 80])
            doubled = text[at : at + length] * 2 if r.random() < 0.5 else ""
            text = text[:at] + doubled + text[at + length :]
            continue
        pieces = PIECES.findall(text)
        if not pieces:
            return text
        at, chance = r.randrange(len(pieces)), r.random()
        if chance < 0.3:
            del pieces[at : at + r.choice([1, 1, 1, 2, 5])]
        elif chance < 0.45:
            pieces.insert(at, pieces[at])
        elif chance < 0.6:
            other = r.randrange(len(pieces))
            pieces[at], pieces[other] = pieces[other], pieces[at]
        elif chance < 0.8:
            pieces[at] = r.choice(SPARES)
        else:
            pieces.insert(at, r.choice(PIECES.findall(r.choice(others))))
        text = "".join(pieces)
    return text
