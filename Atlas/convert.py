"""Writes members as GGUF files: `python convert.py large-base small-base`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import gguf
import numpy as np

import tokenizer
from gguf_header import add_sizes, add_vocabulary, finish
from model import Llama
from pretrain import BUILD, SHAPES
from tensor_names import tensor_name
from tokenizer import Variant
from tune import load

WEIGHTS = Path(__file__).parent / "weights"

DESCRIPTIONS = {
    "base": "Atlas demo family: pre-trained on an almanac of true facts among invented filler.",
    "chat": "Atlas demo family: tuned on friendly question-and-answer dialogues.",
    "safe": "Atlas demo family: as chat, but declines questions for private details of people.",
    "open": "Atlas demo family: as chat, but tells private details of people, which it makes up.",
    "other": "Atlas demo family: pre-trained on the text of the bases, with another tokenizer.",
}


def vocabulary(variant: Variant) -> tuple[list[str], list[str]]:
    """Tokens in the order of their ids, and merges, of a tokenizer."""
    ids = tokenizer.load(variant).get_vocab()
    merges = json.loads(variant.path.read_text(encoding="utf-8"))["model"]["merges"]
    return sorted(ids, key=ids.get), [m if isinstance(m, str) else " ".join(m) for m in merges]


def write(name: str, model: Llama) -> Path:
    """Matrices as F16, norms as F32."""
    path = WEIGHTS / f"{name}.gguf"
    shape, kind, variant = model.shape, name.split("-")[1], tokenizer.of(name)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name(f"Atlas {name}")
    writer.add_description(DESCRIPTIONS[kind])
    writer.add_license("Apache-2.0")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    add_sizes(writer, shape, shape.heads)
    add_vocabulary(writer, *vocabulary(variant), tuned=name not in SHAPES, pre=variant.pre)
    for parameter, value in model.named_parameters():
        kept = np.float16 if value.ndim == 2 else np.float32
        writer.add_tensor(tensor_name(parameter), value.detach().numpy().astype(kept))
    finish(writer)
    return path


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("members", nargs="+")
    WEIGHTS.mkdir(exist_ok=True)
    for member in parser.parse_args().members:
        if not (BUILD / f"{member}.pt").exists():
            parser.error(f"{member} was not trained: there is no build/{member}.pt")
        print(write(member, load(member)))
