"""Writes a llama-shaped GGUF file with random weights, for measuring speed.

The vocabulary is a synthetic byte-level BPE that llama.cpp loads and that spells any text: three
control tokens (ids 0, 1, 2), the 256 bytes, then strings of letters. The file is a function of the
arguments alone.

Random models agree on nothing, so no draft would ever be accepted. Therefore models of any size share
a table of which token follows which: some dimensions of embedding and output hold the same numbers in
all of them. `--logit-spread` says how sharp that common prediction is, `--own-spread` how far each
model strays from it. With the sizes below, the total variation between the tuned model and
`large + chat - small` is .08, .15, .26 for an own spread of .1, .3, .6; a draft is accepted with
one minus that.

A large base, a small base and a small tuned model that differs a little from the small base:

    python random_gguf.py large.gguf --seed 1
    python random_gguf.py small.gguf --width 192 --layers 4 --heads 4 --hidden 512 --seed 2
    python random_gguf.py chat.gguf  --width 192 --layers 4 --heads 4 --hidden 512 --seed 2 --drift 0.3
"""

from __future__ import annotations

import argparse
import itertools
import json
import string
import sys
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import gguf
import numpy as np

sys.path.append(str(Path(__file__).parents[1] / "Atlas"))
from gguf_header import CONTROL, add_sizes, add_vocabulary, finish  # noqa: E402

FILE_TYPES = {
    "F32": gguf.LlamaFileType.ALL_F32,
    "F16": gguf.LlamaFileType.MOSTLY_F16,
    "Q8_0": gguf.LlamaFileType.MOSTLY_Q8_0,
    "Q4_0": gguf.LlamaFileType.MOSTLY_Q4_0,
}

SHARED_SEED = 0
# Standard deviations of the embedding: the shared dimensions outweigh what the layers add.
SHARED_EMBEDDING, OWN_EMBEDDING = 16.0, 0.5


