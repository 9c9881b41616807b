"""Writes `data/humaneval.jsonl`: `python prepare_code.py HUMANEVAL`, where HUMANEVAL is a clone of openai/human-eval.

The rows are in the repository, so this need not be run. All 164 problems are asked, in an order that a fixed seed
chooses: in the original one, the first are the easiest.
"""

from __future__ import annotations

import argparse
import gzip
import json
import pathlib
import random

from prepare import SEED, write

ASK = "Write the body of this Python function. Reply only with the function, without its docstring, in one Python code block."


def row(problem: dict) -> dict:
    """A question, and what the judge needs: what stands before the reply, and the tests."""
    return {
        "id": problem["task_id"],
        "prompt": f"{ASK}\n\n```python\n{problem['prompt'].strip()}\n```",
        "before": problem["prompt"],
        "tests": f"{problem['test'].strip()}\n\ncheck({problem['entry_point']})",
    }


def main(humaneval: pathlib.Path) -> None:
    with gzip.open(humaneval / "data/HumanEval.jsonl.gz", "rt", encoding="utf-8") as file:
        problems = [json.loads(line) for line in file]
    random.Random(SEED).shuffle(problems)
    write("humaneval.jsonl", [row(problem) for problem in problems])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("humaneval", type=pathlib.Path, help="a clone of https://github.com/openai/human-eval")
    main(parser.parse_args().humaneval)
