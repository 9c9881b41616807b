"""How often members and composite are right, by the replies of `eft` itself: `python evaluate_eft.py`.

Every question of eval/facts.jsonl at temperature 0, judged by the rules of judge.py.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from judge import Share, formed, right, subjects

HERE = Path(__file__).parent
EFT = HERE.parent / ".build/release/eft"
QUESTIONS = HERE / "eval/facts.jsonl"
WEIGHTS = HERE / "weights"
SYSTEMS = {
    "large-base": ["--member", f"a={WEIGHTS}/large-base.gguf", "--formula", "a", "--template", "chatml"],
    "small-chat": ["--member", f"a={WEIGHTS}/small-chat.gguf", "--formula", "a"],
    "large-base + small-chat - small-base": [str(HERE.parent / "Recipes/atlas.yaml")],
}


def replies(system: list[str]) -> list[dict[str, object]]:
    command = [str(EFT), "generate", *system, "--prompts", str(QUESTIONS), "--json", "--temperature", "0",
               "--max-tokens", "64", "--threads", "1"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


if __name__ == "__main__":
    questions = [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]
    known = subjects()
    print("| system | questions about | right | formed |\n|---|---|---|---|")
    for name, system in SYSTEMS.items():
        pairs = list(zip(questions, replies(system), strict=True))
        for split in ("held-out fact", "tuned fact"):
            asked = [(row, said) for row, said in pairs if row["split"] == split]
            good = Share(sum(right(s["reply"], r) for r, s in asked), len(asked))
            fluent = Share(
                sum(formed(s["reply"], s["finish_reason"] == "stop", r, known) for r, s in asked), len(asked))
            print(f"| `{name}` | {split}s | {good} | {fluent} |")
