"""A GGUF file of architecture `llama`, read and run with nothing but PyTorch.

Written from the format's and the architecture's description, without a look at the code that trained
the members (Atlas/) or at llama.cpp's: where it and the Swift code agree, they agree for a reason.
No cache and no batch: every call computes a whole sequence.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import gguf
import numpy as np
import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from torch import Tensor


class Member:
    """One model: its metadata, its tokenizer, and its weights widened to `dtype`."""

    def __init__(self, path: Path, dtype: torch.dtype = torch.float32) -> None:
        self.path, self.dtype = path, dtype
        self.sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        reader = gguf.GGUFReader(path)
        self.fields = {name: field.contents() for name, field in reader.fields.items()}
        if self.fields["general.architecture"] != "llama":
            raise SystemExit(f"{path}: architecture `llama` is needed, not "
                             f"`{self.fields['general.architecture']}`.")
        if self.fields.get("llama.rope.scaling.type", "none") != "none":
            raise SystemExit(f"{path}: scaled rotary positions are not part of this reference.")
        self.tensors = {t.name: self._widen(t) for t in reader.tensors}
        self.layers = int(self.fields["llama.block_count"])
        self.heads = int(self.fields["llama.attention.head_count"])
        self.kv_heads = int(self.fields.get("llama.attention.head_count_kv", self.heads))
        self.epsilon = float(self.fields["llama.attention.layer_norm_rms_epsilon"])
        self.rope_base = float(self.fields.get("llama.rope.freq_base", 10_000.0))
        self.head_width = int(self.fields["llama.embedding_length"]) // self.heads
        self.rope_width = int(self.fields.get("llama.rope.dimension_count", self.head_width))
        self.unused = set(self.tensors)

    def _widen(self, tensor: gguf.ReaderTensor) -> Tensor:
        values = gguf.quants.dequantize(np.asarray(tensor.data), tensor.tensor_type)
        return torch.from_numpy(np.array(values, dtype=np.float32)).to(self.dtype)

    # The vocabulary ----------------------------------------------------------------------------

    @property
    def tokens(self) -> list[str]:
        return self.fields["tokenizer.ggml.tokens"]

    @property
    def end_of_text(self) -> int:
        return int(self.fields["tokenizer.ggml.eos_token_id"])

    @property
    def control_tokens(self) -> list[int]:
        types = self.fields["tokenizer.ggml.token_type"]
        return [i for i, kind in enumerate(types) if kind == gguf.TokenType.CONTROL]

    def tokenizer(self) -> Tokenizer:
        """Byte-level BPE; the names of control tokens in a text become those tokens."""
        merges = [tuple(m.split(" ")) for m in self.fields["tokenizer.ggml.merges"]]
        made = Tokenizer(models.BPE({token: i for i, token in enumerate(self.tokens)}, merges))
        made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
        made.decoder = decoders.ByteLevel()
        made.add_special_tokens([
            AddedToken(self.tokens[i], special=True, normalized=False) for i in self.control_tokens
        ])
        return made

    # The forward pass --------------------------------------------------------------------------

    def weight(self, name: str) -> Tensor:
        self.unused.discard(name)
        return self.tensors[name]

    def norm(self, x: Tensor, name: str) -> Tensor:
        """x / sqrt(mean(x²) + ε) · weight."""
        scale = torch.rsqrt(x.pow(2).mean(dim=-1, keepdim=True) + self.epsilon)
        return x * scale * self.weight(name)

    def rotate(self, x: Tensor) -> Tensor:
        """Turns the pair of dimensions (2i, 2i+1) at position t by the angle t · base^(−2i/width);
        `x` is [positions, heads, head width]."""
        pairs = torch.arange(0, self.rope_width, 2, dtype=torch.float64)
        speed = self.rope_base ** (-pairs / self.rope_width)
        positions = torch.arange(x.shape[0], dtype=torch.float64)
        angle = positions[:, None, None] * speed
        cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
        turned, rest = x[..., : self.rope_width], x[..., self.rope_width :]
        first, second = turned[..., 0::2], turned[..., 1::2]
        pair = torch.stack((first * cos - second * sin, first * sin + second * cos), dim=-1)
        return torch.cat((pair.flatten(-2), rest), dim=-1)

    def attention(self, x: Tensor, block: str) -> Tensor:
        count = x.shape[0]
        query = (x @ self.weight(f"{block}.attn_q.weight").T).view(count, self.heads, -1)
        key = (x @ self.weight(f"{block}.attn_k.weight").T).view(count, self.kv_heads, -1)
        value = (x @ self.weight(f"{block}.attn_v.weight").T).view(count, self.kv_heads, -1)
        query, key = self.rotate(query), self.rotate(key)
        # Query head h reads key/value head h // (heads / kv_heads).
        share = self.heads // self.kv_heads
        key, value = (y.repeat_interleave(share, dim=1) for y in (key, value))
        scores = torch.einsum("qhd,khd->hqk", query, key) / self.head_width**0.5
        future = torch.ones(count, count, dtype=torch.bool).triu(1)
        weights = scores.masked_fill(future, float("-inf")).softmax(dim=-1)
        mixed = torch.einsum("hqk,khd->qhd", weights, value).reshape(count, -1)
        return mixed @ self.weight(f"{block}.attn_output.weight").T

    def feed_forward(self, x: Tensor, block: str) -> Tensor:
        gate = x @ self.weight(f"{block}.ffn_gate.weight").T
        up = x @ self.weight(f"{block}.ffn_up.weight").T
        return (gate * torch.sigmoid(gate) * up) @ self.weight(f"{block}.ffn_down.weight").T

    @torch.no_grad()
    def logits(self, tokens: list[int]) -> Tensor:
        """Row t scores the token that follows tokens[0...t]: [positions, vocabulary]."""
        x = self.weight("token_embd.weight")[torch.tensor(tokens)]
        for i in range(self.layers):
            block = f"blk.{i}"
            x = x + self.attention(self.norm(x, f"{block}.attn_norm.weight"), block)
            x = x + self.feed_forward(self.norm(x, f"{block}.ffn_norm.weight"), block)
        x = self.norm(x, "output_norm.weight")
        tied = "output.weight" not in self.tensors
        logits = x @ self.weight("token_embd.weight" if tied else "output.weight").T
        if self.unused:
            raise SystemExit(f"{self.path}: this reference does not know the tensors "
                             f"{sorted(self.unused)}.")
        return logits

    def log_probabilities(self, tokens: list[int]) -> np.ndarray:
        """The log-softmax of `logits`, taken in Float64."""
        return torch.log_softmax(self.logits(tokens).double(), dim=-1).numpy()
