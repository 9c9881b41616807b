"""Dialogues as token ids, in the ChatML form that the members' chat template (`gguf_header.py`) describes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer


def turn(role: str, content: str) -> str:
    """One message of a finished dialogue, with the line break behind it."""
    return f"<|im_start|>{role}\n{content}<|im_end|>\n"


def chat(question: str) -> str:
    """The prompt of one question, up to where the reply begins."""
    return f"{turn('user', question)}<|im_start|>assistant\n"


def encode(encoder: Tokenizer, question: str, reply: str) -> tuple[list[int], list[bool]]:
    """Prompt, reply and end of turn as ids, and which of them are learnt: not the prompt's."""
    prompt = encoder.encode(chat(question)).ids
    answer = encoder.encode(reply).ids
    ids = prompt + answer + [encoder.token_to_id("<|im_end|>")]
    return ids, [position >= len(prompt) for position in range(len(ids))]
