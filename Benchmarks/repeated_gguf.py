"""Writes models of random_gguf.py's kind in seconds, gigabytes of them: the numbers repeat.

Speed does not depend on what the numbers are, as long as they stay finite and of a sane size. So each matrix is one
block of four million random numbers, over and over, from a place that depends on the matrix's name. What members
share is not repeated: their table of which token follows which (see random_gguf.py). It makes them agree, and a
`--drift` makes a 'tuned' model that differs a little from another of the same seed. That agreement is artificial.

    python repeated_gguf.py large.gguf --shape 8B --type F16 --seed 1
    python repeated_gguf.py chat.gguf --shape 1B --seed 2 --drift 0.3

Shapes: 8B and 70B as Llama 3.1's, 1B as Llama 3.2's, but that its output matrix is not its embedding (0.26 B
parameters more in the file, and none more to read for a token); `large-tiny` and `small-tiny` for tests. In
files of type Q4_K, embedding and output are Q8_0. Needs numpy and gguf.
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import gguf
import numpy as np
from random_gguf import OWN_EMBEDDING, SHARED_EMBEDDING, SHARED_SEED, Shape, draw, stream_deviations, vocabulary

from gguf_header import add_sizes, add_vocabulary  # random_gguf has put Atlas on the path

Kind = gguf.GGMLQuantizationType
SHAPES = {
    "70B": Shape(128_256, width=8192, layers=80, heads=64, kv_heads=8, hidden=28_672, rope_base=500_000),
    "8B": Shape(128_256, width=4096, layers=32, heads=32, kv_heads=8, hidden=14_336, rope_base=500_000),
    "1B": Shape(128_256, width=2048, layers=16, heads=32, kv_heads=8, hidden=8192, rope_base=500_000),
    "large-tiny": Shape(2048, width=512, layers=4, heads=8, kv_heads=2, hidden=1024),
    "small-tiny": Shape(2048, width=256, layers=2, heads=4, kv_heads=2, hidden=512),
}
FILE_TYPES = {
    "F16": gguf.LlamaFileType.MOSTLY_F16,
    "Q8_0": gguf.LlamaFileType.MOSTLY_Q8_0,
    "Q4_K": gguf.LlamaFileType.MOSTLY_Q4_K_S,
}
# Numbers of a block: no row's length divides it, so that rows differ.
BLOCK = 256 * 16_411
ROWS_AT_ONCE = 4096
# Steps of the stored integers, for numbers of unit size: ±4 in Q8_0, ±3 in Q4_K.
STEP_Q8, STEP_Q4 = 1 / 32, 0.4


def encode(values: np.ndarray, deviation: float, kind: Kind) -> np.ndarray:
    """The bytes of numbers of unit size times `deviation`."""
    if kind == Kind.F16:
        return (values * np.float32(deviation)).astype(np.float16).view(np.uint8)
    if kind == Kind.Q8_0:
        blocks = np.empty((values.size // 32, 34), np.uint8)
        blocks[:, :2] = np.array([STEP_Q8 * deviation], np.float16).view(np.uint8)
        blocks[:, 2:] = np.clip(np.rint(values / STEP_Q8), -127, 127).astype(np.int8).view(np.uint8).reshape(-1, 32)
        return blocks.ravel()
    assert kind == Kind.Q4_K
    # d·1·q − dmin·1·1, with q of 0 to 15: all scales and minima of the 8 parts are 1.
    blocks = np.empty((values.size // 256, 144), np.uint8)
    blocks[:, :2] = np.array([STEP_Q4 * deviation], np.float16).view(np.uint8)
    blocks[:, 2:4] = np.array([7.5 * STEP_Q4 * deviation], np.float16).view(np.uint8)
    blocks[:, 4:12], blocks[:, 12:16] = 1, 1 | 1 << 4
    fours = np.clip(np.rint(values / STEP_Q4 + 7.5), 0, 15).astype(np.uint8).reshape(-1, 4, 2, 32)
    blocks[:, 16:] = (fours[:, :, 0] | fours[:, :, 1] << 4).reshape(-1, 128)
    return blocks.ravel()


class Repeated:
    """One block of random numbers, encoded once for each type and size, and read round and round."""

    def __init__(self, seed: int, drift: float, drift_seed: int) -> None:
        self.values = draw("block", (BLOCK,), seed)
        if drift:
            self.values = (self.values + np.float32(drift) * draw("block", (BLOCK,), drift_seed)) / np.float32(np.hypot(1, drift))
        self.encoded: dict[tuple[float, Kind], np.ndarray] = {}

    def pieces(self, name: str, count: int, deviation: float, kind: Kind) -> Iterator[memoryview]:
        """`count` bytes, from a place that depends on the name, as pieces of the block."""
        key = (deviation, kind)
        if key not in self.encoded:
            self.encoded[key] = encode(self.values, deviation, kind)
        block = self.encoded[key]
        unit = gguf.GGML_QUANT_SIZES[kind][1]
        place = zlib.crc32(name.encode()) % (block.size // unit) * unit
        while count:
            piece = block[place : place + count]
            yield memoryview(piece)
            count -= piece.size
            place = 0


def row_bytes(width: int, kind: Kind) -> int:
    numbers, size = gguf.GGML_QUANT_SIZES[kind]
    if width % numbers:
        raise SystemExit(f"{kind.name} needs rows of a multiple of {numbers} numbers, not of {width}.")
    return width // numbers * size


def write_table(file: BinaryIO, name: str, shape: Shape, kind: Kind, own: Repeated, options: argparse.Namespace) -> None:
    """Embedding or output: the shared dimensions of each row first, then this model's own."""
    rank, row = options.shared_rank, row_bytes(shape.width, kind)
    embedding = name == "token_embd.weight"
    common = SHARED_EMBEDDING if embedding else options.logit_spread * rank**-0.5
    spread = OWN_EMBEDDING if embedding else options.own_spread * (shape.width - rank) ** -0.5
    shared = encode(draw(name, (shape.vocabulary, rank), SHARED_SEED).ravel(), common, kind).reshape(shape.vocabulary, -1)
    for start in range(0, shape.vocabulary, ROWS_AT_ONCE):
        some = shared[start : start + ROWS_AT_ONCE]
        pieces = own.pieces(f"{name} {start}", row * len(some), spread, kind)
        rows = np.frombuffer(b"".join(pieces), np.uint8).reshape(len(some), row).copy()
        rows[:, : some.shape[1]] = some
        file.write(rows.data)


