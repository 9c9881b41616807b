"""Random values and contexts, as JSON has them."""

from __future__ import annotations

import json
import random
import string
from typing import Any

import tools

WORDS = [
    "", "a", "b", "ab", "abc", "Hello", "hello world", "user", "assistant", "system", "  padded  ", "\n",
    "\n\nx\n", "\t", "a,b,,c", "a b  c", "x=1;y=2", "<b>bold</b>", "a & b", "it's", 'say "hi"', 'it\'s "both"',
    "back\\slash", "ß", "ǅ", "İ", "ÉCOLE", "漢字", "👩‍👩‍👧", "e\u0301", "\u00a0x\u00a0", "\u2028", "\u200b",
    "\x00", "\x7f", "\x1c", "\r\n", "a\r\nb\rc\n", "<think>", "</think>", "<think>\nhm\n</think>\n\nyes",
    "<|im_end|>", "{{ x }}", "{% if %}", "%s", "%d items", "%(a)s", "{}", "{0}-{1}", "{a}", "12", "-7", "3.5",
    "1e3", " 42 ", "0x1f", "1_000", "nan", "True", "none", "½", "٣", "²", "AbC dEf", "they're bill's",
    "one two three four five six seven eight nine ten", "a-b_c.d", "aaa", "abcabcabc", "Zebra", "apple",
    "Äpfel", "ﬁ", "title Case here", "http://a.example/?q=a b&c=ü", "x" * 50, "日本語 テキスト", "שלום", "\ufeff",
    "\U0001d518",
]
KEYS = [
    "a", "b", "c", "name", "type", "key", "content", "items", "keys", "values", "get", "x y", "ü", "role", "_p",
    "1", "",
]


def text_value(r: random.Random) -> str:
    if r.random() < 0.8:
        return r.choice(WORDS)
    return "".join(
        r.choice(string.ascii_letters + " \n'\"\\<&{}%é漢😀_-.,:;0123456789") for _ in range(r.randint(0, 12))
    )


INTEGERS = [0, 1, 2, 3, -1, -2, 5, 7, 10, 16, 100, -13, 255, 1000, 12345]
NUMBERS = [
    0.0, -0.0, 0.5, 1.0, -1.5, 2.5, 3.5, 0.1, 0.30000000000000004, 1e16, 1e15, 123456789.125, 1e-4, 1e-5,
    1.5e-7, 1e22, 1e21, 2.675, 1e100, 5e-324, 1.7976931348623157e308, 100.0,
]


def integer(r: random.Random) -> int:
    return r.choice([*INTEGERS, r.randint(-50, 50), r.randint(-(10**6), 10**6)])


def number(r: random.Random) -> float:
    return r.choice([*NUMBERS, r.uniform(-10, 10), r.uniform(-1e9, 1e9)])


def value(r: random.Random, depth: int = 2) -> Any:
    kind = r.random()
    if depth > 0 and kind < 0.15:
        return [value(r, depth - 1) for _ in range(r.randint(0, 4))]
    if depth > 0 and kind < 0.3:
        return {r.choice(KEYS): value(r, depth - 1) for _ in range(r.randint(0, 4))}
    if kind < 0.6:
        return text_value(r)
    if kind < 0.75:
        return integer(r)
    if kind < 0.85:
        return number(r)
    return r.choice([True, False, None])


def context(r: random.Random) -> dict[str, Any]:
    rows = [
        {
            "name": r.choice(["Ann", "bob", "Cy", "ann", "Äb"]),
            "age": r.choice([3, 10, 10, 21, None if r.random() < 0.05 else 7]),
            "tag": r.choice(["x", "Y", "z", "x"]),
            "sub": {"k": r.choice([1, 2, 1])},
            "ok": r.choice([True, False]),
        }
        for _ in range(r.choice([0, 1, 2, 2, 3, 5]))
    ]
    if r.random() < 0.1:
        for row in rows:
            if r.random() < 0.4:
                del row[r.choice(list(row))]
    made = {
        "s": text_value(r),
        "t": text_value(r),
        "n": integer(r),
        "m": r.randint(-4, 6),
        "f": number(r),
        "g": r.choice([0.5, 1.25, -2.0]),
        "yes": True,
        "no": False,
        "nil": None,
        "xs": [value(r) for _ in range(r.choice([0, 1, 2, 3, 4]))],
        "words": [text_value(r) for _ in range(r.choice([0, 1, 1, 2, 3, 5]))],
        "nums": [
            r.choice([integer(r), number(r)]) if r.random() < 0.2 else r.randint(-5, 12)
            for _ in range(r.choice([0, 1, 2, 3, 6]))
        ],
        "rows": rows,
        "d": {key: value(r) for key in r.sample(KEYS, r.randint(0, 5))},
        "e": {"a": {"b": {"c": value(r)}}, "list": [1, [2, [3]]], "s": text_value(r)},
        "messages": [
            {"role": r.choice(["user", "assistant", "system", "tool"]), "content": text_value(r)}
            for _ in range(r.choice([0, 1, 1, 2, 3, 4]))
        ],
    }
    if r.random() < 0.5:
        made["tools"] = r.choice([None, [], [tools.WEATHER], [tools.SEARCH, tools.CLOCK]])
    for name in r.sample(list(made), r.randint(0, 2)):
        if r.random() < 0.1:
            del made[name]
    # As JSON readers see it.
    return json.loads(json.dumps(made))
