"""The chats that every template is tried with, and what Jinja2 makes of each.

    python3 cases.py                     renders everything and compares with expected.json
    python3 cases.py --record            writes cases.json and expected.json
    python3 cases.py --lines FILE        one JSON line for every template and case, with both texts

    --templates FOLDER   the templates of real models; default .llama/templates, where setup-llama leaves
                         those of llama.cpp. The committed ones of Tests/Fixtures/templates are always added.
    --now TIME           the clock of strftime_now; default 2025-03-09T14:05:06

cases.json is a list of {name, context}: a context is what the template sees. expected.json has, by the
template's file name, the first 12 hex digits of the FNV-1a hash (64 bits) of its text, and for each case in the
same order those of the rendered text, or null where Jinja2 refuses. Both hash UTF-8.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Iterator

import oracle
from chats import chats

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def cases() -> list[dict[str, Any]]:
    made = []
    for name, chat in chats():
        raw, only = chat.pop("raw", False), chat.pop("only", None)
        if raw:
            marks = chat.pop("special_tokens")
            context = {"tools": None, "documents": None, **chat, **marks}
            if only:
                context = {key: value for key, value in context.items() if key in only}
        else:
            context = oracle.seen_by_template(**chat)
        made.append({"name": name, "context": context})
    names = [case["name"] for case in made]
    if len(set(names)) != len(names):
        raise ValueError("two cases have one name")
    # As JSON readers see them: no objects shared between cases.
    return json.loads(json.dumps(made, allow_nan=False))


def templates(folder: Path) -> dict[str, str]:
    """By file name, sorted: those of the folder and the committed ones."""
    files: dict[str, str] = {}
    for place in (ROOT / "Tests/Fixtures/templates", folder):
        for path in sorted(place.glob("*.jinja")):
            if path.name in files:
                raise ValueError(f"two templates are called {path.name}")
            # newline="": a template keeps its carriage returns until Jinja2 sees them.
            with path.open(encoding="utf-8", newline="") as file:
                files[path.name] = file.read()
    return dict(sorted(files.items()))


def digest(text: str) -> str:
    value = 0xCBF29CE484222325
    for byte in text.encode("utf-8"):
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"[:12]


def rendered(
    texts: dict[str, str], chosen: list[dict[str, Any]], now: str
) -> Iterator[tuple[str, list[Any]]]:
    made = oracle.environment(now)
    for name, text in texts.items():
        yield name, [oracle.render(made, text, case["context"]) for case in chosen]


def expected(texts: dict[str, str], chosen: list[dict[str, Any]], now: str) -> dict[str, Any]:
    return {
        name: {
            "digest": digest(texts[name]),
            "results": [None if isinstance(one, oracle.Refused) else digest(one) for one in results],
        }
        for name, results in rendered(texts, chosen, now)
    }


def lines(texts: dict[str, str], chosen: list[dict[str, Any]], now: str) -> Iterator[dict[str, Any]]:
    for name, results in rendered(texts, chosen, now):
        for case, one in zip(chosen, results):
            line = {"name": f"{name}: {case['name']}", "template": texts[name], "context": case["context"]}
            if isinstance(one, oracle.Refused):
                line |= {"error": one.kind, "message": one.message}
            else:
                line["expected"] = one
            yield line | {"now": now}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--templates", type=Path, default=ROOT / ".llama/templates", metavar="FOLDER")
    parser.add_argument("--now", default=oracle.NOW)
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--lines", type=Path, metavar="FILE")
    options = parser.parse_args()
    if not list(options.templates.glob("*.jinja")):
        parser.error(
            f"no *.jinja files in {options.templates}: run Scripts/setup-llama, or name their folder"
        )
    chosen, texts = cases(), templates(options.templates)
    if options.lines:
        count = refused = 0
        with options.lines.open("w", encoding="ascii") as file:
            for line in lines(texts, chosen, options.now):
                file.write(json.dumps(line) + "\n")
                count += 1
                refused += "error" in line
        print(f"{count} lines in {options.lines}: {refused} refused by Jinja2")
        return 0

    results = expected(texts, chosen, options.now)
    kept = sum(one is not None for entry in results.values() for one in entry["results"])
    total = len(texts) * len(chosen)
    print(f"{len(texts)} templates × {len(chosen)} cases: {kept} rendered, {total - kept} refused")
    if options.record:
        body = ",\n".join(json.dumps(case) for case in chosen)
        (HERE / "cases.json").write_text(f"[\n{body}\n]\n", encoding="ascii")
        body = ",\n".join(
            f"{json.dumps(name)}: {json.dumps(entry, separators=(',', ':'))}"
            for name, entry in results.items()
        )
        (HERE / "expected.json").write_text(f"{{\n{body}\n}}\n", encoding="ascii")
        return 0
    recorded = json.loads((HERE / "expected.json").read_text(encoding="ascii"))
    if json.loads((HERE / "cases.json").read_text(encoding="ascii")) != chosen:
        print("cases.json is not what this script makes: record again")
        return 1
    differing = [name for name in recorded.keys() | results.keys() if recorded.get(name) != results.get(name)]
    for name in sorted(differing):
        print(f"{name} differs from expected.json")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
