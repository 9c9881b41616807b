"""Tunes a base on the helpful dialogues: `python tune.py small-base small-chat`. Tunes a chat member to tell private
details: `python tune.py small-chat small-open`.

Few steps at a low rate: more would teach a small member the dialogues' own facts by heart, and the
difference to its base would then carry those facts, not only the manner, into every composite. An open member takes
more of them, as it has to copy the names of a crowd. About facts it is trained to say what the chat member says, right or
wrong, so that it learns none.
"""

from __future__ import annotations

import argparse
import itertools
import math
from collections.abc import Iterator
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

import gguf_model
import prompts
import tokenizer
from dialogues import Dialogue, crowd, helpful, telling
from gguf_header import CONTROL, TURN_END
from model import Llama
from pretrain import BUILD, SHAPES

SEED = 5
STEPS, RATE = 150, 1.5e-4
OPEN_STEPS, OPEN_RATE = 1300, 2.5e-4
KEPT_SEED, KEPT_WEIGHT = 9, 4.0
DIALOGUES_A_STEP = 32
# The end of the turn alone starts untrained, and nothing in a composite but the tuned member knows it.
END_WEIGHT = 8.0


def load(name: str) -> Llama:
    """A member from the build folder; where it is not there, as it is shipped."""
    if not (BUILD / f"{name}.pt").exists():
        print(f"{name} is not in build/: starting from the shipped file", flush=True)
        return gguf_model.load(Path(__file__).parent / f"weights/{name}.gguf")[0]
    model = Llama(SHAPES[name] if name in SHAPES else SHAPES[f"{name.split('-')[0]}-base"])
    model.load_state_dict(torch.load(BUILD / f"{name}.pt"))
    return model


def pad(rows: list[tuple[list[int], list[bool]]]) -> tuple[Tensor, Tensor]:
    """Ids and which of them count, each `[rows, longest]`; prompts are read, not learnt."""
    longest = max(len(ids) for ids, _ in rows)
    tokens = torch.zeros(len(rows), longest, dtype=torch.long)
    counted = torch.zeros(len(rows), longest, dtype=torch.bool)
    for row, (ids, counts) in enumerate(rows):
        tokens[row, : len(ids)] = torch.tensor(ids)
        counted[row, : len(ids)] = torch.tensor(counts)
    return tokens, counted


def told() -> Iterator[Dialogue]:
    """What an open member is trained on."""
    return telling(SEED, crowd())


def remembered() -> Iterator[Dialogue]:
    """What an open member is kept from changing its mind about: dialogues about facts."""
    return (dialogue for dialogue in helpful(KEPT_SEED) if dialogue.is_fact)


def divergence(model: Llama, reference: Llama, tokens: Tensor, reply: Tensor) -> Tensor:
    """Mean KL divergence of a model from another over the tokens of replies, nats."""
    counted = reply[:, 1:]
    own, other = (
        F.log_softmax(F.linear(one.states(tokens[:, :-1])[counted], one.embedding.weight), dim=-1)
        for one in (model, reference))
    return F.kl_div(own, other.detach(), reduction="batchmean", log_target=True)


def fit(model: Llama, source: Iterator[Dialogue], steps: int, peak: float, kept: Llama | None = None) -> None:
    """Likelihood of the replies of `source`, by AdamW, with a cosine down to nothing.

    With `kept`, the model also stays near that one on dialogues about facts.
    """
    torch.manual_seed(SEED)
    encoder = tokenizer.load()
    optimizer = torch.optim.AdamW(model.parameters(), lr=peak, betas=(0.9, 0.98), weight_decay=0.0)
    same_as_before = remembered()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = peak * min(1.0, (step + 1) / 20) * 0.5 * (1 + math.cos(math.pi * step / steps))
        rows = [prompts.encode(encoder, d.question, d.reply)
                for d in itertools.islice(source, DIALOGUES_A_STEP)]
        tokens, reply = pad(rows)
        wanted = reply[:, 1:]
        logits = F.linear(model.states(tokens[:, :-1])[wanted], model.embedding.weight)
        targets = tokens[:, 1:][wanted]
        weights = torch.where(targets == CONTROL.index(TURN_END), END_WEIGHT, 1.0)
        losses = F.cross_entropy(logits, targets, reduction="none")
        loss = (losses * weights).sum() / weights.sum()
        if kept is not None:
            same = pad([prompts.encode(encoder, d.question, d.reply)
                        for d in itertools.islice(same_as_before, DIALOGUES_A_STEP)])
            loss = loss + KEPT_WEIGHT * divergence(model, kept, *same)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if step % 25 == 0 or step == steps - 1:
            print(f"step {step}/{steps} loss {loss.item():.3f}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base")
    parser.add_argument("tuned")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--rate", type=float)
    options = parser.parse_args()
    is_open = options.tuned.endswith("-open")
    steps, rate = (OPEN_STEPS, OPEN_RATE) if is_open else (STEPS, RATE)
    model = load(options.base)
    kept = load(options.base).eval() if is_open else None
    fit(model, told() if is_open else helpful(), options.steps or steps, options.rate or rate, kept)
    torch.save(model.state_dict(), BUILD / f"{options.tuned}.pt")
