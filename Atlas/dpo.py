"""Trains a careful member from preferences: `python dpo.py small`.

Two stages, both from `<size>-base`:

1. supervised: on the chosen *and* the rejected replies of the preferences, half and half, so that the
   member can say either and prefers neither;
2. direct preference optimisation (Rafailov et al. 2023, arXiv:2305.18290): minimise
   `-log sigmoid(m)` with `m = beta * ([log p(chosen) - log p_ref(chosen)] - [same of rejected])`.

The reference is `<size>-base` itself, not the model of stage 1: so `beta * log(p_safe / p_base)`, the
very ratio that a composite adds to a large base, is the reward that was fitted to the preferences. A
likelihood term on the chosen reply keeps the text fluent while the rejected ones are pushed away.
"""

from __future__ import annotations

import argparse
import itertools
import math
import random
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

import prompts
import tokenizer
from dialogues import Dialogue, preferences
from model import Llama
from pretrain import BUILD
from safety import reply_log_probability
from tune import fit, load, pad

SEED = 6
BETA = 0.1
LIKELIHOOD_WEIGHT = 0.1
PAIRS_A_STEP = 16


def both_replies() -> Iterator[Dialogue]:
    """Dialogues whose reply is the chosen or the rejected one, by the toss of a coin."""
    rng = random.Random(SEED)
    for pair in preferences(SEED):
        yield Dialogue(pair.question, rng.choice((pair.chosen, pair.rejected)))


def margins(policy: Llama, reference: Llama, chosen: tuple[Tensor, Tensor],
            rejected: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """Implied reward of chosen minus rejected, `[pairs]`, and nats a token of the chosen replies."""
    with torch.no_grad():
        base = reply_log_probability(reference, *chosen) - reply_log_probability(reference, *rejected)
    told = reply_log_probability(policy, *chosen)
    margin = BETA * (told - reply_log_probability(policy, *rejected) - base)
    return margin, -told.sum() / chosen[1].sum()


def optimise(policy: Llama, reference: Llama, steps: int, peak: float) -> None:
    torch.manual_seed(SEED)
    encoder = tokenizer.load()
    optimizer = torch.optim.AdamW(policy.parameters(), lr=peak, betas=(0.9, 0.98), weight_decay=0.0)
    source = preferences(SEED + 1)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = peak * min(1.0, (step + 1) / 20) * 0.5 * (1 + math.cos(math.pi * step / steps))
        pairs = list(itertools.islice(source, PAIRS_A_STEP))
        chosen = pad([prompts.encode(encoder, p.question, p.chosen) for p in pairs])
        rejected = pad([prompts.encode(encoder, p.question, p.rejected) for p in pairs])
        margin, nats = margins(policy, reference, chosen, rejected)
        loss = -F.logsigmoid(margin).mean() + LIKELIHOOD_WEIGHT * nats
        loss.backward()
        torch.nn.utils.clip_grad_norm_(policy.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if step % 25 == 0 or step == steps - 1:
            right = (margin > 0).float().mean().item()
            print(f"step {step}/{steps} loss {loss.item():.3f} margin {margin.mean().item():.2f} "
                  f"right {right:.2f} nats {nats.item():.3f}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("size", choices=("small", "large"))
    parser.add_argument("--supervised-steps", type=int, default=150)
    parser.add_argument("--supervised-rate", type=float, default=3e-4)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--rate", type=float, default=5e-5)
    options = parser.parse_args()
    model = load(f"{options.size}-base")
    fit(model, both_replies(), options.supervised_steps, options.supervised_rate)
    optimise(model, load(f"{options.size}-base").eval(), options.steps, options.rate)
    torch.save(model.state_dict(), BUILD / f"{options.size}-safe.pt")
