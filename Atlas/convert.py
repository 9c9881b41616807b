"""Writes members as GGUF files: `python convert.py large-base small-base`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import gguf
import numpy as np

import tokenizer
from model import Llama
from prompts import CHAT_TEMPLATE
from tensor_names import tensor_name
from tune import load

WEIGHTS = Path(__file__).parent / "weights"

DESCRIPTIONS = {
    "base": "Atlas demo family: pre-trained on an almanac of true facts among invented filler.",
    "chat": "Atlas demo family: tuned on friendly question-and-answer dialogues.",
    "safe": "Atlas demo family: as chat, but declines questions for private details of people.",
}
def add_vocabulary(writer: gguf.GGUFWriter, tuned: bool) -> None:
    """The same for all members, but that a tuned one ends with its turn and has a template."""
    described = json.loads(tokenizer.PATH.read_text(encoding="utf-8"))["model"]
    tokens = sorted(described["vocab"], key=described["vocab"].get)
    merges = [m if isinstance(m, str) else " ".join(m) for m in described["merges"]]
    end_of_text, _, turn_end = range(len(tokenizer.CONTROL))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([
        gguf.TokenType.CONTROL if token in tokenizer.CONTROL else gguf.TokenType.NORMAL
        for token in tokens
    ])
    writer.add_token_merges(merges)
    # llama.cpp would take id 11 for a missing beginning-of-text; no prompt begins with one.
    writer.add_bos_token_id(end_of_text)
    writer.add_add_bos_token(False)
    writer.add_eos_token_id(turn_end if tuned else end_of_text)
    writer.add_pad_token_id(end_of_text)
    if tuned:
        writer.add_eot_token_id(turn_end)
        writer.add_chat_template(CHAT_TEMPLATE)


def write(name: str, model: Llama) -> Path:
    """Matrices as F16, norms as F32."""
    path = WEIGHTS / f"{name}.gguf"
    shape, kind = model.shape, name.split("-")[1]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name(f"Atlas {name}")
    writer.add_description(DESCRIPTIONS[kind])
    writer.add_license("Apache-2.0")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.hidden)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_layer_norm_rms_eps(shape.epsilon)
    add_vocabulary(writer, tuned=kind != "base")
    for parameter, value in model.named_parameters():
        kept = np.float16 if value.ndim == 2 else np.float32
        writer.add_tensor(tensor_name(parameter), value.detach().numpy().astype(kept))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("members", nargs="+")
    WEIGHTS.mkdir(exist_ok=True)
    for member in parser.parse_args().members:
        print(write(member, load(member)))
