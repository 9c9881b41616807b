"""Writes the model cards, `CARDS.md`, from the GGUF files and `figures.json`: `python cards.py`."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import dpo
import facts
import gguf_model
import pretrain
import tune
from convert import WEIGHTS
from evaluate import FIGURES
from tokenizer import FAMILY, OTHER

CARDS = Path(__file__).parent / "CARDS.md"
ORDER = ("large-base", "small-base", "small-chat", "large-chat", "small-safe", "small-open", "large-other")
MADE = {
    "base": "pre-trained on the almanac",
    "chat": "`{size}-base`, tuned on the dialogues",
    "safe": "`{size}-chat`, DPO on the preferences with `{size}-chat` as the reference, β = 0.1",
    "open": "`{size}-chat`, tuned to tell private details of people",
    "other": "as `{size}-base`, with another tokenizer",
}


def sizes() -> list[str]:
    lines = ["| member | how it was made | parameters | width × layers | bytes | SHA-256 |",
             "|---|---|---|---|---|---|"]
    total = 0
    for name in ORDER:
        path = WEIGHTS / f"{name}.gguf"
        if not path.exists():
            continue
        size, kind = name.split("-")
        model, _ = gguf_model.load(path)
        content = path.read_bytes()
        total += len(content)
        lines.append(
            f"| `{name}` | {MADE[kind].format(size=size)} | {model.count():,} | "
            f"{model.shape.width} × {model.shape.layers} | {len(content):,} | "
            f"`{hashlib.sha256(content).hexdigest()[:16]}…` |")
    return [*lines, "", f"All together {total:,} bytes."]


def shown(share: dict[str, float]) -> str:
    return f"{100 * share['share']:.1f} [{100 * share['low']:.1f}, {100 * share['high']:.1f}]"


def results() -> list[str]:
    figures = json.loads(FIGURES.read_text("utf-8"))
    systems = figures["systems"]
    columns = list(next(iter(systems.values())))
    lines = ["| system | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name, figure in systems.items():
        lines.append(f"| `{name}` | " + " | ".join(shown(figure[c]) for c in columns) + " |")
    lines += ["", "Share of held-out preference pairs that the implied reward, 0.1 · log(safe / chat), orders right:",
              "", "| member, sort of pair | ordered right |", "|---|---|"]
    lines += [f"| `{n}` | {shown(s)} |" for n, s in figures["implied reward agrees"].items()]
    return lines


HEAD = """# Cards of the Atlas members

Written by `cards.py` from the weights and `figures.json`; see `README.md` for what the columns mean.

## Members
"""
MIDDLE = """
## Data and seeds

The seeds are fixed in the code and were fixed before the weights were made: text 1, pre-training 2,
dialogues 3, tuning 5, facts that an open member is kept to 9, preferences and DPO 6, evaluation questions 7, sample of the other tokenizer 8.

| what | amount |
|---|---|
| facts in the pre-training text | {facts:,}, of which {held:,} are in no dialogue |
| pre-training, both bases | the same {tokens:,} tokens, once; {closing:,} of them in the closing steps |
| pre-training, `large-other` | the same text, {other_tokens:,} tokens of its own; {closing:,} of them in the closing steps |
| tuning, each size | {dialogues:,} dialogues |
| tuning of `small-open` | {told:,} dialogues, and as many about facts to which it is kept |
| DPO, `small-safe` | {pairs:,} pairs |

## Figures

Per cent at temperature 0 on the questions of part `test`, with Wilson 95 % intervals. `right` and `formed` as
in `judge.py`. A system is the recipe of that name in `Recipes/`.
"""

if __name__ == "__main__":
    known = facts.load()
    tokens, other_tokens = (
        len(pretrain.plan(pretrain.same_text(pretrain.TOKENS, variant))) * pretrain.STEP
        for variant in (FAMILY, OTHER))
    middle = MIDDLE.format(
        facts=len(known), held=sum(fact.held_out for fact in known), tokens=tokens, other_tokens=other_tokens,
        closing=pretrain.CLOSING_STEPS * pretrain.STEP,
        dialogues=tune.STEPS * tune.DIALOGUES_A_STEP,
        told=tune.OPEN_STEPS * tune.DIALOGUES_A_STEP, pairs=dpo.STEPS * dpo.PAIRS_A_STEP)
    CARDS.write_text("\n".join([HEAD, *sizes(), middle, *results()]) + "\n", encoding="utf-8")
