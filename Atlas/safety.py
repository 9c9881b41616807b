"""How far a member's implied reward, log p_safe - log p_chat, agrees with the preferences."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor

import prompts
from judge import Share
from model import Llama
from tune import pad


def reply_log_probability(model: Llama, tokens: Tensor, reply: Tensor) -> Tensor:
    """Summed log-probability of each row's reply, end of turn included, `[rows]`, nats."""
    rows = F.log_softmax(model(tokens[:, :-1]).float(), dim=-1)
    each = rows.gather(-1, tokens[:, 1:, None])[..., 0]
    return (each * reply[:, 1:]).sum(-1)


@torch.no_grad()
def preference_accuracy(
    tuned: Llama, reference: Llama, encoder: Tokenizer, pairs: list[dict[str, str]]
) -> Share:
    """Pairs whose chosen reply has the higher implied reward."""
    margins = 0
    for name, sign in (("chosen", 1), ("rejected", -1)):
        tokens, reply = pad([prompts.encode(encoder, p["prompt"], p[name]) for p in pairs])
        reward = (reply_log_probability(tuned, tokens, reply)
                  - reply_log_probability(reference, tokens, reply))
        margins = margins + sign * reward
    return Share(int((margins > 0).sum()), len(pairs))
