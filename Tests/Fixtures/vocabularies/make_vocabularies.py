"""Makes the tiny model files beside this script: the vocabulary of ../llama/tiny.gguf as a family of
models would have it. Random weights; the seed makes them the same on every run.

    pip install gguf==0.19.0 && python make_vocabularies.py

    padded.gguf    five rows more, named [PAD267] to [PAD271], as larger Qwen models have them
    base.gguf      without <|im_start|> and <|im_end|>: a base whose chat model added them at its end
    reserved.gguf  with <|reserved_special_token_0|> and _1 in their place, as Llama 3 has them
    moved.gguf     with the two in each other's place
    renamed.gguf   with marks of other names in their places, and in that of <|endoftext|>, as DeepSeek's
                   distillations into Qwen have them: two control tokens and an added text
    warned.gguf    with what libllama warns about: no tokenizer.ggml.pre, a BOS token that there is not,
                   and the chat's marks typed as ordinary text
    deep.gguf      base.gguf with a third layer: a base of another scale
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "llama"))
from make_models import (  # noqa: E402
    CONTROL, HEADS, NORMAL, TEMPLATE, UNUSED, USER_DEFINED, WIDTH, Model, letters)
import make_models  # noqa: E402

HERE = Path(__file__).parent
MERGES = ["t h", "th e", "i n", "a n", "an d", "e r", "Ġ the"]


def model(
    name: str, seed: int, marks: list[str], padding: int = 0, mark_kinds: list[int] | None = None,
    end: str = "<|endoftext|>", pre: str | None = "gpt-2", bos: int | None = None,
    template: str | None = None, layers: int = 2,
) -> None:
    make_models.LAYERS = layers
    made = Model(str(HERE / name), seed=seed)
    made.sizes()
    tokens = letters() + [merge.replace(" ", "") for merge in MERGES]
    kinds = [NORMAL] * len(tokens)
    tokens += ["<tool>", end, *marks]
    kinds += [USER_DEFINED, CONTROL] + (mark_kinds or [CONTROL] * len(marks))
    tokens += [f"[PAD{id}]" for id in range(len(tokens), len(tokens) + padding)]
    kinds += [UNUSED] * padding
    file = made.file
    file.add_rope_dimension_count(WIDTH // HEADS)
    file.add_tokenizer_model("gpt2")
    if pre:
        file.add_tokenizer_pre(pre)
    file.add_token_list(tokens)
    file.add_token_types(kinds)
    file.add_token_merges(MERGES)
    file.add_bos_token_id(tokens.index(end) if bos is None else bos)
    file.add_eos_token_id(tokens.index(end))
    file.add_add_bos_token(False)
    if template:
        file.add_chat_template(template)
    made.size = len(tokens)
    made.transformer()
    made.close()


if __name__ == "__main__":
    model("padded.gguf", 11, ["<|im_start|>", "<|im_end|>"], padding=5)
    model("base.gguf", 12, [])
    model("reserved.gguf", 13, [f"<|reserved_special_token_{i}|>" for i in range(2)])
    model("moved.gguf", 14, ["<|im_end|>", "<|im_start|>"])
    model("renamed.gguf", 15, ["<｜User｜>", "</think>"], mark_kinds=[CONTROL, USER_DEFINED],
          end="<｜end▁of▁sentence｜>")
    model("warned.gguf", 16, ["<|im_start|>", "<|im_end|>"], mark_kinds=[NORMAL, NORMAL], pre=None,
          bos=99999, template=TEMPLATE)
    model("deep.gguf", 17, [], layers=3)
