#!/usr/bin/env python3
"""Measures what look-ups gain: tokens/s with proposals of the draft member alone, and of all sources, interleaved.

    Benchmarks/copying.py RECIPE [--prompts FILE] [--count N] [--repeats 3] [--tokens 192] [--raw [--characters N]]

Asks a server of its own each prompt under both settings in turn, one stream, greedily. The default prompts are copy-heavy:
texts to quote and code to edit (Benchmarks/copying.jsonl). With --prompts, others (JSONL, `prompt`), which must not become
slower. With --raw, the text of each prompt (its first --characters) is continued twice over as it stands: members that are
no chat models repeat it.
Needs nothing beyond Python's standard library. Nothing else should run.
"""

import argparse
import http.client
import json
import statistics
import time
from pathlib import Path

import serve

HERE = Path(__file__).parent
SOURCES = {"member": ["member"], "all": ["grammar", "lookup", "member"]}


def ask(port, path, body):
    """Seconds from the first token to the last, the tokens between, and the reply's statistics."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    connection.request("POST", path, json.dumps(body))
    answer = connection.getresponse()
    if answer.status != 200:
        raise SystemExit(answer.read().decode())
    first, tokens, result = None, 0, {}
    for line in answer:
        if not line.startswith(b"data: {"):
            continue
        event = json.loads(line[6:])
        for choice in event.get("choices", []):
            said = choice.get("eft", {})
            if said.get("attributions"):
                first = first or time.perf_counter()
                tokens += len(said["attributions"])
                last = time.perf_counter()
            result = said.get("statistics", result)
    connection.close()
    return last - first, tokens - 1, result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe")
    parser.add_argument("--prompts", type=Path, default=HERE / "copying.jsonl")
    parser.add_argument("--count", type=int, help="only the first prompts")
    parser.add_argument("--eft", default=HERE.parent / ".build/release/eft")
    parser.add_argument("--tokens", type=int, default=192, help="of a reply, at most")
    parser.add_argument("--temperature", type=float, default=0)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--raw", action="store_true")
    parser.add_argument("--characters", type=int, help="of a prompt, at most")
    options = parser.parse_args()
    lines = options.prompts.read_text().splitlines()[:options.count]
    prompts = [json.loads(line)["prompt"][:options.characters] for line in lines]
    speeds = {name: [] for name in SOURCES}
    ratios, found = [], [0, 0]
    with serve.serving(options.eft, options.recipe, 1) as (model, port):
        for repeat in range(options.repeats):
            for index, prompt in enumerate(prompts):
                pair = {}
                for name, sources in sorted(SOURCES.items(), reverse=(index + repeat) % 2 == 1):
                    body = {
                        "model": model, "stream": True, "temperature": options.temperature, "seed": index,
                        "max_tokens": options.tokens, "eft": {"drafts": sources, "attributions": True}}
                    if options.raw:
                        path, body["prompt"], body["ignore_eos"] = "/v1/completions", f"{prompt}\n\n" * 2, True
                    else:
                        path, body["messages"] = "/v1/chat/completions", [{"role": "user", "content": prompt}]
                    seconds, tokens, result = ask(port, path, body)
                    if tokens < 8 or seconds <= 0:
                        continue
                    pair[name] = tokens / seconds
                    speeds[name].append(pair[name])
                    if name == "all":
                        lookup = result["sources"].get("lookup", {"drafted": 0, "accepted": 0})
                        found[0] += lookup["accepted"]
                        found[1] += lookup["drafted"]
                if len(pair) == 2:
                    ratios.append(pair["all"] / pair["member"])
    print(f"{Path(options.recipe).name}, {options.prompts.name}, temperature {options.temperature:g}, "
          f"{len(ratios)} pairs\n\n| proposals | tokens/s, median |\n|---|---|")
    for name in SOURCES:
        print(f"| {name} | {statistics.median(speeds[name]):.1f} |")
    print(f"\nall × member: median of pairs {statistics.median(ratios):.2f}, lowest {min(ratios):.2f}, "
          f"highest {max(ratios):.2f}; look-ups: {found[0]} of {found[1]} proposals kept")


if __name__ == "__main__":
    main()
