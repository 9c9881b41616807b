"""Whether one build of `eft` is slower than another: runs `eft bench` of both in turn, recipe by recipe.

    Benchmarks/python Benchmarks/versions.py OLD NEW RECIPE... [--runs 7] [-- options of eft bench]

OLD and NEW are binaries, or folders of llama.cpp's libraries (then the binary is $EFT, or .build/release/eft). Each run
measures every system once, with one build and then the other. Prints tokens/s (medians) and the ratio of neighbouring
runs (median, lowest to highest). Nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

EFT = Path(os.environ.get("EFT", Path(__file__).parent.parent / ".build/release/eft"))


def speeds(build: Path, recipe: Path, options: list[str]) -> dict[str, float]:
    environment, binary = dict(os.environ), build
    if build.is_dir():
        environment["LD_LIBRARY_PATH"], binary = str(build), EFT
    command = [str(binary), "bench", str(recipe), "--json", "--repeats", "1", *options]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    return {system["name"]: system["tokens_per_second"] for system in json.loads(done.stdout)["systems"]}


def main() -> None:
    own, options = sys.argv[1:], []
    if "--" in own:
        own, options = own[: own.index("--")], own[own.index("--") + 1 :]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("recipes", nargs="+", type=Path)
    parser.add_argument("--runs", type=int, default=7)
    asked = parser.parse_args(own)
    asked.old, asked.new = asked.old.resolve(), asked.new.resolve()
    print("| recipe | system | old | new | new / old |\n|---|---|---|---|---|", flush=True)
    for recipe in asked.recipes:
        runs: list[tuple[dict[str, float], dict[str, float]]] = []
        for number in range(asked.runs):
            # The first of a pair finds another machine than the second: they take turns.
            order = [asked.old, asked.new] if number % 2 == 0 else [asked.new, asked.old]
            measured = [speeds(build, recipe, options) for build in order]
            old, new = measured if number % 2 == 0 else reversed(measured)
            runs.append((old, new))
        for system in runs[0][1]:
            pairs = [(old[system], new[system]) for old, new in runs if system in old]
            if not pairs:
                continue
            ratios = [new / old for old, new in pairs]
            old, new = (statistics.median(side) for side in zip(*pairs))
            print(f"| {recipe.stem} | {system} | {old:.1f} | {new:.1f} "
                  f"| {statistics.median(ratios):.3f} ({min(ratios):.2f}–{max(ratios):.2f}) |", flush=True)


if __name__ == "__main__":
    main()
