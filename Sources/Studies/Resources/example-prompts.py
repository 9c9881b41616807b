"""Writes the prompts of the study: hh.jsonl and eli5.jsonl. Needs `pip install datasets`."""

import json
import random

from datasets import load_dataset

SEED, COUNT = 1, 256


def write(path, rows):
    with open(path, "w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row) + "\n")


def dialogue(text):
    """The turns of an Anthropic-HH transcript, up to the last message of the human."""
    messages = []
    for turn in text.split("\n\nHuman: ")[1:]:
        said, *replies = turn.split("\n\nAssistant: ")
        messages.append({"role": "user", "content": said.strip()})
        messages += [{"role": "assistant", "content": reply.strip()} for reply in replies]
    while messages and messages[-1]["role"] != "user":
        messages.pop()
    return messages


rng = random.Random(SEED)
hh = []
for part in ("helpful-base", "harmless-base"):
    rows = load_dataset("Anthropic/hh-rlhf", data_dir=part, split="test")
    chats = [chat for chat in (dialogue(row["chosen"]) for row in rows) if chat]
    hh += [{"messages": chat, "half": part} for chat in rng.sample(chats, COUNT // 2)]
write("hh.jsonl", hh)
questions = load_dataset("facebook/kilt_tasks", "eli5", split="validation")
write("eli5.jsonl", [{"prompt": questions[i]["input"]} for i in rng.sample(range(len(questions)), COUNT)])