def write(path: Path, shape: Shape, options: argparse.Namespace) -> None:
    matrices = Kind[options.type]
    tables = Kind.Q8_0 if matrices == Kind.Q4_K else matrices
    own = Repeated(options.seed, options.drift, options.drift_seed)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name(f"random {options.shape}")
    writer.add_description("Random weights that repeat, for measuring speed only.")
    writer.add_file_type(FILE_TYPES[options.type])
    add_sizes(writer, shape, shape.kv_heads)
    add_vocabulary(writer, *vocabulary(shape.vocabulary), tuned=bool(options.drift))

    def kind(name: str, size: tuple[int, ...]) -> Kind:
        if len(size) == 1:
            return Kind.F32
        return tables if name in ("token_embd.weight", "output.weight") else matrices

    for name, size in shape.tensors():
        of = kind(name, size)
        shown = (*size[:-1], row_bytes(size[-1], of))
        writer.add_tensor_info(name, shown, np.dtype(np.uint8), int(np.prod(shown)), raw_dtype=of)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    file = writer.fout[0]
    for name, size in shape.tensors():
        of = kind(name, size)
        writer.write_padding(file, file.tell())
        if of == Kind.F32:
            values = np.ones(size, np.float32)
            if name == "output_norm.weight":
                rank, (shared, alone, together) = options.shared_rank, stream_deviations(shape, options)
                values[:rank], values[rank:] = together / shared, together / alone
            file.write(values.data)
        elif name in ("token_embd.weight", "output.weight"):
            write_table(file, name, shape, of, own, options)
        else:
            deviation = size[1] ** -0.5
            if name.endswith(("attn_output.weight", "ffn_down.weight")):
                deviation *= (2 * shape.layers) ** -0.5
            for piece in own.pieces(name, size[0] * row_bytes(size[1], of), deviation, of):
                file.write(piece)
    writer.write_padding(file, file.tell())
    writer.close()


def file_size(shape: Shape, kind: str) -> int:
    """Bytes of the tensors, roughly: what a file takes on a disk."""
    numbers, size = gguf.GGML_QUANT_SIZES[Kind[kind]]
    table_numbers, table_size = gguf.GGML_QUANT_SIZES[Kind.Q8_0 if kind == "Q4_K" else Kind[kind]]
    tables = 2 * shape.vocabulary * shape.width
    return (shape.parameters() - tables) * size // numbers + tables * table_size // table_numbers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--shape", choices=SHAPES, required=True)
    parser.add_argument("--type", choices=FILE_TYPES, default="F16", help="of the matrices")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--drift", type=float, default=0.0, help="as in random_gguf.py: makes a 'tuned' model")
    parser.add_argument("--drift-seed", type=int, default=1_000_003)
    parser.add_argument("--logit-spread", type=float, default=4.0, help="standard deviation of the logits, nats")
    parser.add_argument("--own-spread", type=float, default=0.3, help="how far a model strays from the shared table")
    parser.set_defaults(shared_rank=64)
    options = parser.parse_args()
    shape = SHAPES[options.shape]
    write(options.path, shape, options)
    print(json.dumps({"path": str(options.path), "parameters": shape.parameters(), "bytes": options.path.stat().st_size}))


if __name__ == "__main__":
    main()
