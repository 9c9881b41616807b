"""The tensors of a larger model that computes what a member of Atlas does: see `widen.py`."""

from __future__ import annotations

import dataclasses
import itertools
import math
import zlib
from collections.abc import Iterator
from pathlib import Path

import gguf
import numpy as np
import torch
from torch import nn

import gguf_model
from compare_logits import TEXT, dequantized
from model import Shape
from tensor_names import BLOCK_NAMES

# What the rows and columns of a tensor stand for. `heads` is as long as `width`, in another order.
AXES = {
    "token_embd": ("vocabulary", "width"), "output": ("vocabulary", "width"),
    "attn_q": ("heads", "width"), "attn_k": ("heads", "width"), "attn_v": ("heads", "width"),
    "attn_output": ("width", "heads"), "ffn_gate": ("hidden", "width"),
    "ffn_up": ("hidden", "width"), "ffn_down": ("width", "hidden"),
    "attn_norm": ("width",), "ffn_norm": ("width",), "output_norm": ("width",),
}


def part(name: str) -> str:
    return name.split(".")[-2]


def length(axis: str, shape: Shape) -> int:
    return shape.width if axis == "heads" else getattr(shape, axis)


def places(axis: str, old: Shape, new: Shape) -> np.ndarray:
    """Where the old indices of an axis go."""
    indices = np.arange(length(axis, old))
    if axis != "heads":
        return indices
    spread = new.head_width // old.head_width
    head, pair, half = np.unravel_index(indices, (old.heads, old.head_width // 2, 2))
    return head * new.head_width + 2 * spread * pair + half


def tensors(shape: Shape, tied: bool) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Name and size (rows, columns) of every tensor, in file order."""
    blocks = (f"blk.{i}.{p}.weight" for i in range(shape.layers) for p in BLOCK_NAMES.values())
    ends = ["output_norm.weight"] if tied else ["output_norm.weight", "output.weight"]
    for name in itertools.chain(["token_embd.weight"], blocks, ends):
        yield name, tuple(length(axis, shape) for axis in AXES[part(name)])


def parameters(shape: Shape, tied: bool) -> int:
    return sum(math.prod(size) for _, size in tensors(shape, tied))


class Constant:
    """A dimension of the stream, the last one, that holds the same number for every token.

    Epsilon gives way to its square, so that norms divide by what they did before. Norms hide it but
    for the last, whose output there is `typical` / (root mean square of the stream): 1, more or less.
    Only rows of unused tokens look at it. Such a row is that of an old token, less `depth` times the
    constant: as likely as that token, but for a factor e^-depth, more or less.

    More or less is why depth is the old width. In `large + beta * (chat - small)` depths add as
    logits do; those of chat and small differ, so that they must be small beside that of large.
    For Atlas at least 70 nats are left at any position up to beta = 3, and 25 at beta = 4.
    """

    def __init__(self, path: Path, old: Shape) -> None:
        # A power of two, which F16 and Q4_0 hold exactly; its square is at most half of what is there.
        self.value = 2.0 ** math.floor(math.log2(old.width * old.epsilon / 2) / 2)
        self.depth = float(old.width)
        model, encoder = gguf_model.load(path)
        model.norm = nn.Identity()
        with torch.no_grad():
            stream = model.states(torch.tensor([encoder.encode(TEXT).ids]))
        self.typical = stream.square().mean(-1).sqrt().median().item()


class Widening:
    """The tensors of the new shape, each made when asked for."""

    def __init__(self, path: Path, old: Shape, new: Shape, seed: int) -> None:
        self.reader = gguf.GGUFReader(path)
        self.stored = {t.name: t for t in self.reader.tensors}
        self.old, self.seed = old, seed
        self.constant = Constant(path, old) if new.vocabulary > old.vocabulary else None
        squares = self.old.width * self.old.epsilon
        if self.constant:
            squares -= self.constant.value**2
        self.new = dataclasses.replace(new, epsilon=squares / new.width)
        self.scale = math.sqrt(self.old.width / new.width)

    @property
    def tied(self) -> bool:
        return self.constant is None

    def source(self, name: str) -> tuple[np.ndarray, bool]:
        """The old values; those of an added layer are only a measure, which the flag says."""
        if name == "output.weight":
            return self.source("token_embd.weight")
        words, added = name.split("."), False
        if words[0] == "blk":
            added = int(words[1]) >= self.old.layers
            words[1] = str(int(words[1]) % self.old.layers)
        return dequantized(self.stored[".".join(words)]), added

    def tensor(self, name: str, size: tuple[int, ...]) -> np.ndarray:
        values, added = self.source(name)
        return self.norm(name, values) if len(size) == 1 else self.matrix(name, size, values, added)

    def norm(self, name: str, values: np.ndarray) -> np.ndarray:
        made = np.ones(self.new.width, dtype=np.float32)
        made[: self.old.width] = values * np.float32(self.scale)
        if self.constant:
            last = name == "output_norm.weight"
            made[-1] = self.constant.typical * self.scale / self.constant.value if last else 0
        return made

    def matrix(
        self, name: str, size: tuple[int, ...], values: np.ndarray, added: bool
    ) -> np.ndarray:
        kind, old, new = part(name), self.old, self.new
        rows, columns = (places(axis, old, new) for axis in AXES[kind])
        if kind in ("attn_output", "ffn_down"):
            made = np.zeros(size, dtype=np.float32)
        else:
            stream = np.random.default_rng([self.seed, zlib.crc32(name.encode())])
            made = stream.standard_normal(size, dtype=np.float32)
            made *= values.std()
        if kind in ("token_embd", "output"):
            made[:, old.width :] = 0
        if kind == "attn_q" and not added:
            # Scores do not see the dimensions that an old head has gained.
            made[: old.heads * new.head_width] = 0
            values = values * np.float32(math.sqrt(new.head_width / old.head_width))
        if not added:
            made[np.ix_(rows, columns)] = values
        if self.constant and kind == "token_embd":
            made[:, -1] = self.constant.value
        if self.constant and kind == "output":
            copied = np.arange(old.vocabulary, new.vocabulary) % old.vocabulary
            made[old.vocabulary :, : old.width] = values[copied]
            made[old.vocabulary :, -1] = -self.constant.depth
        return made
