"""Whether one build of `eft` is slower than another: runs `eft bench` of both in turn, recipe by recipe.

    Benchmarks/python Benchmarks/versions.py OLD NEW RECIPE... [--runs 7] [--together] [-- options of eft bench]

OLD and NEW are binaries, or folders of llama.cpp's libraries (then the binary is $EFT, or .build/release/eft). Each run
measures every system once, with one build and then the other. Prints tokens/s (medians), and of the ratios of
neighbouring runs the median, its 95 % bootstrap interval, the lowest and the highest. Nothing else should run meanwhile.

`--together` runs both builds at once, each on a processor of its own, and then with the processors exchanged; a ratio
is the geometric mean of the two. What the machine does to both at a time then cancels. Give `-- --threads 1` with it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
from pathlib import Path

EFT = Path(os.environ.get("EFT", Path(__file__).parent.parent / ".build/release/eft"))


Speeds = dict[str, float]


def start(build: Path, recipe: Path, options: list[str], processor: int | None = None) -> subprocess.Popen[str]:
    environment, binary = dict(os.environ), build
    if build.is_dir():
        environment["LD_LIBRARY_PATH"], binary = str(build), EFT
    command = [str(binary), "bench", str(recipe), "--json", "--repeats", "1", *options]
    bound = ["taskset", "--cpu-list", str(processor)] if processor is not None else []
    return subprocess.Popen([*bound, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def speeds(run: subprocess.Popen[str]) -> Speeds:
    output, errors = run.communicate()
    if run.returncode != 0:
        sys.exit(f"{' '.join(map(str, run.args))}\n{errors}")
    return {system["name"]: system["tokens_per_second"] for system in json.loads(output)["systems"]}


def both(runs: list[subprocess.Popen[str]]) -> tuple[Speeds, Speeds]:
    try:
        return speeds(runs[0]), speeds(runs[1])
    finally:
        for run in runs:  # one that is left when the other has failed
            run.kill()


def in_turn(old: Path, new: Path, recipe: Path, options: list[str], number: int) -> list[tuple[Speeds, Speeds]]:
    # The first of a pair finds another machine than the second: they take turns.
    if number % 2 == 0:
        first = speeds(start(old, recipe, options))
        return [(first, speeds(start(new, recipe, options)))]
    first = speeds(start(new, recipe, options))
    return [(speeds(start(old, recipe, options)), first)]


def together(old: Path, new: Path, recipe: Path, options: list[str], number: int) -> list[tuple[Speeds, Speeds]]:
    pairs = []
    first, second = sorted(os.sched_getaffinity(0))[:2]
    for processors in [(first, second), (second, first)]:
        runs = [start(build, recipe, options, processor) for build, processor in zip((old, new), processors)]
        pairs.append(both(runs))
    return pairs


def interval(ratios: list[float]) -> tuple[float, float]:
    chance = random.Random(1)
    medians = sorted(statistics.median(chance.choices(ratios, k=len(ratios))) for _ in range(2000))
    return medians[50], medians[-51]


def main() -> None:
    own, options = sys.argv[1:], []
    if "--" in own:
        own, options = own[: own.index("--")], own[own.index("--") + 1 :]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("recipes", nargs="+", type=Path)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--together", action="store_true")
    asked = parser.parse_args(own)
    asked.old, asked.new = asked.old.resolve(), asked.new.resolve()
    print("| recipe | system | old | new | new / old |\n|---|---|---|---|---|", flush=True)
    measure = together if asked.together else in_turn
    for recipe in asked.recipes:
        runs = [measure(asked.old, asked.new, recipe, options, number) for number in range(asked.runs)]
        for system in runs[0][0][1]:
            pairs = [[(old[system], new[system]) for old, new in run if system in old] for run in runs]
            if not pairs[0]:
                continue
            ratios = [statistics.geometric_mean(new / old for old, new in run) for run in pairs]
            old, new = (statistics.median(side) for side in zip(*(pair for run in pairs for pair in run)))
            low, high = interval(ratios)
            print(f"| {recipe.stem} | {system} | {old:.1f} | {new:.1f} | {statistics.median(ratios):.3f} "
                  f"[{low:.3f}, {high:.3f}] ({min(ratios):.2f}–{max(ratios):.2f}) |", flush=True)


if __name__ == "__main__":
    main()
