"""Reads the replies of a run strictly: `python3 forms.py study`, after `make study-real`.

The study's judge only looks for the sign of a form. Here a worked solution is whole lines without Markdown or LaTeX,
of which the last one is `Answer:` and a number, and a short answer is one line of at most 12 words that begins with
`In short:`. Shares have Wilson's 95 % intervals.
"""

from __future__ import annotations

import argparse
import collections
import json
import math
import pathlib
import re

MARKS = re.compile(r"\*\*|\\[(\[a-z]|^#|```", re.MULTILINE)
LAST = re.compile(r"Answer: -?[\d,]*\.?\d+")


def is_worked(reply: str) -> bool:
    lines = reply.strip().split("\n")
    return len(lines) > 1 and all(lines) and LAST.fullmatch(lines[-1]) is not None and not MARKS.search(reply)


def is_short(reply: str) -> bool:
    reply = reply.strip()
    return reply.startswith("In short: ") and "\n" not in reply and len(reply.split()) <= 12


def interval(right: int, count: int) -> str:
    """A share in per cent with Wilson's interval."""
    share, z = right / count, 1.96
    middle, under = share + z * z / (2 * count), 1 + z * z / count
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return f"{100 * share:5.1f} [{max(0, 100 * (middle - half) / under):.1f}, {100 * (middle + half) / under:.1f}]"


def main(folder: pathlib.Path) -> None:
    rows = collections.defaultdict(list)
    for line in (folder / "replies.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row.get("failure") is None:
            rows[row["system"], row["prompts"]].append(row)
    print(f"{'system':32}{'prompts':16}{'n':>5}  {'worked':22}{'short':22}{'ended':>6}{'tokens':>8}")
    for (system, prompts), replies in sorted(rows.items()):
        count = len(replies)
        print(f"{system:32}{prompts:16}{count:5}  {interval(sum(is_worked(row['reply']) for row in replies), count):22}"
              f"{interval(sum(is_short(row['reply']) for row in replies), count):22}"
              f"{100 * sum(row['ended'] for row in replies) / count:5.0f}%"
              f"{sum(row['tokens'] for row in replies) / count:8.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path, help="the folder of the run")
    main(parser.parse_args().folder)
