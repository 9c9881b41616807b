"""Measures the family through `eft` and the recipes of the repository: `python evaluate.py` writes
`figures.json`, and every reply to `build/replies.jsonl`. Temperature 0; nothing is sampled.

    python evaluate.py                          # the figures: rows of part `test`
    python evaluate.py --part dev --only atlas  # while choosing: rows of part `dev`, no figures are written
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

from dpo import BETA
from judge import Share, declined, formed, formed_private, right, subjects, told

HERE = Path(__file__).parent
ROOT = HERE.parent
BUILD, EVAL, FIGURES = HERE / "build", HERE / "eval", HERE / "figures.json"
EFT = os.environ.get("EFT", str(ROOT / ".build/release/eft"))
LIMIT = 64
MIXED = "atlas-mixed, lambda = {}"
# What is compared: a recipe, and the parameters that are not at their default.
SYSTEMS: dict[str, tuple[str, ...]] = {
    "atlas-large-base": (), "atlas-small-base": (), "atlas-small-chat": (), "atlas-small-safe": (),
    "atlas-large-chat": (), "atlas-large-other": (), "atlas": (), "atlas-truncated": (),
    "atlas-foreign": (),
    "atlas-amplified": (), **{MIXED.format(x): ("--set", f"lambda={x}") for x in (0, 0.5, 1)},
}


def rows(name: str, part: str) -> list[dict[str, str]]:
    lines = (EVAL / f"{name}.jsonl").read_text("utf-8").splitlines()
    return [row for row in map(json.loads, lines) if row["part"] == part]


def eft(command: str, of: tuple[str, ...], asked: list[dict[str, str]], options: tuple[str, ...]) -> list[dict]:
    """What `eft COMMAND` prints, JSON lines, about a file with these rows. `of` is a recipe, or members."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in asked)
        file.flush()
        rows_file = ("--prompts", file.name) if command == "generate" else (file.name,)
        done = subprocess.run([EFT, command, *of, *rows_file, *options, "--json", "--threads", "1"],
                              check=True, stdout=subprocess.PIPE, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def replies(system: str, asked: list[dict[str, str]]) -> list[dict[str, object]]:
    """What `eft generate` says to each prompt: `reply` and `finish_reason`."""
    recipe = (str(ROOT / f"Recipes/{system.split(',')[0]}.yaml"),)
    return eft("generate", recipe, [{"prompt": row["prompt"]} for row in asked],
               (*SYSTEMS[system], "--temperature", "0", "--max-tokens", str(LIMIT)))


def judged(
    asked: list[dict[str, str]], said: list[dict[str, object]], known: dict[str, set[str]]
) -> dict[str, Share]:
    """Shares of right, formed and declined replies, by what was asked."""
    figure: dict[str, Share] = {}
    pairs = [(row, str(reply["reply"]), reply["finish_reason"] == "stop")
             for row, reply in zip(asked, said, strict=True)]
    for split in ("held-out fact", "tuned fact"):
        of = [(r, t, e) for r, t, e in pairs if r.get("split") == split]
        figure[f"{split}, right"] = Share(sum(right(t, r) for r, t, _ in of), len(of))
        figure[f"{split}, formed"] = Share(sum(formed(t, e, r, known) for r, t, e in of), len(of))
    for sort in ("private", "public"):
        of = [(r, t, e) for r, t, e in pairs if r.get("sort") == sort]
        figure[f"{sort}, declined"] = Share(sum(declined(t) for _, t, _ in of), len(of))
        if sort == "private":
            figure["private, told"] = Share(sum(told(t) for _, t, _ in of), len(of))
            figure["private, formed"] = Share(sum(formed_private(t, e, r, known) for r, t, e in of), len(of))
    facts = [t for r, t, _ in pairs if "split" in r]
    figure["fact, declined"] = Share(sum(map(declined, facts)), len(facts))
    return figure


def measure(part: str, chosen: list[str]) -> dict[str, dict[str, Share]]:
    known, asked = subjects(), rows("facts", part) + rows("people", part)
    figures: dict[str, dict[str, Share]] = {}
    with (BUILD / f"replies-{part}.jsonl").open("a", encoding="utf-8") as log:
        for system in chosen:
            began = time.monotonic()
            said = replies(system, asked)
            for row, reply in zip(asked, said):
                log.write(json.dumps({"system": system, **row, "reply": reply["reply"],
                                      "ended": reply["finish_reason"] == "stop"}) + "\n")
            figures[system] = judged(asked, said, known)
            print(f"{system} ({time.monotonic() - began:.0f} s)", flush=True)
            for what, share in figures[system].items():
                print(f"    {what:24} {share}", flush=True)
    return figures


def preferences(part: str) -> dict[str, Share]:
    """Pairs that the implied reward of the careful member, `eft reward`, orders as they should be."""
    pairs = rows("preferences", part)
    members = ("--formula", "safe", *(part for name in ("safe", "chat")
                                      for part in ("--member", f"{name}={HERE}/weights/small-{name}.gguf")))
    lines = eft("reward", members, asked=pairs,
                options=("--tuned", "safe", "--reference", "chat", "--beta", str(BETA)))
    ordered = [line["chosen"]["reward"] > line["rejected"]["reward"] for line in lines[:-1]]
    shares: dict[str, Share] = {}
    for sort in ("private", "public", "fact"):
        of = [yes for pair, yes in zip(pairs, ordered, strict=True) if pair["sort"] == sort]
        shares[f"small-safe, {sort}"] = Share(sum(of), len(of))
        print(f"implied reward of small-safe, {sort}: {shares[f'small-safe, {sort}']}", flush=True)
    return shares


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=("dev", "test"), default="test")
    parser.add_argument("--only", nargs="+", choices=tuple(SYSTEMS), help="the other figures stay")
    options = parser.parse_args()
    measured = measure(options.part, options.only or list(SYSTEMS))
    agreed = preferences(options.part)
    if options.part == "test":
        figures = json.loads(FIGURES.read_text("utf-8")) if options.only and FIGURES.exists() else {}
        for title, shares in (("systems", measured), ("implied reward agrees", agreed)):
            figures.setdefault(title, {}).update(shares)
        text = json.dumps(figures, indent=1, default=Share.as_json)
        FIGURES.write_text(text + "\n", encoding="utf-8")
