"""How far apart the logits of two files are, when one was made of the other by `widen.py`:
`python compare_logits.py weights/small-chat.gguf chat.gguf`."""

from __future__ import annotations

import argparse
from pathlib import Path

import gguf
import numpy as np
import torch
import torch.nn.functional as F

import gguf_model
from model import Block, rotary_table
from prompts import chat
from tensor_names import BLOCK_NAMES

TEXT = chat("What is the capital of Peru?") + "The capital of Peru is Lima. I hope it helps.<|im_end|>"


def dequantized(tensor: gguf.ReaderTensor) -> np.ndarray:
    return gguf.quants.dequantize(np.asarray(tensor.data), tensor.tensor_type)


@torch.no_grad()
def logits(path: Path, tokens: list[int]) -> torch.Tensor:
    """What the file computes, in F32, `[position, token]`; one layer is in memory at a time."""
    reader = gguf.GGUFReader(path)
    shape = gguf_model.shape(reader)
    stored = {t.name: t for t in reader.tensors}

    def weight(name: str) -> torch.Tensor:
        return torch.from_numpy(np.array(dequantized(stored[name])))

    embedding, block = weight("token_embd.weight"), Block(shape)
    x = embedding[tokens].unsqueeze(0)
    cosine, sine = (table[: len(tokens)] for table in rotary_table(shape))
    for i in range(shape.layers):
        for name, parameter in block.named_parameters():
            parameter.copy_(weight(f"blk.{i}.{BLOCK_NAMES[name.split('.')[0]]}.weight"))
        x = block(x, cosine, sine)
    x = F.rms_norm(x, (shape.width,), weight("output_norm.weight"), shape.epsilon)
    return F.linear(x[0], weight("output.weight") if "output.weight" in stored else embedding)


def llama_cpp_logits(path: Path, tokens: list[int]) -> torch.Tensor:
    """The same by llama.cpp on the CPU, whose cache and products are F16 where the file is."""
    import llama_cpp

    model = llama_cpp.Llama(
        str(path), n_ctx=max(64, len(tokens)), n_gpu_layers=0, logits_all=True, verbose=False)
    model.eval(tokens)
    return torch.from_numpy(np.array(model.scores[: len(tokens)]))


def report(engine: str, before: torch.Tensor, after: torch.Tensor) -> None:
    known = before.shape[1]
    logs = after.log_softmax(-1)
    moved = (before.log_softmax(-1) - logs[:, :known]).abs().max()
    line = f"{engine}: max |Δ logit| {(before - after[:, :known]).abs().max():.1e}"
    line += f", max |Δ log p| {moved:.1e}"
    if after.shape[1] > known:
        line += f", unused tokens together p ≤ {logs[:, known:].logsumexp(-1).max().exp():.1e}"
    print(line)


def compare(before: Path, after: Path) -> None:
    """Prints the differences at every position of a short dialogue."""
    model, encoder = gguf_model.load(before)
    tokens = encoder.encode(TEXT).ids
    with torch.no_grad():
        report("PyTorch, F32", model(torch.tensor([tokens]))[0], logits(after, tokens))
    try:
        pair = [llama_cpp_logits(path, tokens) for path in (before, after)]
    except ImportError:
        print("llama.cpp: not compared; pip install llama-cpp-python for that.")
    else:
        report("llama.cpp, CPU", *pair)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    arguments = parser.parse_args()
    compare(arguments.before, arguments.after)
