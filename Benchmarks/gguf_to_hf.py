"""Turns a GGUF file of architecture `llama` into a Hugging Face model, in memory or as a folder
(config.json, model.safetensors) that transformers and vLLM load.

    python gguf_to_hf.py small-chat.gguf small-chat-hf --dtype float16
"""

from __future__ import annotations

import argparse
from pathlib import Path

import gguf
import numpy as np
import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

BLOCK_NAMES = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
NAMES = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}


def hugging_face_name(name: str) -> str:
    if name in NAMES:
        return NAMES[name]
    _, index, kind, suffix = name.split(".")
    return f"model.layers.{index}.{BLOCK_NAMES[kind]}.{suffix}"


def unpaired(weight: Tensor, heads: int) -> Tensor:
    """GGUF turns neighbouring rows (2i, 2i+1) of a head together, Hugging Face rows i and
    i + width/2: puts the even rows of every head before the odd ones."""
    rows, columns = weight.shape
    return weight.view(heads, rows // heads // 2, 2, columns).transpose(1, 2).reshape(rows, columns)


def config(reader: gguf.GGUFReader) -> LlamaConfig:
    fields = {name: field.contents() for name, field in reader.fields.items()
              if not name.startswith("tokenizer.ggml.") or name.endswith("_id")}
    if fields["general.architecture"] != "llama":
        raise SystemExit(f"Only architecture `llama` is known, not {fields['general.architecture']}.")

    def size(key: str) -> int:
        return int(fields[f"llama.{key}"])

    shapes = {tensor.name: tensor.shape for tensor in reader.tensors}
    return LlamaConfig(
        vocab_size=int(shapes["token_embd.weight"][1]),
        hidden_size=size("embedding_length"),
        intermediate_size=size("feed_forward_length"),
        num_hidden_layers=size("block_count"),
        num_attention_heads=size("attention.head_count"),
        num_key_value_heads=size("attention.head_count_kv"),
        max_position_embeddings=size("context_length"),
        rms_norm_eps=float(fields["llama.attention.layer_norm_rms_epsilon"]),
        # llama.cpp's own default where a file names no base.
        rope_parameters={"rope_type": "default", "rope_theta": float(fields.get("llama.rope.freq_base", 10_000))},
        tie_word_embeddings="output.weight" not in shapes,
        bos_token_id=fields.get("tokenizer.ggml.bos_token_id"),
        eos_token_id=fields.get("tokenizer.ggml.eos_token_id"),
        pad_token_id=None,
    )


def load(path: str | Path, dtype: torch.dtype = torch.float32) -> LlamaForCausalLM:
    """The model in evaluation mode, with weights of that type; of other architectures as transformers reads them."""
    reader = gguf.GGUFReader(path)
    if reader.fields["general.architecture"].contents() != "llama":
        file = Path(path).resolve()
        return AutoModelForCausalLM.from_pretrained(str(file.parent), gguf_file=file.name, dtype=dtype).eval()
    shape = config(reader)
    weights: dict[str, Tensor] = {}
    for tensor in reader.tensors:
        values = gguf.quants.dequantize(np.asarray(tensor.data), tensor.tensor_type)
        weight = torch.from_numpy(np.array(values, dtype=np.float32)).to(dtype)
        if tensor.name.endswith("attn_q.weight"):
            weight = unpaired(weight, shape.num_attention_heads)
        elif tensor.name.endswith("attn_k.weight"):
            weight = unpaired(weight, shape.num_key_value_heads)
        weights[hugging_face_name(tensor.name)] = weight
    if shape.tie_word_embeddings:
        weights["lm_head.weight"] = weights["model.embed_tokens.weight"]
    shape.dtype = dtype
    model = LlamaForCausalLM(shape).to(dtype)
    model.load_state_dict(weights, strict=True)
    return model.eval()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gguf")
    parser.add_argument("folder")
    parser.add_argument("--dtype", choices=("float32", "float16", "bfloat16"), default="float32")
    options = parser.parse_args()
    load(options.gguf, getattr(torch, options.dtype)).save_pretrained(options.folder)


if __name__ == "__main__":
    main()
