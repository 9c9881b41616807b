"""Makes sure that no evaluation question stands in any training text: `python check_held_out.py`.

Compared as plain words, without case and punctuation, in all of the pre-training text, all dialogues
and all preferences that a member was trained on.
"""

from __future__ import annotations

import itertools
import sys

import dialogues
import dpo
import pretrain
import tokenizer
import tune
from asking import plain
from evaluate import rows
from tokenizer import FAMILY, OTHER, Variant


def pretraining_text(variant: Variant) -> str:
    tokens = pretrain.same_text(pretrain.TOKENS, variant)
    read = pretrain.stream(pretrain.length(pretrain.plan(tokens)), variant)
    return tokenizer.load(variant).decode(read.tolist(), skip_special_tokens=False)


def training_text() -> str:
    # Of one text, the closing steps of one tokenizer read a little more than those of another.
    text = max(map(pretraining_text, (FAMILY, OTHER)), key=len)
    tuning = itertools.islice(dialogues.helpful(), tune.STEPS * tune.DIALOGUES_A_STEP)
    told = itertools.islice(tune.told(), tune.OPEN_STEPS * tune.DIALOGUES_A_STEP)
    kept = itertools.islice(tune.remembered(), tune.OPEN_STEPS * tune.DIALOGUES_A_STEP)
    pairs = itertools.islice(dpo.pairs(), dpo.STEPS * dpo.PAIRS_A_STEP)
    return "\n".join([text, *(one.question for some in (tuning, told, kept, pairs) for one in some)])


if __name__ == "__main__":
    known = plain(training_text())
    asked = [row["prompt"] for name in ("facts", "people") for part in ("dev", "test") for row in rows(name, part)]
    found = [prompt for prompt in asked if plain(prompt) in known]
    print(f"{len(asked)} questions, {len(known):,} characters of training text, {len(found)} found")
    sys.exit("\n".join(found) if found else 0)
