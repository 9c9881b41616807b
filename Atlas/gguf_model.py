"""Reads an Atlas GGUF file back into PyTorch: the network, its weights widened to F32, and its
tokenizer. Nothing but the file is needed, so figures and fixtures speak of what is shipped.

    model, encoder = gguf_model.load("weights/small-chat.gguf")
    logits = model(torch.tensor([encoder.encode("The capital of Peru is").ids]))
"""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
import torch
from tokenizers import AddedToken, Tokenizer, decoders, models

from cutting import cutter
from model import Llama, Shape
from tensor_names import tensor_name


def field(reader: gguf.GGUFReader, key: str) -> object:
    found = reader.get_field(key)
    if found is None:
        raise KeyError(f"An Atlas GGUF file has the field {key}; this one has not.")
    return found.contents()


def shape(reader: gguf.GGUFReader) -> Shape:
    def size(key: str) -> int:
        return int(field(reader, f"llama.{key}"))

    return Shape(
        vocabulary=size("vocab_size"),
        width=size("embedding_length"),
        layers=size("block_count"),
        heads=size("attention.head_count"),
        hidden=size("feed_forward_length"),
        context=size("context_length"),
        rope_base=float(field(reader, "llama.rope.freq_base")),
        epsilon=float(field(reader, "llama.attention.layer_norm_rms_epsilon")),
    )


def tokenizer(reader: gguf.GGUFReader) -> Tokenizer:
    """The byte-level BPE of the file; control tokens in a text are recognised as such."""
    tokens: list[str] = field(reader, "tokenizer.ggml.tokens")
    merges = [tuple(m.split(" ")) for m in field(reader, "tokenizer.ggml.merges")]
    types: list[int] = field(reader, "tokenizer.ggml.token_type")
    made = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, merges))
    made.pre_tokenizer = cutter(field(reader, "tokenizer.ggml.pre"))
    made.decoder = decoders.ByteLevel()
    control = [t for t, kind in zip(tokens, types) if kind == gguf.TokenType.CONTROL]
    made.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in control])
    return made


def load(path: str | Path) -> tuple[Llama, Tokenizer]:
    """The member in evaluation mode, with F32 weights that equal the stored F16 ones."""
    reader = gguf.GGUFReader(path)
    stored = {t.name: t for t in reader.tensors}
    model = Llama(shape(reader))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            values = np.array(stored[tensor_name(name)].data, dtype=np.float32)
            parameter.copy_(torch.from_numpy(values))
    return model.eval(), tokenizer(reader)
