"""Writes schemas with valid and invalid instances, and llama.cpp's grammar for each, as lines of JSON."""

from __future__ import annotations

import argparse
import json
import random
import re
import warnings
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed as seeded, settings
from hypothesis_jsonschema import from_schema

from validator import validator

# Files of the suite whose schemas need a network, or are about something other than validity.
SKIPPED = {"refRemote", "vocabulary", "content", "default"}


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def load_converter(path: Path):
    """`json_schema_to_gbnf` of llama-cpp-python, without the library around it."""
    text = path.read_text(encoding="utf-8")
    names: dict[str, Any] = {"__name__": "converter"}
    source = text[text.index("\nimport json\n") :]
    exec(compile("from typing import *\n" + source, str(path), "exec"), names)
    return names["json_schema_to_gbnf"]


def suite(folder: Path) -> list[dict[str, Any]]:
    cases = []
    for path in sorted(folder.glob("*.json")):
        if path.stem in SKIPPED:
            continue
        for group in json.loads(path.read_text(encoding="utf-8")):
            tests = group["tests"]
            cases.append(
                {
                    "name": f"{path.stem}: {group['description']}",
                    "schema": group["schema"],
                    "valid": [compact(test["data"]) for test in tests if test["valid"]],
                    "invalid": [compact(test["data"]) for test in tests if not test["valid"]],
                }
            )
    return cases


