"""Makes the tiny model files beside this script: the vocabulary of ../llama/tiny.gguf as a family of
models would have it. Random weights; the seed makes them the same on every run.

    pip install gguf==0.19.0 && python make_vocabularies.py

    padded.gguf    five rows more, named [PAD267] to [PAD271], as larger Qwen models have them
    base.gguf      without <|im_start|> and <|im_end|>: a base whose chat model added them at its end
    reserved.gguf  with <|reserved_special_token_0|> and _1 in their place, as Llama 3 has them
    moved.gguf     with the two in each other's place
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "llama"))
from make_models import (  # noqa: E402
    CONTROL, HEADS, NORMAL, UNUSED, USER_DEFINED, WIDTH, Model, letters)

HERE = Path(__file__).parent
MERGES = ["t h", "th e", "i n", "a n", "an d", "e r", "Ġ the"]


def model(name: str, seed: int, marks: list[str], padding: int = 0) -> None:
    made = Model(str(HERE / name), seed=seed)
    made.sizes()
    tokens = letters() + [merge.replace(" ", "") for merge in MERGES]
    kinds = [NORMAL] * len(tokens)
    tokens += ["<tool>", "<|endoftext|>", *marks]
    kinds += [USER_DEFINED, CONTROL] + [CONTROL] * len(marks)
    tokens += [f"[PAD{id}]" for id in range(len(tokens), len(tokens) + padding)]
    kinds += [UNUSED] * padding
    file = made.file
    file.add_rope_dimension_count(WIDTH // HEADS)
    file.add_tokenizer_model("gpt2")
    file.add_tokenizer_pre("gpt-2")
    file.add_token_list(tokens)
    file.add_token_types(kinds)
    file.add_token_merges(MERGES)
    file.add_bos_token_id(tokens.index("<|endoftext|>"))
    file.add_eos_token_id(tokens.index("<|endoftext|>"))
    file.add_add_bos_token(False)
    made.size = len(tokens)
    made.transformer()
    made.close()


if __name__ == "__main__":
    model("padded.gguf", 11, ["<|im_start|>", "<|im_end|>"], padding=5)
    model("base.gguf", 12, [])
    model("reserved.gguf", 13, [f"<|reserved_special_token_{i}|>" for i in range(2)])
    model("moved.gguf", 14, ["<|im_end|>", "<|im_start|>"])
