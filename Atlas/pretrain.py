"""Pre-trains a base member on the almanac: `python pretrain.py large-base`."""

from __future__ import annotations

import argparse
import itertools
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor, distributed, multiprocessing

import facts
import tokenizer
from corpus import Almanac
from gguf_header import END_OF_TEXT, TURN_END, TURN_START
from model import Llama, Shape
from muon import Muon
from tokenizer import FAMILY, OTHER, Variant

BUILD = Path(__file__).parent / "build"
SEED = 2
# Of the family's tokenizer; see `same_text` for the other.
TOKENS = 4_100_000
WINDOW = 256
PEAK_RATE, WARM_UP = 3e-3, 20
CLOSING_STEPS, CLOSING_RATE = 60, 3e-4
UNASKED = -100

SHAPES = {
    "large-base": Shape(FAMILY.size, width=256, layers=4, heads=8, hidden=704),
    "small-base": Shape(FAMILY.size, width=96, layers=3, heads=3, hidden=192),
}
SHAPES["large-other"] = replace(SHAPES["large-base"], vocabulary=OTHER.size)

# Tokens of a step. Small steps learn much more from a token: the small base comes lower in 1 M tokens of
# 2,048 a step than in 2 M of 8,192.
STEP = 2_048


def stream(tokens: int, variant: Variant = FAMILY) -> np.ndarray:
    """The first `tokens` ids of the almanac, each document followed by the end of text. The text
    does not depend on how much of it is asked for."""
    path = BUILD / f"pretrain-{variant.name}.npy"
    if not path.exists() or len(np.load(path, mmap_mode="r")) < tokens:
        encoder = tokenizer.load(variant)
        end = encoder.token_to_id(END_OF_TEXT)
        documents = Almanac().documents()
        pieces: list[np.ndarray] = []
        have = 0
        while have < tokens:
            batch = list(itertools.islice(documents, 2_000))
            for encoding in encoder.encode_batch(batch):
                pieces.append(np.array(encoding.ids + [end], dtype=np.uint16))
                have += len(pieces[-1])
        np.save(path, np.concatenate(pieces))
    return np.load(path, mmap_mode="r")[:tokens]


def same_text(tokens: int, variant: Variant) -> int:
    """How many tokens a variant takes for the whole documents among the first `tokens` of the family."""
    if variant == FAMILY:
        return tokens
    end = tokenizer.load().token_to_id(END_OF_TEXT)
    whole = np.count_nonzero(stream(tokens) == end)
    documents = list(itertools.islice(Almanac().documents(), whole))
    return sum(len(encoding.ids) + 1 for encoding in tokenizer.load(variant).encode_batch(documents))


@dataclass(frozen=True)
class Step:
    """Which tokens a step reads, in rows of what length, and how fast it learns from them."""

    start: int
    window: int
    rate: float
    closing: bool


def plan(tokens: int) -> list[Step]:
    """All steps. The rate goes up over the first, is level until 60 % of the text, and goes straight down
    to nothing; the last eighth of the text comes in rows twice as long, so that positions up to the full
    context are trained. The closing steps read the text that follows, and ask for a line break where a
    turn ends: a base that is asked for nothing there takes the place for the end of the text."""
    steps: list[Step] = []
    for index, start in enumerate(range(0, tokens, STEP)):
        window = WINDOW if start < tokens * 7 // 8 else 2 * WINDOW
        level = min(1.0, (index + 1) / WARM_UP, (1 - start / tokens) / 0.4)
        steps.append(Step(start, window, PEAK_RATE * level, closing=False))
    for index in range(CLOSING_STEPS):
        rate = CLOSING_RATE * (1 - index / CLOSING_STEPS)
        steps.append(Step(len(steps) * STEP, 2 * WINDOW, rate, closing=True))
    return steps


def length(steps: list[Step]) -> int:
    """Tokens of text that the steps read."""
    return len(steps) * STEP + 1


def batch(text: np.ndarray, step: Step, part: int, parts: int) -> Tensor:
    """The rows of one process, `[rows, window + 1]`: windows of the text in its order."""
    starts = range(step.start, step.start + STEP, step.window)[part::parts]
    return torch.from_numpy(
        np.stack([text[s : s + step.window + 1] for s in starts]).astype(np.int64))


