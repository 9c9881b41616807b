"""How often speculative and plain replies under one seed differ: `python3 Benchmarks/forks.py`.

They are the same where a model's numbers do not depend on how many tokens a pass carries. Real kernels
choose other sums for other widths, so that now and then a near-tie falls to the other side.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EFT = os.environ.get("EFT", ROOT / ".build/release/eft")


def replies(arguments: argparse.Namespace, block: str, prompts: str) -> list[list[int]]:
    """The tokens of every reply."""
    command = [EFT, "generate", arguments.recipe, "--prompts", prompts, "--json",
               "--temperature", arguments.temperature, "--seed", arguments.seed, "--block", block]
    done = subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE, text=True)
    return [[token["id"] for token in json.loads(line)["tokens"]] for line in done.stdout.splitlines()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", default=ROOT / "Recipes/atlas.yaml")
    parser.add_argument("--prompts", default=ROOT / "Atlas/eval/facts.jsonl", type=Path)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--blocks", nargs="+", default=["1", "2", "4", "8", "auto"])
    parser.add_argument("--temperature", type=float, default=1)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    lines = arguments.prompts.read_text("utf-8").splitlines()[: arguments.count]
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        file.write("\n".join(json.dumps({"prompt": json.loads(line)["prompt"]}) for line in lines))
        file.flush()
        plain = replies(arguments, "0", file.name)
        tokens = sum(map(len, plain))
        for block in arguments.blocks:
            other = replies(arguments, block, file.name)
            differ = sum(a != b for a, b in zip(plain, other))
            print(f"block {block}: {differ} of {len(plain)} replies differ ({tokens} tokens in all)")


if __name__ == "__main__":
    main()
