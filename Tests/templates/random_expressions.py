"""Random expressions of Jinja, over the names that `random_values.context` gives."""

from __future__ import annotations

import random
import re
from pathlib import Path

from random_values import KEYS, integer, number, text_value

# What needs no brackets before a dot, a filter or an operator.
ATOM = re.compile(r"[A-Za-z_][\w.]*(\[\d+\])?|\d+|'[^'\\]*'|\"[^\"\\]*\"|\([^()]*\)|\[[^\[\]]*\]")
CHOICE = re.compile(r"⟨([^⟨⟩]*)⟩")
PLACE = re.compile(r"\$([a-z]+)")


def read_grammar(path: Path) -> dict[str, list[str]]:
    """The lines of each kind."""
    kinds: dict[str, list[str]] = {}
    kind = ""
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line.startswith("    "):
            kinds[kind].append(line.strip())
        elif line and not line.startswith("#"):
            kind = line
            kinds[kind] = []
    return kinds


GRAMMAR = read_grammar(Path(__file__).parent / "expressions.grammar")
# Without an operand: {kind: what stands there}.
PLAIN = {
    "s": ["s", "t", "e.s", "messages[0].content", "words[0]", "$text", "$text", "$text"],
    "i": ["n", "m", "xs|length", "nums[0]", "$integer", "$integer"],
    "f": ["f", "g", "$number", "$number", "$integer"],
    "b": ["true", "false", "True", "False", "yes", "no", "none", "nil", "1", "0", "s", "xs", "d", "missing",
          "''", "[]"],
    "l": ["xs", "words", "nums", "rows", "messages", "[]", "()", "$list", "e.list", "range(4)", "d.keys()|list",
          "d.values()|list", "d|list", "'abc'", "(1,)"],
    "w": ["words", "words", "$texts", "'a b c'.split()", "s.split(',')", "d.keys()|list"],
    "k": ["nums", "nums", "$integers", "range(5)", "range(2, 12, 3)", "range(3, -3, -2)|list"],
    "r": ["rows", "rows", "messages", "[d, e]"],
    "d": ["d", "e", "rows[0]", "messages[0]", "{}", "$mapping", "dict(a=1, b='x')", "e.a"],
    "u": GRAMMAR["u"][:1],
}
ANY = "sssiifbblwkrdd"
SHORT = [" ", ",", "a", "b", "\n", "<", "ab", "", "x ", "</think>", "\u00a0", ".", "=", "he"]
ODD_ESCAPES = ["\\a", "\\q", "\\/", "\\'", '\\"', "\\\n", "\\x4", "\\u12", "\\7", "\\N{DASH}",
               "\\N{BULLET}", "\\v", "\\e", "\\8"]
ODD_INTEGERS = ["0x1F", "0b101", "0o17", "1_000", "007", "0_0", "00", "0X1f", "1__0", "9223372036854775807"]
BIG_INTEGERS = ["9223372036854775808", "18446744073709551616", "123456789012345678901234567890"]
ODD_NUMBERS = ["1e999", "-1e999", "1e16", "1.", "1E5", "1e-7", "1_0.0_1", "1e+3", "0.1", "0e0", "1.5e300",
               "3.e2", ".5"]
FORMATS = ["{}", "{0}-{1}", "{a}", "{} {}", "{:>5}|", "{:05d}", "{!r}", "{0[0]}", "{0.x}", "{{}}", "{:.2f}",
           "{:,}", "{a!s:^9}", "{:x}", "{:e}", "{:%}", "{1} {0}", "{", "{:+}", "{:<4}{:_>4}", "{:b}", "{:g}",
           "{0:{1}}"]
PERCENTS = [
    ("%s", "a"), ("%s and %s", "aa"), ("%d", "i"), ("%05d|%-5d|%+d", "iii"), ("%.2f", "f"), ("%5.1f", "f"),
    ("%x %X %#x", "iii"), ("%e", "f"), ("%g", "f"), ("%r", "a"), ("%%", ""), ("%c", "i"), ("%o", "i"),
    ("%10s|%-10s|", "ss"), ("%.3s", "s"), ("%i", "f"), ("%s", "l"), ("%*d", "ii"), ("%a", "s"),
    ("%", ""), ("%z", "a"),
    ("% d", "i"), ("%G %E", "ff"), ("%.0f", "f"),
]


