"""Dialogues as token ids, in the ChatML form that the members' chat template describes."""

from __future__ import annotations

from tokenizers import Tokenizer

CHAT_TEMPLATE = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + "
    "'<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}"
    "{% endif %}"
)


def chat(question: str) -> str:
    """The prompt of one question, up to where the reply begins."""
    return f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n"


def encode(encoder: Tokenizer, question: str, reply: str) -> tuple[list[int], list[bool]]:
    """Prompt, reply and end of turn as ids, and which of them are learnt: not the prompt's."""
    prompt = encoder.encode(chat(question)).ids
    answer = encoder.encode(reply).ids
    ids = prompt + answer + [encoder.token_to_id("<|im_end|>")]
    return ids, [position >= len(prompt) for position in range(len(ids))]
