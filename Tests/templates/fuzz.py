"""Random templates and contexts, with what Jinja2 makes of them: one JSON line each.

    python3 fuzz.py --count 20000 --seed 1 --out FILE [--traps] [--templates FOLDER] [--now TIME]

`--traps` puts those of traps.txt in front, with one context. A line has `template`, `context`, `now`, and
`expected` or `error` and `message`; `tags` names what is rare or beyond a chat template's needs: `bigint` (an
integer beyond 64 bits arose), `markup` (escaping is in play), `mutated` (a real template, damaged). The same
seed and count give the same lines.

Not written: what takes longer than a second or needs too much memory, output that names memory addresses or
is not Unicode text.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import re
import resource
import signal
import sys
import warnings
from pathlib import Path
from typing import Any, Iterator

from jinja2.sandbox import ImmutableSandboxedEnvironment

import cases
import oracle
from random_templates import TRAPS, Templates, damaged
from random_values import context

SECONDS = 1.0
LONGEST = 200_000
ADDRESS = re.compile(r"0x[0-9a-f]{8,}|object at\b|built-in method|generator object", re.IGNORECASE)
SAFE = "e|escape|safe|forceescape|xmlattr|urlize"
MARKUP = re.compile(rf"\|\s*({SAFE})\b|autoescape|['\"]({SAFE})['\"]")
BIG = 2**63


class TooMuch(BaseException):
    """Raised through a template: it is slow, or would be."""


class Guarded(ImmutableSandboxedEnvironment):
    """The sandbox of transformers, which also refuses to compute what no signal can interrupt.

    It sees every result of an operator, so it can tell which cases leave 64 bits. What it renders is not
    kept: Jinja2 folds no constants where it watches operators, and that shows when they overflow.
    """

    intercepted_binops = frozenset(["//", "%", "+", "*", "-", "/", "**"])
    intercepted_unops = frozenset(["-"])
    big = False

    def call_binop(self, context, operator, left, right):
        if operator == "**" and isinstance(left, int) and isinstance(right, int):
            if abs(right) * max(abs(left), 1).bit_length() > 4096:
                raise TooMuch
        if operator == "*":
            for count, value in ((left, right), (right, left)):
                if isinstance(count, int) and isinstance(value, (str, list, tuple)):
                    if count * len(value) > LONGEST:
                        raise TooMuch
        result = super().call_binop(context, operator, left, right)
        if isinstance(result, int) and not -BIG <= result < BIG:
            self.big = True
        return result

    def call_unop(self, context, operator, arg):
        result = super().call_unop(context, operator, arg)
        if isinstance(result, int) and not -BIG <= result < BIG:
            self.big = True
        return result


def on_alarm(signum: int, frame: Any) -> None:
    raise TooMuch


class Fuzzer:
    def __init__(self, seed: int, folder: Path, now: str) -> None:
        self.random = random.Random(seed)
        self.now = now
        self.writer = Templates(self.random)
        self.guarded = oracle.environment(now, Guarded)
        self.made = oracle.environment(now)
        self.real = sorted(cases.templates(folder).values(), key=len)
        self.chats = [case["context"] for case in cases.cases()]
        self.dropped = 0

    def candidate(self) -> tuple[str, dict[str, Any], list[str]]:
        r = self.random
        if r.random() < 0.85:
            return self.writer.template(), context(r), []
        # Short templates are damaged more often: a change then matters more.
        text = self.real[min(r.randrange(len(self.real)), r.randrange(len(self.real)))]
        return damaged(r, text, self.real), r.choice(self.chats), ["mutated"]

    def case(self) -> dict[str, Any]:
        """The next case that is worth keeping."""
        while True:
            text, given, tags = self.candidate()
            line = self.line(text, given, tags)
            # Most damage breaks the syntax; a quarter of that is enough.
            spoilt = tags and line and line.get("error") == "TemplateSyntaxError"
            if line and not (spoilt and self.random.random() < 0.75):
                return line
            self.dropped += 1

    def traps(self) -> Iterator[dict[str, Any]]:
        given = context(random.Random(7))
        for number, text in enumerate(TRAPS, 1):
            line = self.line(text, given, [])
            if line:
                yield {"name": f"trap {number}", **line}

    def line(self, text: str, given: dict[str, Any], tags: list[str]) -> dict[str, Any] | None:
        self.guarded.big = False
        oracle.compiled.cache_clear()
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        try:
            if "*" in text:  # only products and powers grow that fast
                oracle.render(self.guarded, text, given)
            one = oracle.render(self.made, text, given)
        except (TooMuch, MemoryError):
            return None
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        line: dict[str, Any] = {"template": text, "context": given, "now": self.now}
        if isinstance(one, oracle.Refused):
            if one.kind == "MemoryError" or ADDRESS.search(one.message):
                return None
            line |= {"error": one.kind, "message": one.message}
        else:
            if len(one) > LONGEST or ADDRESS.search(one):
                return None
            line["expected"] = one
        try:
            (text + line.get("expected", "") + line.get("message", "")).encode("utf-8")
        except UnicodeEncodeError:
            return None
        if self.guarded.big or re.search(r"\d{19,}", text):
            tags = [*tags, "bigint"]
        if MARKUP.search(text):
            tags = [*tags, "markup"]
        if tags:
            line["tags"] = tags
        return line


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--traps", action="store_true")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    parser.add_argument("--templates", type=Path, default=cases.ROOT / ".llama/templates", metavar="FOLDER")
    parser.add_argument("--now", default=oracle.NOW)
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # of Python, about odd escapes and comparisons in the generated code
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    signal.signal(signal.SIGALRM, on_alarm)
    fuzzer = Fuzzer(options.seed, options.templates, options.now)
    refused = count = 0
    with options.out.open("w", encoding="ascii") as file:
        random_cases = (fuzzer.case() for _ in range(options.count))
        for line in itertools.chain(fuzzer.traps() if options.traps else (), random_cases):
            count += 1
            refused += "error" in line
            file.write(json.dumps(line) + "\n")
    print(f"{count} lines in {options.out}: {refused} refused by Jinja2; {fuzzer.dropped} more dropped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
