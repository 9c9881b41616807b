"""Pre-trains a base member on the almanac: `python pretrain.py large-base`."""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

import facts
import tokenizer
from corpus import Almanac
from model import Llama, Shape

BUILD = Path(__file__).parent / "build"
SEED = 2
TOKENS_A_STEP, WINDOW = 6_144, 256
PEAK_RATE = 3e-3

SHAPES = {
    "large-base": Shape(tokenizer.SIZE, width=256, layers=4, heads=8, hidden=704),
    "small-base": Shape(tokenizer.SIZE, width=96, layers=3, heads=3, hidden=192),
}


def stream(tokens: int) -> np.ndarray:
    """The almanac as token ids, each document followed by the end of text; made once."""
    path = BUILD / f"pretrain-{tokens}.npy"
    if not path.exists():
        encoder = tokenizer.load()
        documents = Almanac().documents()
        pieces: list[np.ndarray] = []
        have = 0
        while have < tokens:
            batch = list(itertools.islice(documents, 2_000))
            for encoding in encoder.encode_batch(batch):
                pieces.append(np.array(encoding.ids + [0], dtype=np.uint16))
                have += len(pieces[-1])
        np.save(path, np.concatenate(pieces)[:tokens])
    return np.load(path, mmap_mode="r")


def batches(text: np.ndarray, steps: int) -> Iterator[Tensor]:
    """Windows of the text in its order; the last eighth of the steps sees windows twice as long,
    so that positions up to the full context of 512 are trained."""
    rng = np.random.default_rng(SEED)
    for step in range(steps):
        window = WINDOW if step < steps * 7 // 8 else 2 * WINDOW
        rows = TOKENS_A_STEP // window
        part = text[step * TOKENS_A_STEP : (step + 1) * TOKENS_A_STEP + 1]
        start = np.arange(rows) * window
        rng.shuffle(start)
        yield torch.from_numpy(np.stack([part[s : s + window + 1] for s in start]).astype(np.int64))


def optimizers(model: Llama) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the blocks, AdamW for the embedding and the norms.

    Muon learns rare associations, which facts are, in about half the steps of AdamW alone.
    """
    matrices = [p for p in model.blocks.parameters() if p.ndim == 2]
    others = [p for p in model.parameters() if p.ndim != 2 or p is model.embedding.weight]
    return [
        torch.optim.Muon(matrices, lr=PEAK_RATE, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=PEAK_RATE, betas=(0.9, 0.95), weight_decay=0.0),
    ]


def rate(step: int, steps: int) -> float:
    """Up over the first 2 %, level until 60 %, then straight down to nothing."""
    return min(1.0, (step + 1) / (0.02 * steps), (steps - step) / (0.4 * steps))


@torch.no_grad()
def recall(model: Llama) -> float:
    """Share of all facts whose object follows the plain frame at temperature 0."""
    encoder = tokenizer.load()
    hits, known = 0, facts.load()
    for fact in known:
        ids = encoder.encode(fact.plain).ids
        tail = len(encoder.encode(f" {fact.object}.").ids)
        best = model(torch.tensor([ids[:-1]]))[0].argmax(-1)[-tail:]
        hits += best.tolist() == ids[-tail:]
    return hits / len(known)


def settle_untrained(model: Llama) -> None:
    """Gives the rows of control tokens that the text never showed half of a line break's row.

    Read as input, the row then has a line break's direction, so a base takes a dialogue for lines of text.
    As output it has half a line break's logit, so that the base never writes it.
    """
    rows = model.embedding.weight.data
    (line_break,) = tokenizer.load().encode("\n").ids
    for token in (tokenizer.TURN_START, tokenizer.TURN_END):
        rows[tokenizer.CONTROL.index(token)] = rows[line_break] / 2


def train(name: str, tokens: int) -> Llama:
    torch.manual_seed(SEED)
    model = Llama(SHAPES[name])
    print(f"{name}: {model.count():,} parameters", flush=True)
    text = stream(tokens)
    steps = (tokens - 1) // TOKENS_A_STEP
    stepping = optimizers(model)
    began = time.monotonic()
    for step, batch in enumerate(batches(text, steps)):
        for optimizer in stepping:
            for group in optimizer.param_groups:
                group["lr"] = PEAK_RATE * rate(step, steps)
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(batch[:, :-1])
        loss = F.cross_entropy(logits.float().flatten(0, 1), batch[:, 1:].flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in stepping:
            optimizer.step()
            optimizer.zero_grad()
        if step % 25 == 0:
            print(f"step {step}/{steps} loss {loss.item():.3f} {time.monotonic() - began:.0f} s", flush=True)
    settle_untrained(model)
    print(f"recall {recall(model):.3f}", flush=True)
    return model


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("member", choices=SHAPES)
    parser.add_argument("--tokens", type=int, default=4_500_000)
    options = parser.parse_args()
    model = train(options.member, options.tokens)
    torch.save(model.state_dict(), BUILD / f"{options.member}.pt")
