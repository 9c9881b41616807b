"""Makes a member of any size that says what the small one says, so that real behaviour (agreement of
members, accepted drafts, length of replies) can be timed at any cost.

    python widen.py weights/large-base.gguf large.gguf --parameters 0.8B --head-width 128 --check
    python widen.py weights/small-chat.gguf chat.gguf --width 768 --layers 11 --hidden 2048

The function stays the same up to the rounding of F32 sums (and of F16 or quantized files):

- *Width.* The stream gets dimensions that are zero: their embedding columns and their rows of
  `attn_output` and `ffn_down` are zero. The mean square that an RMS norm divides by falls by
  old / new width; its weights are scaled by the root of that, epsilon by that itself. This is exact.
- *Heads.* As many as the width asks for; added ones attend by random weights and write nothing.
  `--head-width` spreads the old rotary pairs over wider heads: pair i of 16 turns as pair 4i of 64. The
  scores' factor head_width^-1/2 is made up for in the queries, by 2 or 4: this, too, is exact.
- *Hidden units and layers.* Added ones compute from random weights and write nothing.
- *Vocabulary.* Added tokens are of type UNUSED, and no text is ever encoded into one. Their logits are
  low: see `Constant`. Output and embedding become two matrices.

Random weights have the spread of the trained ones of the same layer: work for them is work like any
other. What is zero costs no less on a CPU; a GPU may draw less power for it.
"""

from __future__ import annotations

import argparse
import dataclasses
import math
from pathlib import Path

import gguf
import numpy as np

import gguf_model
from compare_logits import compare
from model import Shape
from widening import Widening, parameters, tensors

FILE_TYPES = {
    "F32": gguf.LlamaFileType.ALL_F32,
    "F16": gguf.LlamaFileType.MOSTLY_F16,
    "Q8_0": gguf.LlamaFileType.MOSTLY_Q8_0,
    "Q4_0": gguf.LlamaFileType.MOSTLY_Q4_0,
}


def add_fields(writer: gguf.GGUFWriter, widening: Widening, kind: str) -> None:
    """All fields of the old file, but for what the new shape changes."""
    old, new = widening.old, widening.new
    tokens = [f"<|unused_{i}|>" for i in range(old.vocabulary, new.vocabulary)]
    changed = {
        "general.name": lambda name: f"{name}, {parameters(new, widening.tied) / 1e6:.0f} M",
        "general.description": lambda text: f"{text} Widened by Atlas/widen.py for timing.",
        "general.file_type": lambda _: int(FILE_TYPES[kind]),
        "llama.vocab_size": lambda _: new.vocabulary,
        "llama.embedding_length": lambda _: new.width,
        "llama.block_count": lambda _: new.layers,
        "llama.feed_forward_length": lambda _: new.hidden,
        "llama.attention.head_count": lambda _: new.heads,
        "llama.attention.head_count_kv": lambda _: new.heads,
        "llama.rope.dimension_count": lambda _: new.head_width,
        "llama.attention.layer_norm_rms_epsilon": lambda _: new.epsilon,
        "tokenizer.ggml.tokens": lambda texts: texts + tokens,
        "tokenizer.ggml.token_type": lambda types: types + [gguf.TokenType.UNUSED] * len(tokens),
    }
    for key, field in widening.reader.fields.items():
        if not key.startswith("GGUF.") and key != "general.architecture":
            value = changed.get(key, lambda same: same)(field.contents())
            writer.add_key_value(key, value, field.types[0], (field.types[1:] or [None])[-1])


def write(path: Path, widening: Widening, kind: str) -> None:
    """Norms as F32, matrices as `kind`, one at a time: no more than one is in memory."""
    writer = gguf.GGUFWriter(path, "llama")
    add_fields(writer, widening, kind)
    sizes = dict(tensors(widening.new, widening.tied))
    kinds = {
        name: gguf.GGMLQuantizationType["F32" if len(size) == 1 else kind]
        for name, size in sizes.items()
    }
    for name, size in sizes.items():
        stored = math.prod(gguf.quants.quant_shape_to_byte_shape(size, kinds[name]))
        writer.add_tensor_info(name, size, np.dtype(np.float32), stored, raw_dtype=kinds[name])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for name, size in sizes.items():
        writer.write_tensor_data(gguf.quants.quantize(widening.tensor(name, size), kinds[name]))
    writer.close()


