"""The network of every Atlas member: a small llama, in plain PyTorch.

RMSNorm, rotary positions, SwiGLU and an output matrix tied to the embedding: what llama.cpp calls
architecture `llama`. Rotary positions turn *neighbouring* dimensions (2i, 2i+1) together, as
llama.cpp does for this architecture, so that weights go into a GGUF file without any permutation.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class Shape:
    """Sizes of a member. `width` and `hidden` are multiples of 32, so that Q8_0 and Q4_0 apply."""

    vocabulary: int
    width: int
    layers: int
    heads: int
    hidden: int
    context: int = 512
    rope_base: float = 10_000.0
    epsilon: float = 1e-5

    @property
    def head_width(self) -> int:
        return self.width // self.heads


def rotary_table(shape: Shape) -> tuple[Tensor, Tensor]:
    """Cosines and sines, `[context, head_width / 2]`, of the angle of each pair at each position."""
    pairs = torch.arange(0, shape.head_width, 2, dtype=torch.float64) / shape.head_width
    angles = torch.outer(torch.arange(shape.context, dtype=torch.float64), shape.rope_base**-pairs)
    return angles.cos().float(), angles.sin().float()


def rotate(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Turns the pairs (2i, 2i+1) of `x`, `[batch, heads, positions, head_width]`."""
    even, odd = x[..., 0::2], x[..., 1::2]
    turned = torch.stack((even * cosine - odd * sine, even * sine + odd * cosine), dim=-1)
    return turned.flatten(-2).to(x.dtype)


class Block(nn.Module):
    """Attention, then a gated feed-forward layer, each behind a norm and added to the stream."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.attention_norm = nn.RMSNorm(shape.width, eps=shape.epsilon)
        self.query = nn.Linear(shape.width, shape.width, bias=False)
        self.key = nn.Linear(shape.width, shape.width, bias=False)
        self.value = nn.Linear(shape.width, shape.width, bias=False)
        self.output = nn.Linear(shape.width, shape.width, bias=False)
        self.feed_norm = nn.RMSNorm(shape.width, eps=shape.epsilon)
        self.gate = nn.Linear(shape.width, shape.hidden, bias=False)
        self.up = nn.Linear(shape.width, shape.hidden, bias=False)
        self.down = nn.Linear(shape.hidden, shape.width, bias=False)

    def forward(self, x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        batch, positions, width = x.shape

        def split(y: Tensor) -> Tensor:
            return y.view(batch, positions, self.heads, -1).transpose(1, 2)

        normed = self.attention_norm(x)
        query = rotate(split(self.query(normed)), cosine, sine)
        key = rotate(split(self.key(normed)), cosine, sine)
        value = split(self.value(normed))
        mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + self.output(mixed.transpose(1, 2).reshape(batch, positions, width))
        normed = self.feed_norm(x)
        return x + self.down(F.silu(self.gate(normed)) * self.up(normed))


class Llama(nn.Module):
    """Token ids `[batch, positions]` to logits `[batch, positions, vocabulary]`."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = nn.RMSNorm(shape.width, eps=shape.epsilon)
        cosine, sine = rotary_table(shape)
        self.register_buffer("cosine", cosine, persistent=False)
        self.register_buffer("sine", sine, persistent=False)
        self._initialise()

    def _initialise(self) -> None:
        nn.init.normal_(self.embedding.weight, std=0.02)
        for name, parameter in self.blocks.named_parameters():
            if parameter.ndim == 2:
                nn.init.normal_(parameter, std=parameter.shape[1] ** -0.5)
            if name.endswith(("output.weight", "down.weight")):
                # The stream is a sum of 2·layers such terms; small ones keep it near unit size.
                parameter.data.mul_((2 * self.shape.layers) ** -0.5)

    def states(self, tokens: Tensor) -> Tensor:
        """The normed stream behind the last block, `[batch, positions, width]`."""
        positions = tokens.shape[1]
        cosine, sine = self.cosine[:positions], self.sine[:positions]
        x = self.embedding(tokens)
        for block in self.blocks:
            x = block(x, cosine, sine)
        return self.norm(x)

    def forward(self, tokens: Tensor) -> Tensor:
        return F.linear(self.states(tokens), self.embedding.weight)

    def at(self, tokens: Tensor, positions: Tensor) -> Tensor:
        """Logits at one position of each row, `[batch, vocabulary]`."""
        states = self.states(tokens)[torch.arange(len(tokens)), positions]
        return F.linear(states, self.embedding.weight)

    def count(self) -> int:
        """Number of parameters; the tied matrix counts once."""
        return sum(parameter.numel() for parameter in self.parameters())