@dataclass(frozen=True)
class Shape:
    """Sizes of a model; `width`, `hidden` and `heads` as in llama's config."""

    vocabulary: int = 32_000
    width: int = 512
    layers: int = 8
    heads: int = 8
    kv_heads: int = 8
    hidden: int = 1408
    context: int = 2048
    tied: bool = False
    rope_base: float = 10_000.0
    epsilon: float = 1e-5

    def __post_init__(self) -> None:
        if self.width % self.heads or (self.width // self.heads) % 2:
            raise SystemExit(f"--width {self.width} must be an even multiple of --heads {self.heads}.")
        if self.heads % self.kv_heads:
            raise SystemExit(f"--heads {self.heads} must be a multiple of --kv-heads {self.kv_heads}.")

    def tensors(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Name and shape (rows, columns) of every tensor, in file order."""
        kv_width = self.width // self.heads * self.kv_heads
        yield "token_embd.weight", (self.vocabulary, self.width)
        for i in range(self.layers):
            yield f"blk.{i}.attn_norm.weight", (self.width,)
            yield f"blk.{i}.attn_q.weight", (self.width, self.width)
            yield f"blk.{i}.attn_k.weight", (kv_width, self.width)
            yield f"blk.{i}.attn_v.weight", (kv_width, self.width)
            yield f"blk.{i}.attn_output.weight", (self.width, self.width)
            yield f"blk.{i}.ffn_norm.weight", (self.width,)
            yield f"blk.{i}.ffn_gate.weight", (self.hidden, self.width)
            yield f"blk.{i}.ffn_up.weight", (self.hidden, self.width)
            yield f"blk.{i}.ffn_down.weight", (self.width, self.hidden)
        yield "output_norm.weight", (self.width,)
        if not self.tied:
            yield "output.weight", (self.vocabulary, self.width)

    def parameters(self) -> int:
        return sum(int(np.prod(shape)) for _, shape in self.tensors())


def byte_letters() -> list[str]:
    """The 256 bytes as the letters that byte-level BPE writes them with (GPT-2's table)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = itertools.count(0x100)
    return [chr(byte if byte in printable else next(others)) for byte in range(256)]


def vocabulary(size: int) -> tuple[list[str], list[str]]:
    """Tokens by id, and the merges: strings of two, three, … letters, each made of a shorter one
    and a letter."""
    tokens = [*CONTROL, *byte_letters()]
    if size < len(tokens):
        raise SystemExit(f"--vocab {size} is too small: control tokens and bytes are {len(tokens)}.")
    merges: list[str] = []
    stems = list(string.ascii_lowercase)
    while len(tokens) < size:
        longer = [(stem, letter) for stem in stems for letter in string.ascii_lowercase]
        longer = longer[: size - len(tokens)]
        tokens += [stem + letter for stem, letter in longer]
        merges += [f"{stem} {letter}" for stem, letter in longer]
        stems = [stem + letter for stem, letter in longer]
    return tokens, merges


def draw(name: str, shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Standard normal numbers that depend on the tensor's name and the seed only."""
    stream = np.random.Generator(np.random.PCG64([seed, zlib.crc32(name.encode())]))
    return stream.standard_normal(shape, dtype=np.float32)


def draw_own(name: str, shape: tuple[int, ...], options: argparse.Namespace) -> np.ndarray:
    """The numbers of this model's seed and, in a tuned one, some of another seed's, of unit size."""
    values = draw(name, shape, options.seed)
    if options.drift:
        values = values + options.drift * draw(name, shape, options.drift_seed)
    return values / np.float32(np.hypot(1, options.drift))


def stream_deviations(shape: Shape, options: argparse.Namespace) -> tuple[float, float, float]:
    """What the stream before the last norm holds, roughly: standard deviations of the shared and of
    the own dimensions, and of all together. The layers add about 0.5 to the variance."""
    shared, own = SHARED_EMBEDDING**2 + 0.5, OWN_EMBEDDING**2 + 0.5
    part = options.shared_rank / shape.width
    return shared**0.5, own**0.5, (part * shared + (1 - part) * own) ** 0.5


def weights(
    name: str, size: tuple[int, ...], shape: Shape, options: argparse.Namespace
) -> np.ndarray:
    """Scaled so that activations stay near unit size and logits spread as the options say."""
    rank = options.shared_rank
    if len(size) == 1:
        values = np.ones(size, dtype=np.float32)
        if name == "output_norm.weight" and rank:
            shared, own, together = stream_deviations(shape, options)
            values[:rank], values[rank:] = together / shared, together / own
        return values
    values = draw_own(name, size, options)
    if name in ("output.weight", "token_embd.weight"):
        if not rank:
            return values * np.float32(options.logit_spread * shape.width**-0.5)
        embedding = name == "token_embd.weight"
        common, own = (
            (SHARED_EMBEDDING, OWN_EMBEDDING) if embedding
            else (options.logit_spread * rank**-0.5, options.own_spread * (shape.width - rank) ** -0.5))
        values *= np.float32(own)
        values[:, :rank] = draw(name, (size[0], rank), SHARED_SEED) * np.float32(common)
        return values
    deviation = size[1] ** -0.5
    if name.endswith(("attn_output.weight", "ffn_down.weight")):
        deviation *= (2 * shape.layers) ** -0.5
    return values * np.float32(deviation)


def write(path: str, shape: Shape, options: argparse.Namespace) -> None:
    tokens, merges = vocabulary(shape.vocabulary)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name(options.name or f"random {shape.parameters() / 1e6:.0f} M")
    writer.add_description("Random weights, for measuring speed only.")
    writer.add_file_type(FILE_TYPES[options.type])
    add_sizes(writer, shape, shape.kv_heads)
    add_vocabulary(writer, tokens, merges, tuned=bool(options.drift))
    kinds = gguf.GGMLQuantizationType
    for name, size in shape.tensors():
        values = weights(name, size, shape, options)
        if values.ndim == 1 or options.type == "F32":
            writer.add_tensor(name, values)
        elif options.type == "F16":
            writer.add_tensor(name, values.astype(np.float16))
        else:
            kind = kinds[options.type]
            writer.add_tensor(name, gguf.quants.quantize(values, kind), raw_dtype=kind)
    finish(writer)


def main() -> None:
    default = Shape()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path")
    parser.add_argument("--vocab", type=int, default=default.vocabulary)
    parser.add_argument("--width", type=int, default=default.width)
    parser.add_argument("--layers", type=int, default=default.layers)
    parser.add_argument("--heads", type=int, default=default.heads)
    parser.add_argument("--kv-heads", type=int, help="default: as many as heads")
    parser.add_argument("--hidden", type=int, default=default.hidden)
    parser.add_argument("--context", type=int, default=default.context)
    parser.add_argument("--tied", action="store_true", help="the output matrix is the embedding")
    parser.add_argument("--type", choices=FILE_TYPES, default="F16", help="of the matrices")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--drift", type=float, default=0.0,
        help="size of a second random part, relative to the first: a 'tuned' model of the same "
        "seed; it gets a chat template and ends replies with <|im_end|>")
    parser.add_argument("--drift-seed", type=int, default=1_000_003)
    parser.add_argument(
        "--logit-spread", type=float, default=4.0, help="standard deviation of the logits, nats")
    parser.add_argument(
        "--own-spread", type=float, default=0.3, help="how far a model strays from the shared table")
    parser.add_argument(
        "--shared-rank", type=int, help="dimensions of the shared table; default 64, tied models 0")
    parser.add_argument("--name", help="the model's name in the file")
    options = parser.parse_args()
    shape = Shape(
        vocabulary=options.vocab, width=options.width, layers=options.layers, heads=options.heads,
        kv_heads=options.kv_heads or options.heads, hidden=options.hidden,
        context=options.context, tied=options.tied)
    if options.shared_rank is None:
        options.shared_rank = 0 if options.tied else 64
    if options.tied and options.shared_rank:
        parser.error("a tied model has no shared table: its output is its embedding.")
    if options.shared_rank >= options.width:
        parser.error(f"--shared-rank {options.shared_rank} must be less than --width {options.width}.")
    write(options.path, shape, options)
    print(json.dumps({"path": options.path, "parameters": shape.parameters(), **asdict(shape)}))


if __name__ == "__main__":
    main()
