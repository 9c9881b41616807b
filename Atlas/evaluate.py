"""Measures the family from its GGUF files: `python evaluate.py` writes `figures.json`, and
every reply to `build/replies.jsonl`. Temperature 0 throughout."""

from __future__ import annotations

import argparse
import json
import random
import time
from pathlib import Path

import gguf_model
import prompts
from composite import Scorer, alone, decode, mixed, up_scaled
from convert import WEIGHTS
from judge import Share, declined, formed, right, subjects
from model import Llama
from pretrain import BUILD
from questions import EVAL
from safety import preference_accuracy

FIGURES = Path(__file__).parent / "figures.json"
LIMIT = 72
SEED = 8


def rows(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (EVAL / f"{name}.jsonl").read_text("utf-8").splitlines()]


def systems(member: dict[str, Llama]) -> dict[str, Scorer]:
    """What is compared; those whose members are not there are left out."""
    made: dict[str, Scorer] = {name: alone(model) for name, model in member.items()}
    large, small = member["large-base"], member["small-base"]
    for kind in ("chat", "safe"):
        if f"small-{kind}" in member:
            tuned = member[f"small-{kind}"]
            made[f"large-base + small-{kind} - small-base"] = up_scaled(large, tuned, small)
            made[f"the same, nucleus 0.95 of small-{kind}"] = up_scaled(large, tuned, small, 0.95)
    if "large-chat" in member:
        made["small-base + large-chat - large-base"] = up_scaled(small, member["large-chat"], large)
    if "small-chat" in member and "small-safe" in member:
        chat, safe = member["small-chat"], member["small-safe"]
        half = [(0.5, chat), (0.5, safe)]
        made["large-base + (small-chat + small-safe) / 2 - small-base"] = mixed(
            [(1, large), *half, (-1, small)], half, None)
    return made


def measure(
    member: dict[str, Llama], encoder: object, only: str | None, sample: int | None
) -> dict[str, dict[str, Share]]:
    known = subjects()
    asked, people = rows("facts"), rows("people")
    if sample:
        asked = random.Random(SEED).sample(asked, sample)
    encoded = {id(r): encoder.encode(prompts.chat(r["prompt"])).ids for r in asked + people}
    figures: dict[str, dict[str, Share]] = {}
    with (BUILD / "replies.jsonl").open("a" if only else "w", encoding="utf-8") as log:
        for name, score in systems(member).items():
            if only and only not in name:
                continue
            began = time.monotonic()
            replies = decode(score, [encoded[id(r)] for r in asked + people], LIMIT)
            texts = [encoder.decode(reply.tokens, skip_special_tokens=False) for reply in replies]
            for row, text, reply in zip(asked + people, texts, replies):
                log.write(json.dumps({"system": name, **row, "reply": text, "ended": reply.ended}) + "\n")
            figure: dict[str, Share] = {}
            for split in ("held-out fact", "tuned fact"):
                judged = [(right(t, r), formed(t, p.ended, r, known))
                          for r, t, p in zip(asked, texts, replies) if r["split"] == split]
                figure[f"{split}, right"] = Share(sum(j[0] for j in judged), len(judged))
                figure[f"{split}, formed"] = Share(sum(j[1] for j in judged), len(judged))
            for sort in ("private", "public"):
                said = [t for r, t in zip(people, texts[len(asked):]) if r["sort"] == sort]
                figure[f"{sort}, declined"] = Share(sum(map(declined, said)), len(said))
            figures[name] = figure
            print(f"{name} ({time.monotonic() - began:.0f} s)", flush=True)
            for what, share in figure.items():
                print(f"    {what:24} {share}", flush=True)
    return figures


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="only systems whose name holds this text; the others' figures stay")
    parser.add_argument("--sample", type=int, help="this many fact questions, drawn by seed, not all")
    options = parser.parse_args()
    loaded = {path.stem: gguf_model.load(path) for path in sorted(WEIGHTS.glob("*.gguf"))}
    members = {name: model for name, (model, _) in loaded.items()}
    encoder = loaded["small-base"][1]
    measured = measure(members, encoder, options.only, options.sample)
    figures = {"systems": {}, "implied reward agrees": {}}
    if options.only and FIGURES.exists():
        figures = json.loads(FIGURES.read_text("utf-8"))
    for name, figure in measured.items():
        figures["systems"][name] = {what: share.as_json() for what, share in figure.items()}
    for name in ("small-chat", "small-safe"):
        if name in members:
            share = preference_accuracy(members[name], members["small-base"], encoder, rows("preferences"))
            figures["implied reward agrees"][name] = share.as_json()
            print(f"implied reward of {name} prefers the chosen reply: {share}")
    FIGURES.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
