"""Renders the chat templates beside this script as transformers does, into expected.json.

    pip install jinja2 && python record.py

The templates are those that the models' files carry. Their texts are as in llama.cpp's own tests
(models/templates and tests/test-chat-template.cpp), or, for gemma3, llama2, llama3-conditional, smollm2 and
zephyr, in many
public repositories that copied them from the models. Two are ours: falcon-180b is from memory, vicuna-1.1 writes
what FastChat writes. Where a template raises, the chat has null.
"""

from __future__ import annotations

import json
from pathlib import Path

import jinja2
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

HERE = Path(__file__).parent
LLAMA, CHATML = ("<s>", "</s>"), ("", "<|im_end|>")
TOKENS = {
    "atlas": CHATML, "chatml": ("<s>", "<|im_end|>"), "qwen2.5": CHATML, "qwen3": CHATML, "qwq": CHATML,
    "llama3": ("<|begin_of_text|>", "<|eot_id|>"), "llama3.1": ("<|begin_of_text|>", "<|eot_id|>"),
    "llama3-conditional": ("<|begin_of_text|>", "<|eot_id|>"),
    "llama3.2": ("<|begin_of_text|>", "<|eot_id|>"), "gemma": ("<bos>", "<eos>"),
    "gemma2": ("<bos>", "<eos>"), "gemma3": ("<bos>", "<eos>"),
    "smollm2": CHATML, "phi3-mini": ("<s>", "<|endoftext|>"),
    "phi3.5-mini": ("<s>", "<|endoftext|>"), "phi4": ("<|endoftext|>", "<|im_end|>"),
    "falcon-180b": ("", "<|endoftext|>"), "granite3": ("", "<|end_of_text|>"),
    "command-r": ("<BOS_TOKEN>", "<|END_OF_TURN_TOKEN|>"),
}


def chats() -> dict[str, list[dict[str, str]]]:
    """By name: an even number of turns ends with the assistant's, and asks for no reply."""
    def chat(system: str | None, *turns: str) -> list[dict[str, str]]:
        roles = ["user", "assistant"]
        messages = [{"role": roles[i % 2], "content": turn} for i, turn in enumerate(turns)]
        return ([] if system is None else [{"role": "system", "content": system}]) + messages
    return {
        "question": chat(None, "Where is the library?"),
        "system": chat("Be brief.", "Where is the library?"),
        "turns": chat(None, "Where?", "On the market square.", "Thank you.", "You are welcome.", "Bye."),
        "system and turns": chat("Be brief.", "Where?", "There.", "Thank you."),
        "answered": chat(None, "Where?", "There."),
        "system and answered": chat("Be brief.", "Where?", "There."),
        "spaces": chat(None, "  Where is it? \n", " There.\n\n", "\tThank you. "),
        "system with spaces": chat(" Be brief.\n", "Where? "),
        "unicode spaces": chat(None, "\u00a0Where?\u2003", "\u3000There.\u00a0", "\u2028Thanks."),
        "empty": chat(None, "", "There.", ""),
        "empty system": chat("", "Where?"),
        "letters": chat("Antworte auf Märchenart. 漢字", "Wo ist die Bücherei? 👩‍👩‍👧"),
        "thoughts": chat(None, "1 + 1?", "<think>\nEasy.\n</think>\n\n2", "And 2 + 2?"),
        "marks": chat(None, "{{ bos_token }} {% raw %} [INST] <<SYS>>", "# {#", "ok"),
        "assistant first": [{"role": "assistant", "content": "Hello."}, {"role": "user", "content": "Hi."}],
        "user twice": [{"role": "user", "content": "Hello."}, {"role": "user", "content": "Hi."}],
        "system later": chat(None, "Hi.", "Hello.", "Where?")[:2] + chat("Be brief.", "Where?"),
    }


def environment() -> ImmutableSandboxedEnvironment:
    """That of transformers' `apply_chat_template`."""
    def raise_exception(message: str) -> None:
        raise jinja2.exceptions.TemplateError(message)

    made = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
    made.filters["tojson"] = lambda x, indent=None: json.dumps(x, ensure_ascii=False, indent=indent)
    made.globals["raise_exception"] = raise_exception
    made.globals["strftime_now"] = lambda form: f"<{form}>"
    return made


def render(text: str, messages: list[dict[str, str]], bos: str, eos: str) -> str | None:
    try:
        return environment().from_string(text).render(
            messages=messages, bos_token=bos, eos_token=eos,
            add_generation_prompt=messages[-1]["role"] != "assistant")
    except jinja2.exceptions.TemplateError:
        return None


if __name__ == "__main__":
    templates = {}
    for path in sorted(HERE.glob("*.jinja")):
        text = path.read_text(encoding="utf-8")
        bos, eos = TOKENS.get(path.stem, LLAMA)
        templates[path.stem] = {
            "bos": bos,
            "texts": {name: render(text, chat, bos, eos) for name, chat in chats().items()},
        }
    written = {"chats": chats(), "templates": templates}
    text = json.dumps(written, ensure_ascii=True, indent=1, sort_keys=False)
    (HERE / "expected.json").write_text(text + "\n", encoding="utf-8")
