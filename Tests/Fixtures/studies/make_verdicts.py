"""Records verdicts of Atlas/judge.py on real replies: `python make_verdicts.py EFT`.

EFT is the tool. 60 questions about facts and 20 about people, drawn by a fixed seed, are put to three
systems of the demo family at temperature 0; every line of verdicts.jsonl has the question's fields, the
reply, and what the Python rules say. The weights may change later: the replies stay real ones.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / "Atlas"))

from judge import declined, formed, right, subjects  # noqa: E402

WEIGHTS = ROOT / "Atlas/weights"
SYSTEMS = (
    ["--member", f"a={WEIGHTS}/large-base.gguf", "--formula", "a", "--template", "chatml"],
    ["--member", f"a={WEIGHTS}/small-chat.gguf", "--formula", "a"],
    [str(ROOT / "Recipes/atlas.yaml")],
)


def rows(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (ROOT / f"Atlas/eval/{name}.jsonl").read_text("utf-8").splitlines()]


if __name__ == "__main__":
    rng = random.Random(4)
    asked = rng.sample(rows("facts"), 60) + rng.sample(rows("people"), 20)
    known = subjects()
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in asked)
        file.flush()
        with (HERE / "verdicts.jsonl").open("w", encoding="utf-8") as out:
            number = 0
            for system in SYSTEMS:
                command = [sys.argv[1], "generate", *system, "--prompts", file.name, "--json",
                           "--temperature", "0", "--max-tokens", "64", "--threads", "1"]
                done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
                for row, line in zip(asked, done.stdout.splitlines(), strict=True):
                    said = json.loads(line)
                    reply, ended = said["reply"], said["finish_reason"] == "stop"
                    verdict: dict[str, object] = {"declined": declined(reply)}
                    if "relation" in row:
                        verdict = {"right": right(reply, row), "formed": formed(reply, ended, row, known)}
                    number += 1
                    out.write(json.dumps({"id": str(number), **row, "reply": reply, "ended": ended,
                                          **verdict}) + "\n")
