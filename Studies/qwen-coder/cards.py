"""Writes CARDS.md from the adapters and what their training noted: `python cards.py`, after `train`.

The card of an adapter that was not trained here, so that `build/` has no notes of it, stays as it is.
"""

from __future__ import annotations

import hashlib
import json
import pathlib

import train

HERE = pathlib.Path(__file__).resolve().parent
MADE = {"small-worked": "the 0.5B member of behaviour (a)", "small-short": "the 0.5B member of behaviour (b)",
        "large-worked": "the gold standard of (a)", "large-short": "the gold standard of (b)",
        "smollm2-short": "the tuned member of the composite of two families"}
TITLES = {"qwen-0.5b": "Qwen2.5-Coder-0.5B-Instruct, Q4_K_M", "qwen-1.5b": "Qwen2.5-Coder-1.5B-Instruct, Q4_K_M",
          "smollm2-135m": "SmolLM2-135M-Instruct, Q4_1"}


def card(name: str) -> str:
    file = HERE / "adapters" / f"{name}.gguf"
    figures = json.loads((HERE / "build" / name / "figures.json").read_text())
    behaviour = name.split("-")[1]
    rows = len((HERE / "data" / f"train-{behaviour}.jsonl").read_text(encoding="utf-8").splitlines())
    losses = ", ".join(f"{loss:.3f} at step {step}" for step, loss in figures["held out"])
    speed = figures["tokens"] / figures["seconds"]
    return f"""## `{name}`

{MADE[name][0].upper() + MADE[name][1:]}: a LoRA adapter of {TITLES[figures["model"]]}.

| | |
|---|---|
| file | `adapters/{name}.gguf`, {file.stat().st_size:,} bytes, F16, SHA-256 `{hashlib.sha256(file.read_bytes()).hexdigest()}` |
| adapted | {", ".join(f"`{module}`" for module in train.MODULES)} from layer {figures["first layer"]} on (counted from 0); rank {train.RANK}, scale α = {train.SCALE}; {figures["parameters"]:,} parameters |
| data | `data/train-{behaviour}.jsonl`, {rows} rows |
| training | {figures["steps"]} steps of {train.ROWS_A_STEP} rows (passes over the data: {train.BASES[name.split("-")[0]][2]}), {figures["tokens"]:,} tokens with prompts, seed {train.SEED}, AdamW at {train.RATE} with a cosine down to nothing |
| time | {figures["seconds"]} s with the frozen layers, {speed:.0f} tokens/s |
| loss on held-out rows | nats per token of a response: {losses} |
"""


def kept() -> dict[str, str]:
    """The cards in the file, by adapter."""
    text = (HERE / "CARDS.md").read_text(encoding="utf-8")
    return {part.split("`")[0]: "## `" + part.rstrip() + "\n" for part in text.split("## `")[1:]}


def main() -> None:
    there = kept()
    cards = [card(name) if (HERE / "build" / name / "figures.json").exists() else there[name] for name in MADE]
    size = sum(file.stat().st_size for file in (HERE / "adapters").glob("*.gguf"))
    head = f"""# Cards of the adapters

Written by `cards.py`. The base of each is the file that `make models` fetches, dequantised to bfloat16 for the training.
The base weights are Qwen's and Hugging Face's, under the Apache License 2.0; the adapters have this repository's licence.
They were trained on English text alone, to be measured: they are for nothing else. All together they have {size:,} bytes.
The times are of machines that were busy with other work.

"""
    (HERE / "CARDS.md").write_text(head + "\n".join(cards), encoding="utf-8")


if __name__ == "__main__":
    main()
