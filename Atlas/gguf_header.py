"""What stands before the tensors of a llama GGUF file: sizes, then the vocabulary of a byte-level BPE.

`convert.py` and `Benchmarks/random_gguf.py` write their files through it. Needs `gguf` only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import gguf

END_OF_TEXT, TURN_START, TURN_END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
# Ids 0, 1, 2 of the family's vocabulary; the last of another.
CONTROL = (END_OF_TEXT, TURN_START, TURN_END)
CHAT_TEMPLATE = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + "
    "'<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}"
    "{% endif %}"
)


class Sizes(Protocol):
    """What the header says of a network."""

    vocabulary: int
    context: int
    width: int
    layers: int
    hidden: int
    heads: int
    rope_base: float
    epsilon: float


def add_sizes(writer: gguf.GGUFWriter, shape: Sizes, kv_heads: int) -> None:
    writer.add_vocab_size(shape.vocabulary)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.hidden)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(kv_heads)
    writer.add_rope_dimension_count(shape.width // shape.heads)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_layer_norm_rms_eps(shape.epsilon)


def add_vocabulary(
    writer: gguf.GGUFWriter, tokens: Sequence[str], merges: Sequence[str], *, tuned: bool, pre: str = "gpt-2"
) -> None:
    """The same for all members of a family, but that a tuned one ends with its turn and has a template.
    `pre` is how text is cut into words."""
    end_of_text, turn_end = tokens.index(END_OF_TEXT), tokens.index(TURN_END)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens)
    writer.add_token_types([
        gguf.TokenType.CONTROL if token in CONTROL else gguf.TokenType.NORMAL for token in tokens
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


def finish(writer: gguf.GGUFWriter) -> None:
    """Writes everything that was added."""
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
