"""What a large base of another vocabulary costs at 10 : 1 : 1: `Benchmarks/python Benchmarks/foreign.py`.

Atlas's two large bases, one with the small members' tokenizer and one with another, both widened to 0.8 B without
changing what they say, under the same small members of 80 M (padded.py): `eft bench` of both composites in turn, on
held-out questions. Prints tokens/s, and of neighbouring runs the ratio foreign ÷ one vocabulary; then what the members
that are asked by texts did for a token. The models take 3.5 GB under Benchmarks/results. Nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import json
import statistics
from pathlib import Path

from padded import EFT, MODELS, prompts, recipe, run, widen

SYSTEMS = {"plain": "composite, plain", "auto": "composite, auto"}


def recipes(nucleus: float) -> dict[str, Path]:
    recipe("F16", False)
    widen("large-other", "0.8B", MODELS / "other-F16.gguf")
    made = {}
    for name, large in {"one": "large-F16.gguf", "foreign": "{ file: other-F16.gguf, prompt: chatml }"}.items():
        made[name] = MODELS / f"{name}-vocabulary.yaml"
        made[name].write_text(
            f"name: {name}\nmembers:\n  large: {large}\n  small: small-F16.gguf\n  chat: chat-F16.gguf\n"
            f"formula: large + chat - small\nfallback: chat\nmask: {{ nucleus: {nucleus} }}\n", encoding="utf-8")
    return made


def bench(path: Path, temperature: float, tokens: int) -> dict[str, dict]:
    """The systems of a report, by name."""
    text = run(EFT, "bench", path, "--json", "--no-members", "--block", 0, "--repeats", 1, "--tokens", tokens,
               "--temperature", temperature, "--prompts", prompts())
    return {system["name"]: system for system in json.loads(text)["systems"]}


def spread(values: list[float], digits: int) -> str:
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def speeds(runs: list[dict[str, dict[str, dict]]], temperature: float) -> None:
    for label, system in SYSTEMS.items():
        one, foreign = ([run[name][system]["tokens_per_second"] for run in runs] for name in ("one", "foreign"))
        ratios = [f / o for f, o in zip(foreign, one, strict=True)]
        print(f"| {temperature:g} | {label} | {spread(one, 1)} | {spread(foreign, 1)} | {spread(ratios, 2)} |", flush=True)


def parts(runs: list[dict[str, dict[str, dict]]], temperature: float) -> None:
    for label, system in SYSTEMS.items():
        for index, first in enumerate(runs[0]["foreign"][system]["strings"]):
            def median(key: str) -> float:
                return statistics.median(run["foreign"][system]["strings"][index][key] for run in runs)
            print(f"| {temperature:g} | {label} | {first['member']} | {median('rows_per_token'):.2f} "
                  f"| {median('side_rows_per_token'):.2f} | {median('side_passes_per_token'):.2f} | {median('left_out'):.5f} "
                  f"| {median('pass_milliseconds'):.1f} | {median('side_pass_milliseconds'):.1f} "
                  f"| {median('own_milliseconds'):.2f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--temperatures", nargs="+", type=float, default=[0, 1])
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--nucleus", type=float, default=0.95)
    options = parser.parse_args()
    MODELS.mkdir(parents=True, exist_ok=True)
    both = recipes(options.nucleus)
    runs = {temperature: [] for temperature in options.temperatures}
    for repeat in range(options.repeats):
        for temperature, made in runs.items():
            order = sorted(both, reverse=repeat % 2 == 1)
            made.append({name: bench(both[name], temperature, options.tokens) for name in order})
    print("Tokens/s, medians (lowest to highest)\n\n"
          "| temperature | decoding | one vocabulary | foreign large base | foreign ÷ one |\n|---|---|---|---|---|")
    for temperature, made in runs.items():
        speeds(made, temperature)
    print("\nFor a token of the reply, medians\n\n"
          "| temperature | decoding | member | rows | side rows | side passes | left out | ms: passes | ms: side passes | ms: own |\n"
          "|---|---|---|---|---|---|---|---|---|---|")
    for temperature, made in runs.items():
        parts(made, temperature)


if __name__ == "__main__":
    main()
