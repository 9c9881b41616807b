"""How text is cut into words before a byte-level BPE merges their bytes, by the names that llama.cpp has
for it (`tokenizer.ggml.pre`)."""

from __future__ import annotations

from tokenizers import Regex, pre_tokenizers
from tokenizers.pre_tokenizers import PreTokenizer

# Against GPT-2's: digits one by one, any sign before a word belongs to it, line breaks to the signs before.
QWEN2 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|"
         r"\s*[\r\n]+|\s+(?!\S)|\s+")


def cutter(pre: str) -> PreTokenizer:
    """Cuts text and writes its bytes as the letters that the vocabulary is made of."""
    if pre == "gpt-2":
        return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    if pre == "qwen2":
        return pre_tokenizers.Sequence([
            pre_tokenizers.Split(Regex(QWEN2), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ])
    raise ValueError(f"No Atlas member cuts text as {pre}.")
