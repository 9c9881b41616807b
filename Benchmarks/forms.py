#!/usr/bin/env python3
"""Measures what the form of a reply costs a token: ms a token with a schema, a regular expression, and without, in turn.

    Benchmarks/forms.py RECIPE [--tokens 96] [--repeats 9] [--eft BINARY]

Asks a server of its own for completions, one stream, without speculation, at temperature 1. Every request is another text,
but masks that a form has computed once are kept. The first reply of each form, which computes them, is printed apart.
Needs nothing beyond Python's standard library. Nothing else should run.
"""

import argparse
import json
import statistics
from pathlib import Path

import copying
import serve

FORMS = {
    "free": {},
    "regex": {"guided_regex": "([A-Z][a-z]+( [a-z]+){2,9}[.?] ){1,40}"},
    "schema": {"guided_json": {
        "type": "object", "required": ["title", "notes", "year"], "additionalProperties": False,
        "properties": {"title": {"type": "string"}, "year": {"type": "integer"},
                       "notes": {"type": "array", "items": {"type": "string"}, "minItems": 8}}}},
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe")
    parser.add_argument("--tokens", type=int, default=96)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--eft", default=Path(__file__).parent.parent / ".build/release/eft")
    options = parser.parse_args()
    times = {name: [] for name in FORMS}
    with serve.serving(options.eft, options.recipe, 1) as (model, port):
        for run in range(options.repeats + 1):
            for name, form in FORMS.items():
                body = {
                    "model": model, "prompt": f"Notes of day {run}, by a traveller.\n", "stream": True, "seed": run,
                    "max_tokens": options.tokens, "temperature": 1,
                    "eft": {"attributions": True, "speculation": "off"}, **form}
                seconds, tokens, _ = copying.ask(port, "/v1/completions", body)
                times[name].append(1000 * seconds / max(1, tokens))
    print("| form | first reply, ms a token | later ones (lowest to highest) | × free |\n|---|---|---|---|")
    for name, own in times.items():
        ratios = [one / free for one, free in zip(own[1:], times["free"][1:])]
        print(f"| {name} | {own[0]:.1f} | {statistics.median(own[1:]):.1f} ({min(own[1:]):.1f}–{max(own[1:]):.1f}) "
              f"| {statistics.median(ratios):.2f} |")


if __name__ == "__main__":
    main()
