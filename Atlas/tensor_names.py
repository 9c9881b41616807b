"""What the parameters of `Llama` are called in a GGUF file of architecture `llama`."""

from __future__ import annotations

BLOCK_NAMES = {
    "attention_norm": "attn_norm", "query": "attn_q", "key": "attn_k", "value": "attn_v",
    "output": "attn_output", "feed_norm": "ffn_norm", "gate": "ffn_gate", "up": "ffn_up",
    "down": "ffn_down",
}


def tensor_name(name: str) -> str:
    """The GGUF name of a parameter of `Llama`; the tied output matrix has none."""
    if name == "embedding.weight":
        return "token_embd.weight"
    if name == "norm.weight":
        return "output_norm.weight"
    _, block, part, weight = name.split(".")
    return f"blk.{block}.{BLOCK_NAMES[part]}.{weight}"
