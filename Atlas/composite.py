"""A composite `base + tuned - reference` of Atlas members, decoded at temperature 0.

This is the plain definition, without cache or speculation: every step runs every member over the
whole sequence. Control tokens other than the end of text belong to the tuned member alone, because
the bases never saw them; so does every token outside the tuned member's nucleus, when one is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from model import Llama

END_OF_TEXT, TURN_START, TURN_END = 0, 1, 2
Scorer = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Reply:
    tokens: list[int]
    ended: bool
    """Whether it came to its end token before the limit."""


def last_log_probabilities(model: Llama, tokens: Tensor, lengths: Tensor) -> Tensor:
    """Log-probabilities `[rows, vocabulary]` of what follows the first `lengths` tokens of a row."""
    return F.log_softmax(model.at(tokens, lengths - 1), dim=-1)


def alone(model: Llama) -> Scorer:
    return lambda tokens, lengths: last_log_probabilities(model, tokens, lengths)


def outside_nucleus(log_probabilities: Tensor, mass: float) -> Tensor:
    """Which tokens are not in the smallest set with at least `mass`; ties go to the lower id."""
    ordered, order = log_probabilities.double().exp().sort(descending=True, stable=True)
    outside = ordered.cumsum(-1) - ordered >= mass
    return torch.zeros_like(outside).scatter(-1, order, outside)


def mixed(
    formula: list[tuple[float, Llama]], fallback: list[tuple[float, Llama]], nucleus: float | None
) -> Scorer:
    """Weighted log-probabilities; `fallback` governs control tokens and, if given, the mask."""

    def score(tokens: Tensor, lengths: Tensor) -> Tensor:
        members = {id(m): m for _, m in formula + fallback}
        rows = {key: last_log_probabilities(m, tokens, lengths) for key, m in members.items()}
        whole = sum(weight * rows[id(m)] for weight, m in formula)
        safe = F.log_softmax(sum(weight * rows[id(m)] for weight, m in fallback), dim=-1)
        if nucleus is not None:
            whole = torch.where(outside_nucleus(safe, nucleus), safe, whole)
        whole[:, [TURN_START, TURN_END]] = safe[:, [TURN_START, TURN_END]]
        return F.log_softmax(whole, dim=-1)

    return score


def up_scaled(large: Llama, tuned: Llama, small: Llama, nucleus: float | None = None) -> Scorer:
    """log p = log p_large + log p_tuned - log p_small, renormalised."""
    return mixed([(1, large), (1, tuned), (-1, small)], [(1, tuned)], nucleus)


@torch.no_grad()
def decode(score: Scorer, prompts: list[list[int]], limit: int = 96, rows: int = 64) -> list[Reply]:
    """The most likely token at each step, up to an end token or `limit` tokens."""
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    done: dict[int, Reply] = {}
    for begin in range(0, len(order), rows):
        chunk = order[begin : begin + rows]
        for index, reply in zip(chunk, decode_together(score, [prompts[i] for i in chunk], limit)):
            done[index] = reply
    return [done[i] for i in range(len(prompts))]


def decode_together(score: Scorer, prompts: list[list[int]], limit: int) -> list[Reply]:
    lengths = torch.tensor([len(p) for p in prompts])
    starts = lengths.clone()
    tokens = torch.zeros(len(prompts), int(lengths.max()) + limit, dtype=torch.long)
    for row, prompt in enumerate(prompts):
        tokens[row, : len(prompt)] = torch.tensor(prompt)
    running = torch.arange(len(prompts))
    ended = torch.zeros(len(prompts), dtype=torch.bool)
    for _ in range(limit):
        here = lengths[running]
        chosen = score(tokens[running, : int(here.max())], here).argmax(-1)
        stops = (chosen == END_OF_TEXT) | (chosen == TURN_END)
        ended[running[stops]] = True
        running, chosen = running[~stops], chosen[~stops]
        if not len(running):
            break
        tokens[running, lengths[running]] = chosen
        lengths[running] += 1
    return [Reply(tokens[row, starts[row] : lengths[row]].tolist(), bool(ended[row]))
            for row in range(len(prompts))]