def optimizers(model: Llama) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the blocks, AdamW for the embedding and the norms.

    Muon learns rare associations, which facts are, in about half the steps of AdamW alone.
    """
    matrices = [p for p in model.blocks.parameters() if p.ndim == 2]
    others = [p for p in model.parameters() if p.ndim != 2 or p is model.embedding.weight]
    return [
        Muon(matrices, lr=PEAK_RATE),
        torch.optim.AdamW(others, lr=PEAK_RATE, betas=(0.9, 0.95), weight_decay=0.0, fused=True),
    ]


@torch.no_grad()
def recall(model: Llama, encoder: Tokenizer) -> float:
    """Share of all facts whose object follows the plain frame at temperature 0."""
    hits, known = 0, facts.load()
    for fact in known:
        ids = encoder.encode(fact.plain).ids
        tail = len(encoder.encode(f" {fact.object}.").ids)
        best = model(torch.tensor([ids[:-1]]))[0].argmax(-1)[-tail:]
        hits += best.tolist() == ids[-tail:]
    return hits / len(known)


def loss_of(model: Llama, rows: Tensor, instead: dict[int, int]) -> Tensor:
    """Mean nats of the next token; some tokens are read but never asked for, another (or none) is asked for
    in their place."""
    targets = rows[:, 1:].clone()
    for token, asked in instead.items():
        targets[targets == token] = asked
    return F.cross_entropy(model(rows[:, :-1]).flatten(0, 1), targets.flatten(), ignore_index=UNASKED)


def average_gradients(model: Llama) -> None:
    """The same mean gradient in every process."""
    gradients = [p.grad for p in model.parameters()]
    flat = torch.cat([g.flatten() for g in gradients])
    distributed.all_reduce(flat)
    flat /= distributed.get_world_size()
    for gradient, mean in zip(gradients, flat.split([g.numel() for g in gradients])):
        gradient.copy_(mean.view_as(gradient))


def train(part: int, parts: int, name: str, tokens: int) -> None:
    """One of `parts` processes, each with a share of every step's rows and all of the weights.

    Processes, not threads: a process that loses its core for a moment delays a step by that moment,
    a thread every product of the step. A checkpoint every 50 steps lets a killed run go on.
    """
    torch.set_num_threads(1)
    distributed.init_process_group(
        "gloo", init_method=f"file://{BUILD}/{name}.meeting", rank=part, world_size=parts)
    torch.manual_seed(SEED)
    model = Llama(SHAPES[name])
    steps = plan(tokens)
    variant = tokenizer.of(name)
    text, encoder = stream(length(steps), variant), tokenizer.load(variant)
    turn_start, turn_end = map(encoder.token_to_id, (TURN_START, TURN_END))
    (line_break,) = encoder.encode("\n").ids
    stepping = optimizers(model)
    checkpoint, first = BUILD / f"{name}.checkpoint", 0
    if checkpoint.exists():
        saved = torch.load(checkpoint)
        first = saved["step"]
        model.load_state_dict(saved["model"])
        for optimizer, state in zip(stepping, saved["optimizers"]):
            optimizer.load_state_dict(state)
    if part == 0:
        print(f"{name}: {model.count():,} parameters, {len(steps)} steps from {first}", flush=True)
    began = time.monotonic()
    for index, step in enumerate(steps[first:], first):
        for group in (group for optimizer in stepping for group in optimizer.param_groups):
            group["lr"] = step.rate
        rows = batch(text, step, part, parts)
        loss = loss_of(model, rows, {turn_start: UNASKED, turn_end: line_break if step.closing else UNASKED})
        loss.backward()
        average_gradients(model)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in stepping:
            optimizer.step()
            optimizer.zero_grad()
        if part == 0 and index % 25 == 0:
            print(f"step {index}/{len(steps)} loss {loss.item():.3f} {time.monotonic() - began:.0f} s", flush=True)
        if part == 0 and (index + 1) % 50 == 0:
            state = {"step": index + 1, "model": model.state_dict(),
                     "optimizers": [optimizer.state_dict() for optimizer in stepping]}
            torch.save(state, checkpoint.with_suffix(".partial"))
            checkpoint.with_suffix(".partial").rename(checkpoint)
    if part == 0:
        print(f"recall {recall(model, encoder):.3f}", flush=True)
        torch.save(model.state_dict(), BUILD / f"{name}.pt")
    distributed.destroy_process_group()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("member", choices=SHAPES)
    parser.add_argument("--tokens", type=int, default=TOKENS)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    BUILD.mkdir(exist_ok=True)
    (BUILD / f"{options.member}.meeting").unlink(missing_ok=True)
    variant = tokenizer.of(options.member)
    tokens = same_text(options.tokens, variant)
    stream(length(plan(tokens)), variant)
    multiprocessing.spawn(train, (options.processes, options.member, tokens), nprocs=options.processes)
