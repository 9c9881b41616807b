"""What a pass costs, by its number of tokens and by what llama.cpp offers: `Benchmarks/python Benchmarks/passes.py MODEL...`.

    --variants repack plain flash-on flash-off      options of llama.cpp (see below)
    --library NAME=FOLDER                           also with another build of it (can be repeated)
    --streams                                       tokens of different texts, instead of one text's

`repack`: as it comes, weights rearranged for this processor's kernels. `plain`: weights as they are stored. `flash-on`
and `flash-off`: flash attention forced. Prints one table for each model: ms a pass, medians; in parentheses relative to
the first width. Variants take turns; nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
from pathlib import Path

from padded import MODELS, llama, program

VARIANTS = {
    "repack": [],
    "plain": ["--no-repack"],
    "flash-on": ["--flash", "on"],
    "flash-off": ["--flash", "off"],
}
WIDTHS = [1, 2, 3, 4, 5, 6, 8, 12, 16, 24, 32]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--variants", nargs="+", default=["repack", "plain"], choices=VARIANTS)
    parser.add_argument("--library", action="append", default=[], metavar="NAME=FOLDER")
    parser.add_argument("--widths", nargs="+", type=int, default=WIDTHS)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=3, help="runs of every variant, in turn")
    parser.add_argument("--streams", action="store_true")
    asked = parser.parse_args()

    MODELS.mkdir(parents=True, exist_ok=True)
    # A run path that LD_LIBRARY_PATH goes before.
    passes = program("passes", *llama(), "-Wl,--enable-new-dtags")
    systems: dict[str, tuple[Path | None, list[str]]] = {name: (None, VARIANTS[name]) for name in asked.variants}
    for library in asked.library:
        name, folder = library.split("=", 1)
        systems[name] = (Path(folder), [])

    def run(model: Path, folder: Path | None, options: list[str]) -> dict[str, float]:
        command = [passes, model, *options, "--threads", asked.threads, "--repeats", 5, *asked.widths]
        command += ["--streams"] if asked.streams else []
        environment = dict(os.environ, LD_LIBRARY_PATH=str(folder)) if folder else None
        done = subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE, text=True,
                              env=environment)
        return json.loads(done.stdout)

    for model in asked.models:
        runs: dict[str, list[dict[str, float]]] = {name: [] for name in systems}
        for _ in range(asked.rounds):
            for name, (folder, options) in systems.items():
                runs[name].append(run(model, folder, options))
        print(f"| {model.stem} | " + " | ".join(map(str, asked.widths)) + " |")
        print("|---" * (1 + len(asked.widths)) + "|")
        for name, own in runs.items():
            costs = [statistics.median(one[str(width)] for one in own) for width in asked.widths]
            print(f"| {name} | " + " | ".join(
                f"{cost:.1f}" + (f" ({cost / costs[0]:.2f})" if index else "") for index, cost in enumerate(costs)) + " |",
                flush=True)
        print()


if __name__ == "__main__":
    main()
