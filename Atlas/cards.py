"""Writes the model cards, `CARDS.md`, from the GGUF files and `figures.json`: `python cards.py`."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import gguf_model
from convert import WEIGHTS
from evaluate import FIGURES

CARDS = Path(__file__).parent / "CARDS.md"
ORDER = ("large-base", "small-base", "small-chat", "large-chat", "small-safe", "large-safe")
MADE = {
    "base": "pre-trained on the almanac",
    "chat": "{base}, tuned on the dialogues",
    "safe": "{base}, supervised on both replies of each preference, then DPO against {base}",
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
            f"| `{name}` | {MADE[kind].format(base=f'`{size}-base`')} | {model.count():,} | "
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
    lines += ["", "| member | its implied reward prefers the chosen reply |", "|---|---|"]
    lines += [f"| `{n}` | {shown(s)} |" for n, s in figures["implied reward agrees"].items()]
    return lines


HEAD = """# Cards of the Atlas members

Written by `cards.py` from the weights and `figures.json`; see `README.md` for what the columns mean.

## Members
"""
MIDDLE = """
## Figures

Per cent at temperature 0, with Wilson 95 % intervals. `right` and `formed` as in `judge.py`.
"""

if __name__ == "__main__":
    CARDS.write_text("\n".join([HEAD, *sizes(), MIDDLE, *results()]) + "\n", encoding="utf-8")