def near(target: float, old: Shape, vocabulary: int, head_width: int) -> Shape:
    """A shape as llama's: hidden 8/3 of the width, and a width of about 128 a layer."""
    tied = vocabulary == old.vocabulary

    def candidate(width: int, layers: int) -> Shape:
        hidden = max(old.hidden, math.ceil(width * 8 / 3 / 256) * 256)
        return dataclasses.replace(
            old, vocabulary=vocabulary, width=width, layers=layers, hidden=hidden,
            heads=width // head_width)

    def distance(shape: Shape) -> float:
        slender = abs(math.log(shape.width / shape.layers / 128))
        return abs(math.log(parameters(shape, tied) / target)) + 0.1 * slender

    least = 256 * math.ceil(max(old.heads * head_width, old.width + 32) / 256)
    widths = range(least, 8193, 256)
    found = min((candidate(w, n) for w in widths for n in range(old.layers, 81)), key=distance)
    if distance(found) > 0.2:
        raise SystemExit(
            f"No shape is near {target / 1e6:.0f} M parameters. {describe('The nearest', found, tied)}. "
            "Give --width, --layers and --hidden, or a smaller --vocab or --head-width.")
    return found


def size(text: str) -> float:
    """`80M`, `0.8B`, or a plain number."""
    unit = {"K": 1e3, "M": 1e6, "B": 1e9}.get(text[-1].upper())
    return float(text[:-1]) * unit if unit else float(text)


def new_shape(old: Shape, options: argparse.Namespace) -> Shape:
    """The shape asked for, or an exit that says which rule it breaks."""
    vocabulary = options.vocab or old.vocabulary
    head_width = options.head_width or old.head_width
    if head_width not in (spreads := [old.head_width * f for f in (1, 4, 16)]):
        raise SystemExit(f"--head-width {head_width} must be one of {spreads}.")
    if vocabulary < old.vocabulary:
        raise SystemExit(f"--vocab {vocabulary} must be {old.vocabulary} at least.")
    if options.parameters:
        if options.width or options.layers or options.hidden:
            raise SystemExit("--parameters chooses width, layers and hidden: give it or them.")
        return near(options.parameters, old, vocabulary, head_width)
    width = options.width or old.width
    new = dataclasses.replace(
        old, vocabulary=vocabulary, width=width, layers=options.layers or old.layers,
        hidden=options.hidden or old.hidden, heads=width // head_width)
    for name in ("width", "layers", "heads", "hidden"):
        if getattr(new, name) < getattr(old, name):
            raise SystemExit(
                f"{name.capitalize()}: {getattr(new, name)} would be less than the old model's "
                f"{getattr(old, name)}.")
    if width % head_width or width % 32 or new.hidden % 32:
        raise SystemExit(
            f"--width {width} must be a multiple of the head width {head_width}, and it and "
            f"--hidden {new.hidden} multiples of 32.")
    if vocabulary > old.vocabulary and width < old.width + 32:
        raise SystemExit(
            f"--vocab needs dimensions of its own: --width {width} must be {old.width + 32} at least.")
    return new


def describe(path: Path | str, shape: Shape, tied: bool) -> str:
    return (
        f"{path}: {parameters(shape, tied) / 1e6:.1f} M parameters, {shape.vocabulary} tokens, "
        f"width {shape.width}, {shape.layers} layers, {shape.heads} heads of {shape.head_width}, "
        f"hidden {shape.hidden}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="an Atlas member")
    parser.add_argument("path", type=Path, help="the file to write")
    parser.add_argument("--parameters", type=size, help="chooses a llama-like shape: 80M, 0.8B")
    parser.add_argument("--width", type=int, help="a multiple of 256, if K-quants are to follow")
    parser.add_argument("--layers", type=int)
    parser.add_argument("--hidden", type=int, help="a multiple of 256, if K-quants are to follow")
    parser.add_argument("--head-width", type=int, help="4 or 16 times the old one")
    parser.add_argument("--vocab", type=int, help="tokens in all; added ones are unused")
    parser.add_argument("--type", choices=FILE_TYPES, default="F16", help="of the matrices")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--check", action="store_true", help="compares the logits of both files")
    options = parser.parse_args()
    if options.path.exists() and options.path.samefile(options.source):
        parser.error(f"{options.path} would be written over itself: give it another name.")
    old = gguf_model.shape(gguf.GGUFReader(options.source))
    widening = Widening(options.source, old, new_shape(old, options), options.seed)
    if "output.weight" in widening.stored:
        raise SystemExit(f"{options.source} has an output matrix; widen a file of Atlas/weights.")
    write(options.path, widening, options.type)
    print(describe(options.source, old, tied=True))
    print(describe(options.path, widening.new, widening.tied))
    if options.check:
        compare(options.source, options.path)


if __name__ == "__main__":
    main()
