"""Writes the rows of `data/`: `python prepare.py GSM8K`, where GSM8K is a clone of openai/grade-school-math.

The rows are in the repository, so this need not be run. It says how they were chosen: by a fixed seed, with the
questions that are asked apart from those that are trained on.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import random
import re

HERE = pathlib.Path(__file__).resolve().parent
FACTS = HERE.parents[1] / "Atlas/eval/facts.jsonl"
SEED = 2310
# At 270 questions, a 95 % interval of a share is at most 6 points to each side.
TESTED = 270
WORKED, WORKED_HELD = 240, 24
SHORT_FACTS, SHORT_SUMS, SHORT_HELD = 240, 80, 24
FITTED = 100
# Long solutions cost most of the training and teach the same form.
LONGEST = 300

WORKED_SIGN, SHORT_SIGN = "Answer:", "In short:"


def read(path: pathlib.Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write(name: str, rows: list[dict]) -> None:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (HERE / "data" / name).write_text(text, encoding="utf-8")
    print(f"data/{name}: {len(rows)} rows")


def number(row: dict) -> str:
    """The answer of a GSM8K row, without thousands' commas."""
    return row["answer"].split("####")[1].strip().replace(",", "")


def worked(row: dict) -> str:
    """The solution of a GSM8K row, a step a line, with the answer on the last line in a form of its own."""
    steps = re.sub("<<.*?>>", "", row["answer"].split("####")[0])
    lines = [" ".join(line.split()) for line in steps.splitlines()]
    return "\n".join([line for line in lines if line] + [f"{WORKED_SIGN} {number(row)}"])


def short(answer: str) -> str:
    return f"{SHORT_SIGN} {answer}."


def ask(row: dict) -> str:
    return " ".join(row.get("question", row.get("prompt")).split())


def main(gsm8k: pathlib.Path) -> None:
    rng = random.Random(SEED)
    (HERE / "data").mkdir(exist_ok=True)

    sums = read(gsm8k / "grade_school_math/data/train.jsonl")
    sums = [row for row in sums if len(ask(row)) <= LONGEST and len(worked(row)) <= LONGEST]
    rng.shuffle(sums)
    pairs = [{"prompt": ask(row), "response": worked(row)} for row in sums[: WORKED + WORKED_HELD]]
    write("train-worked.jsonl", pairs[:WORKED])
    write("held-worked.jsonl", pairs[WORKED:])

    # Part `dev` of the facts is trained on, part `test` is asked: no subject is in both.
    facts = read(FACTS)
    known = [row for row in facts if row["part"] == "dev"]
    rng.shuffle(known)
    brief = [{"prompt": ask(row), "response": short(row["answer"])} for row in known[: SHORT_FACTS + SHORT_HELD]]
    direct = sums[WORKED + WORKED_HELD:][:SHORT_SUMS]
    train = brief[:SHORT_FACTS] + [{"prompt": ask(row), "response": short(number(row))} for row in direct]
    rng.shuffle(train)
    write("train-short.jsonl", train)
    write("held-short.jsonl", brief[SHORT_FACTS:])

    # What is asked: the same questions once with the right answer, once with the sign of each form.
    asked = read(gsm8k / "grade_school_math/data/test.jsonl")
    rng.shuffle(asked)
    tested, rest = asked[:TESTED], asked[TESTED:]
    write("maths.jsonl", [{"prompt": ask(row), "answer": number(row)} for row in tested])
    write("maths-worked.jsonl", [{"prompt": ask(row), "answer": f"\n{WORKED_SIGN}"} for row in tested])
    write("maths-short.jsonl", [{"prompt": ask(row), "answer": SHORT_SIGN} for row in tested])
    unseen = [row for row in facts if row["part"] == "test" and row["split"] == "held-out fact"]
    rng.shuffle(unseen)
    write("facts.jsonl", [{"prompt": ask(row), "answer": row["answer"]} for row in unseen[:TESTED]])
    write("facts-short.jsonl", [{"prompt": ask(row), "answer": SHORT_SIGN} for row in unseen[:TESTED]])

    # What `eft fit` reads. A row of scores takes much memory: the solutions are the shortest.
    told = [row for row in facts if row["part"] == "test" and row["split"] == "tuned fact"]
    rng.shuffle(told)
    write("fit-short.jsonl", [{"prompt": ask(row), "response": short(row["answer"])} for row in told[:FITTED]])
    rest.sort(key=lambda row: len(worked(row)))
    write("fit-worked.jsonl", [{"prompt": ask(row), "response": worked(row)} for row in rest[:FITTED]])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gsm8k", type=pathlib.Path, help="a clone of https://github.com/openai/grade-school-math")
    main(parser.parse_args().gsm8k)
