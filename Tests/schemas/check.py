"""Checks the answers: what grammars allow validates, and what they leave out has a known reason."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from typing import Any

from validator import validator


def lines(path: str) -> list[Any]:
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def keywords(schema: Any) -> set[str]:
    if isinstance(schema, list):
        return set().union(*[keywords(item) for item in schema])
    if isinstance(schema, dict):
        return set(schema).union(*[keywords(value) for value in schema.values()])
    return set()


def has_object(value: Any) -> bool:
    if isinstance(value, list):
        return any(has_object(item) for item in value)
    return isinstance(value, dict) and (bool(value))


def numbers(value: Any) -> list[float]:
    if isinstance(value, bool):
        return []
    if isinstance(value, (int, float)):
        return [value]
    items = value if isinstance(value, list) else value.values() if isinstance(value, dict) else []
    return [number for item in items for number in numbers(item)]


def texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    if isinstance(value, dict):
        return list(value) + [text for item in value.values() for text in texts(item)]
    return []


def reason(schema: Any, text: str, value: Any) -> str | None:
    """Why a valid instance may be left out: the grammar allows less, on purpose."""
    known = keywords(schema)
    typed = isinstance(schema, dict) and "type" in schema
    if has_object(value):
        return "objects: other order of keys, or other keys than those declared"
    if not typed and known & {
        "properties", "required", "items", "prefixItems", "pattern", "minLength", "maxLength", "format",
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems",
        "minProperties", "additionalProperties",
    }:
        return "without `type`, the other keywords decide the type"
    if any(isinstance(n, float) and ("e" in repr(n) or n == int(n) or len(repr(n)) > 14) or abs(n) >= 1e16 for n in numbers(value)):
        return "numbers: more digits than allowed, an exponent beside bounds, or 1.0 for an integer"
    if "format" in known:
        return "formats: part of what the standard allows"
    if known & {"enum", "const"}:
        return "enum and const: another spelling of the value"
    if any(ch == "\x7f" for t in texts(value) for ch in t):
        return "DEL in strings"
    return None


def difference(schema: Any, text: str) -> str:
    """Why our grammar leaves out what llama.cpp's allows."""
    try:
        value = json.loads(text)
    except ValueError:
        return "not JSON"
    try:
        valid = validator(schema).is_valid(value)
    except Exception:
        valid = False
    if not valid:
        return "not valid"
    if any("\ud800" <= ch <= "\udfff" for t in texts(value) for ch in t):
        return "half of a surrogate pair"
    if any(n != n or n in (float("inf"), float("-inf")) for n in numbers(value)):
        return "an infinite number"
    lower = text.lower()
    if "e" in lower and numbers(value):
        return "an exponent of more than two digits, or beside bounds"
    return reason(schema, text, value) or "unexplained"


def addition(schema: Any, text: str) -> str:
    """Why llama.cpp's grammar leaves out what ours allows."""
    known = keywords(schema)
    if re.search(r"[eE][+-]?0[0-9]", text):
        return "an exponent with a leading zero"
    if known & {"enum", "const"}:
        return "enum and const: another spelling, or other keywords beside them"
    if known & {"prefixItems"} or isinstance(schema, dict) and isinstance(schema.get("items"), list):
        return "tuples: shorter and longer ones than listed, as JSON Schema has it"
    if known & {"allOf", "anyOf", "oneOf", "$ref"}:
        return "combinations: what stands beside them counts here"
    if known & {"properties", "required", "additionalProperties"}:
        return "objects: other keys, and keys that are required only"
    if "format" in known:
        return "formats: other fractions of seconds, and formats that llama.cpp does not know"
    if r"\/" in text:
        return "the escape of a slash"
    return "other"


def main() -> int:
    cases, answers = lines(sys.argv[1]), lines(sys.argv[2])
    assert len(cases) == len(answers)
    counts: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    theirs: Counter[str] = Counter()
    failures: list[str] = []
    for case, answer in zip(cases, answers):
        schema, name = case["schema"], case["name"]
        if "unread" in answer:
            counts["schemas that are no JSON of ours (nesting, doubled keys, surrogates)"] += 1
            continue
        if "refused" in answer:
            counts["schemas refused"] += 1
            refused[answer["refused"]] += 1
            if len(answer["reason"]) > 400:
                failures.append(f"{name}: a long error")
            continue
        counts["schemas with a grammar"] += 1
        check = validator(schema)
        for text in answer["samples"]:
            counts["sampled replies"] += 1
            try:
                errors = [error.message[:200] for error in check.iter_errors(json.loads(text))]
            except Exception as error:
                errors = [repr(error)[:200]]
            if errors:
                failures.append(f"INVALID REPLY {name}\n  {json.dumps(schema)[:600]}\n  {text[:300]}\n  {errors[:2]}")
        for text, allowed in zip(case["invalid"], answer["invalid"]):
            counts["invalid instances"] += 1
            # The suite says what is valid without formats; jsonschema has the last word with them.
            if allowed and not check.is_valid(json.loads(text)):
                failures.append(f"INVALID ALLOWED {name}\n  {json.dumps(schema)[:600]}\n  {text[:300]}")
        for text, allowed in zip(case["valid"], answer["valid"]):
            value = json.loads(text)
            if not check.is_valid(value):
                continue
            counts["valid instances"] += 1
            if allowed:
                counts["valid instances allowed"] += 1
                continue
            why = reason(schema, text, value)
            if why is None:
                failures.append(f"VALID LEFT OUT {name}\n  {json.dumps(schema)[:600]}\n  {text[:300]}")
            left_out[why or "unexplained"] += 1
        if "gbnfError" in answer:
            # Its Python port escapes no backslashes in the names of properties and in patterns.
            theirs["grammars of llama.cpp that cannot be read"] += 1
        for text, allowed in answer.get("theirsAccepted", []):
            theirs["llama.cpp's replies"] += 1
            if allowed:
                theirs["llama.cpp's replies allowed here"] += 1
            else:
                why = difference(schema, text)
                theirs["llama.cpp's replies not allowed here: " + why] += 1
                if why == "unexplained":
                    failures.append(f"LLAMA ONLY {name}\n  {json.dumps(schema)[:600]}\n  {text[:300]}")
        for text, allowed in zip(answer["samples"], answer.get("oursAccepted", [])):
            theirs["replies of ours"] += 1
            if allowed:
                theirs["replies of ours allowed by llama.cpp"] += 1
            else:
                theirs["replies of ours not allowed by llama.cpp: " + addition(schema, text)] += 1
    for title, counter in [("", counts), ("refused, by keyword", refused), ("valid, left out", left_out), ("llama.cpp", theirs)]:
        if title:
            print(title)
        for key, count in counter.most_common():
            print(f"  {count:6} {key}")
    for failure in failures[:25]:
        print(failure)
    print(f"{len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