class Expressions:
    """Writes expressions of a kind wanted (see expressions.grammar); now and then it gives another kind."""

    def __init__(self, r: random.Random) -> None:
        self.random = r
        self.scope: list[str] = []
        self.macros: list[str] = []
        self.loops = 0

    def make(self, kind: str = "a", depth: int = 2) -> str:
        r = self.random
        if kind == "a" or r.random() < 0.015:
            kind = r.choice(ANY) if r.random() < 0.97 else "u"
        if depth <= 0 or r.random() < 0.2:
            return self.filled(r.choice(PLAIN[kind]), 0)
        chance = r.random()
        if self.scope and chance < 0.15:
            return r.choice(self.scope) + r.choice(
                ["", "", "", "", ".name", ".content", "['role']", "[0]", ".a", "[-1]", "|string", ".items()"])
        if chance < 0.2:
            other = f" else {self.make(kind, depth - 1)}" if r.random() < 0.75 else ""
            return f"({self.make(kind, depth - 1)} if {self.make('b', depth - 1)}{other})"
        if chance < 0.23:
            tail = r.choice([")", ", true)", ", boolean=true)", ", false)"])
            return f"{self.part(r.choice('au'), depth - 1)}|default({self.make(kind, depth - 1)}{tail}"
        if chance < 0.26:
            return f"({self.make(kind, depth - 1)} {r.choice(['or', 'and'])} {self.make(kind, depth - 1)})"
        made = self.filled(self.production(kind), depth - 1)
        return f"({made})" if r.random() < 0.4 else made

    def part(self, kind: str, depth: int) -> str:
        """An operand: what is not one word or literal stands in brackets, mostly."""
        made = self.make(kind, depth)
        return made if ATOM.fullmatch(made) or self.random.random() < 0.1 else f"({made})"

    def production(self, kind: str) -> str:
        while True:
            line = self.random.choice(GRAMMAR[kind])
            if line.startswith("rarely ") and self.random.random() < 0.9:
                continue
            if line.startswith("loop.") and not self.loops:
                continue
            return line.removeprefix("rarely ")

    def filled(self, line: str, depth: int) -> str:
        """The line with its choices made and its places filled."""
        while CHOICE.search(line):
            line = CHOICE.sub(lambda found: self.random.choice(found[1].split("¦")), line)
        return PLACE.sub(lambda found: self.place(found[1], depth), line)

    def place(self, name: str, depth: int) -> str:
        r = self.random
        if len(name) == 1:
            return self.part(name, depth)
        if name in GRAMMAR:
            return self.filled(self.production(name), depth)
        match name:
            case "text":
                return " ".join(self.quoted(text_value(r)) for _ in range(2 if r.random() < 0.03 else 1))
            case "short":
                return self.quoted(r.choice(SHORT))
            case "key":
                return self.quoted(r.choice(KEYS))
            case "small":
                return r.choice(["0", "1", "2", "3", "5", "10", "20", "-1"])
            case "index":
                return r.choice(["0", "1", "-1", "2", "-2", "5", "-7", "99"])
            case "compare":
                return r.choice(["==", "!=", "<", ">", "<=", ">="])
            case "same":
                kind = r.choice("sifb")
                return f"{self.part(kind, depth)} {self.place('compare', 0)} {self.part(kind, depth)}"
            case "integer":
                if r.random() < 0.03:
                    return r.choice(ODD_INTEGERS)
                return r.choice(BIG_INTEGERS) if r.random() < 0.002 else str(integer(r))
            case "number":
                return r.choice(ODD_NUMBERS) if r.random() < 0.08 else repr(number(r))
            case "cut":
                return self.cut()
            case "list" | "texts" | "integers":
                return self.listing({"list": "a", "texts": "s", "integers": "i"}[name], depth)
            case "mapping":
                pairs = []
                for _ in range(r.randint(0, 4)):
                    key = self.quoted(r.choice(KEYS)) if r.random() < 0.9 else self.make("i", 0)
                    pairs.append(f"{key}: {self.make('a', depth)}")
                return "{" + ", ".join(pairs) + "}"
            case "format":
                return self.format_call(depth)
            case "percent":
                return self.percent(depth)
            case "macro":
                return r.choice(self.macros or ["range"])
        raise ValueError(f"expressions.grammar names ${name}, which is not there")

    def quoted(self, text: str) -> str:
        r = self.random
        quote = r.choice("'\"")
        out = []
        for c in text:
            if c == "\\" or c == quote:
                out.append("\\" + c)
            elif c in "\n\t" and r.random() < 0.8:
                out.append("\\n" if c == "\n" else "\\t")
            elif c in "\r\0" or r.random() < 0.02:
                code = ord(c)
                if code > 0xFFFF:
                    out.append(f"\\U{code:08x}")
                elif code > 0xFF:
                    out.append(f"\\u{code:04x}")
                else:
                    out.append(r.choice([f"\\x{code:02x}", f"\\u{code:04x}", f"\\{code:03o}"]))
            else:
                out.append(c)
        if r.random() < 0.02:
            out.insert(r.randint(0, len(out)), r.choice(ODD_ESCAPES))
        return quote + "".join(out) + quote

    def listing(self, kind: str, depth: int) -> str:
        r = self.random
        items = [self.make(kind, depth) for _ in range(r.randint(0, 4))]
        if r.random() < 0.2:
            comma = "," if len(items) == 1 or (items and r.random() < 0.2) else ""
            return "(" + ", ".join(items) + comma + ")"
        return "[" + ", ".join(items) + ("," if items and r.random() < 0.1 else "") + "]"

    def cut(self) -> str:
        r = self.random
        places = ["", "", "0", "1", "2", "-1", "-2", "3", "9", "-9", "n", "m", "none"]
        ends = [r.choice(places) for _ in range(2)]
        if r.random() < 0.4:
            steps = ["", "1", "2", "-1", "-2", "3", "-3", "-1", "none", "0" if r.random() < 0.3 else "1"]
            ends.append(r.choice(steps))
        return "[" + ":".join(ends) + "]"

    def format_call(self, depth: int) -> str:
        r = self.random
        form = r.choice(FORMATS)
        places = form.count("{") - form.count("{{") * 2
        given = [self.make("a", depth) for _ in range(max(0, places + r.choice([0, 0, 0, 1, -1])))]
        if "a" in form:
            given.append(f"a={self.make('a', depth)}")
        return f"{self.quoted(form)}.format({', '.join(given)})"

    def percent(self, depth: int) -> str:
        r = self.random
        if r.random() < 0.05:
            return self.quoted("%(a)s") + " % " + r.choice(["d", "e", "{'a': s}", "dict(a=n)"])
        form, kinds = r.choice(PERCENTS)
        given = [self.make(kind, depth) for kind in kinds]
        if r.random() < 0.3:
            return f"{self.quoted(form)}|format({', '.join(given)})"
        if len(given) == 1 and r.random() < 0.8:
            return f"{self.quoted(form)} % {self.part(kinds, depth)}"
        return f"{self.quoted(form)} % ({', '.join(given)}{',' if len(given) == 1 else ''})"
