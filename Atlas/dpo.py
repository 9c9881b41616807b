"""Trains a careful member from preferences: `python dpo.py small`.

Direct preference optimisation (Rafailov et al. 2023, arXiv:2305.18290): the careful member begins as
`<size>-chat`, which is also the reference, and minimises `-log sigmoid(m)` with

    m = beta * ([log p_safe(chosen) - log p_chat(chosen)] - [the same of rejected]),   beta = 0.1

so that `0.1 * log(p_safe / p_chat)` is the reward that was fitted to the preferences of `dialogues.py`.
Added to it is the chosen reply's negative log-likelihood a token (as Pang et al. 2024, arXiv:2404.19733,
do): margins grow as well by making both replies unlikely, and members this small then forget to write. For facts the
divergence from `<size>-chat` takes the likelihood's place: a careful member is to learn none.
"""

from __future__ import annotations

import argparse
import itertools
import math
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

import prompts
import tokenizer
from dialogues import Preference, crowd, preferences
from model import Llama
from pretrain import BUILD
from tune import KEPT_WEIGHT, divergence, load, pad

SEED = 6
BETA = 0.1
LIKELIHOOD_WEIGHT = 1.0
STEPS, RATE = 500, 2e-4
PAIRS_A_STEP = 16


def pairs() -> Iterator[Preference]:
    """What a careful member is trained on."""
    return preferences(SEED, named=crowd())


def reply_log_probability(model: Llama, tokens: Tensor, reply: Tensor) -> Tensor:
    """Summed log-probability of each row's reply, end of turn included, `[rows]`, nats."""
    rows = F.log_softmax(model(tokens[:, :-1]).float(), dim=-1)
    each = rows.gather(-1, tokens[:, 1:, None])[..., 0]
    return (each * reply[:, 1:]).sum(-1)


def margins(policy: Llama, reference: Llama, chosen: tuple[Tensor, Tensor],
            rejected: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """Implied reward of the chosen reply less that of the rejected one, and the nats that each token of the chosen reply
    costs, both `[pairs]`."""
    with torch.no_grad():
        known = reply_log_probability(reference, *chosen) - reply_log_probability(reference, *rejected)
    told = reply_log_probability(policy, *chosen)
    margin = BETA * (told - reply_log_probability(policy, *rejected) - known)
    return margin, -told / chosen[1].sum(-1)


def optimise(policy: Llama, reference: Llama, steps: int, peak: float) -> None:
    """DPO by AdamW, with a cosine down to nothing."""
    torch.manual_seed(SEED)
    encoder = tokenizer.load()
    optimizer = torch.optim.AdamW(policy.parameters(), lr=peak, betas=(0.9, 0.98), weight_decay=0.0)
    source = pairs()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = peak * min(1.0, (step + 1) / 20) * 0.5 * (1 + math.cos(math.pi * step / steps))
        drawn = list(itertools.islice(source, PAIRS_A_STEP))
        chosen = pad([prompts.encode(encoder, p.question, p.chosen) for p in drawn])
        rejected = pad([prompts.encode(encoder, p.question, p.rejected) for p in drawn])
        margin, nats = margins(policy, reference, chosen, rejected)
        is_fact = torch.tensor([p.sort == "fact" for p in drawn])
        loss = -F.logsigmoid(margin).mean() + LIKELIHOOD_WEIGHT * nats[~is_fact].mean()
        if is_fact.any():
            tokens, reply = chosen
            loss = loss + KEPT_WEIGHT * divergence(policy, reference, tokens[is_fact], reply[is_fact])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(policy.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if step % 25 == 0 or step == steps - 1:
            right = (margin > 0).float().mean().item()
            print(f"step {step}/{steps} loss {loss.item():.3f} margin {margin.mean().item():.2f} "
                  f"right {right:.2f} nats {nats.mean().item():.3f}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("size", choices=("small", "large"))
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--rate", type=float, default=RATE)
    options = parser.parse_args()
    model = load(f"{options.size}-chat")
    optimise(model, load(f"{options.size}-chat").eval(), options.steps, options.rate)
    torch.save(model.state_dict(), BUILD / f"{options.size}-safe.pt")