class RandomSchemas:
    """Schemas at random from the keywords that grammars know."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)

    def schema(self) -> dict[str, Any]:
        made = self.value(3)
        if self.random.random() < 0.3:
            made = {
                "type": "object",
                "properties": {"one": made, "more": {"type": "array", "items": {"$ref": "#/$defs/d"}}},
                "required": ["one"],
                "$defs": {"d": self.value(1)},
                "additionalProperties": False,
            }
        return made

    def value(self, depth: int) -> dict[str, Any]:
        pick = self.random.choice
        kinds = ["string", "integer", "number", "boolean", "null", "enum", "const"]
        if depth > 0:
            kinds += ["object", "object", "object", "array", "array", "tuple", "anyOf", "allOf", "oneOf", "types"]
        kind = pick(kinds)
        return getattr(self, "make_" + kind)(depth)

    def make_string(self, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {"type": "string"}
        match self.random.randrange(6):
            case 0:
                made["minLength"] = self.random.randrange(4)
                made["maxLength"] = made["minLength"] + self.random.randrange(8)
            case 1:
                made["pattern"] = self.random.choice(
                    ["^[a-z]{2,4}$", "^(foo|bar)+$", "[0-9]", "^a.c$", "^\\d{3}-\\d{4}$", "x$", "^\"[^\\\\]*\"$", "^é+|ß$"]
                )
            case 2:
                made["format"] = self.random.choice(
                    ["date", "time", "date-time", "uuid", "ipv4", "ipv6", "email", "hostname", "duration"]
                )
            case 3:
                made["maxLength"] = self.random.randrange(40)
        return made

    def bounds(self, values: list[Any]) -> dict[str, Any]:
        low, high = sorted(self.random.sample(values, 2))
        made: dict[str, Any] = {}
        if self.random.random() < 0.6:
            made[self.random.choice(["minimum", "exclusiveMinimum"])] = low
        if self.random.random() < 0.6:
            made[self.random.choice(["maximum", "exclusiveMaximum"])] = high
        return made

    def make_integer(self, depth: int) -> dict[str, Any]:
        values = [self.random.randrange(-10 ** self.random.randrange(1, 6), 10 ** self.random.randrange(1, 6)) for _ in range(4)]
        return {"type": "integer", **self.bounds(sorted(set(values + [0, -7, 5000])))}

    def make_number(self, depth: int) -> dict[str, Any]:
        values = [round(self.random.uniform(-100, 100), self.random.randrange(5)) for _ in range(4)]
        return {"type": "number", **self.bounds(sorted(set(values + [0, 1, 0.5, -0.125])))}

    def make_boolean(self, depth: int) -> dict[str, Any]:
        return {"type": "boolean"}

    def make_null(self, depth: int) -> dict[str, Any]:
        return {"type": "null"}

    def literal(self) -> Any:
        return self.random.choice(["a", "é\"\\\n", "", 1, -2.5, True, None, [1, "x"], {"k": [None]}, 10**12])

    def make_enum(self, depth: int) -> dict[str, Any]:
        return {"enum": [self.literal() for _ in range(self.random.randint(1, 4))]}

    def make_const(self, depth: int) -> dict[str, Any]:
        return {"const": self.literal()}

    def make_types(self, depth: int) -> dict[str, Any]:
        return {"type": self.random.sample(["string", "integer", "null", "boolean", "array"], 2)}

    def make_object(self, depth: int) -> dict[str, Any]:
        names = self.random.sample(["a", "b", "ab", "é", "x y", "q\"", "name", "tags"], self.random.randrange(5))
        made: dict[str, Any] = {"type": "object", "properties": {name: self.value(depth - 1) for name in names}}
        made["required"] = [name for name in names if self.random.random() < 0.6]
        match self.random.randrange(4):
            case 0:
                made["additionalProperties"] = True
            case 1:
                made["additionalProperties"] = self.value(depth - 1)
            case _:
                made["additionalProperties"] = False
        return made

    def make_array(self, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {"type": "array", "items": self.value(depth - 1)}
        if self.random.random() < 0.5:
            made["minItems"] = self.random.randrange(3)
        if self.random.random() < 0.5:
            made["maxItems"] = made.get("minItems", 0) + self.random.randrange(4)
        return made

    def make_tuple(self, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {
            "type": "array",
            "prefixItems": [self.value(depth - 1) for _ in range(self.random.randint(1, 3))],
        }
        if self.random.random() < 0.7:
            made["items"] = False if self.random.random() < 0.5 else self.value(depth - 1)
        if self.random.random() < 0.7:
            made["minItems"] = len(made["prefixItems"])
        return made

    def make_anyOf(self, depth: int) -> dict[str, Any]:
        return {"anyOf": [self.value(depth - 1) for _ in range(self.random.randint(1, 3))]}

    def make_oneOf(self, depth: int) -> dict[str, Any]:
        return {"oneOf": [self.value(depth - 1) for _ in range(self.random.randint(1, 3))]}

    def make_allOf(self, depth: int) -> dict[str, Any]:
        return {"allOf": [self.make_object(depth - 1) if depth > 1 else self.make_integer(0) for _ in range(2)]}


def instances(schema: Any, seed: int, count: int = 8) -> list[str]:
    """Some valid instances, as hypothesis-jsonschema makes them."""
    found: list[str] = []
    try:

        @seeded(seed)
        @settings(
            max_examples=count, database=None, deadline=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(from_schema(schema))
        def collect(value: Any) -> None:
            found.append(compact(value))

        collect()
    except Exception:  # unsatisfiable, or more than it can make
        pass
    check = validator(schema)
    return [text for text in dict.fromkeys(found) if check.is_valid(json.loads(text))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", type=Path, required=True)
    parser.add_argument("--converter", type=Path, required=True)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    convert = load_converter(options.converter)
    cases = suite(options.suite)
    made = RandomSchemas(options.seed)
    for index in range(options.count):
        schema = made.schema()
        # hypothesis-jsonschema takes a second or so for some schemas.
        valid = instances(schema, index) if index < options.count // 3 else []
        cases.append({"name": f"random {index}", "schema": schema, "valid": valid, "invalid": []})
    with options.out.open("w", encoding="utf-8") as file:
        for case in cases:
            try:
                # Versions differ in where white space may stand: compared without.
                grammar = convert(json.dumps(case["schema"]))
                case["gbnf"] = re.sub(r"^space ::= .*$", 'space ::= ""', grammar, flags=re.MULTILINE)
            except Exception as error:  # what it does not know ends in any error of Python's
                case["gbnf"] = None
            # llama.cpp reads no lone surrogates, and neither do we.
            file.write(json.dumps(case, ensure_ascii=True) + "\n")
    print(f"{len(cases)} schemas")


if __name__ == "__main__":
    main()
