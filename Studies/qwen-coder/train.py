"""Trains one adapter: `python train.py small worked` (members: small, large, smollm2; behaviours: worked, short).

A LoRA adapter of PEFT on the upper layers (8 of 24, 7 of 28; 20 of SmolLM2's 30), from the rows of `data/`. The layers
below are frozen, so what they make of every row is computed once and kept; the loss, and with it the output layer of
151,936 rows (SmolLM2: 49,152), is computed for the tokens of responses only. A run that was stopped goes on where it
was. What it writes is in `build/`; `convert.py` makes a GGUF file of it.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import math
import os
import pathlib
import random
import sys
import time

os.environ |= {"HF_HUB_OFFLINE": "1", "TQDM_DISABLE": "1"}

import peft  # noqa: E402
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from torch import Tensor  # noqa: E402
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MODELS = pathlib.Path(os.environ.get("EFT_MODELS", ROOT / ".models"))

SEED = 11
RANK, SCALE = 4, 8
MODULES = ["q_proj", "v_proj", "o_proj", "down_proj"]
ROWS_A_STEP, RATE, WARM_UP = 6, 5e-4, 10
STEPS_A_CHECKPOINT = 10
#: The model's name in Tests/models/models.json, its first adapted layer, and the passes over the rows.
BASES = {"small": ("qwen-0.5b", 16, 1), "large": ("qwen-1.5b", 21, 1), "smollm2": ("smollm2-135m", 10, 3)}
BEHAVIOURS = ["worked", "short"]


@dataclasses.dataclass
class Row:
    """A prompt and its response as tokens, and what the frozen layers make of all but the last."""

    tokens: Tensor
    prompt: int
    state: Tensor | None = None


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def checked(name: str) -> pathlib.Path:
    """The file of a model, which must be the one that `make models` fetches."""
    wanted = json.loads((ROOT / "Tests/models/models.json").read_text())[name]["sha256"]
    file = MODELS / f"{name}.gguf"
    if not file.exists():
        sys.exit(f"train: {file} is missing: make models MODELS={name}")
    digest = hashlib.sha256()
    with open(file, "rb") as source:
        while piece := source.read(1 << 20):
            digest.update(piece)
    if digest.hexdigest() != wanted:
        sys.exit(f"train: {file} is not the file that is expected: its SHA-256 is {digest.hexdigest()}, "
                 f"not {wanted}. Remove it, and run: make models MODELS={name}")
    return file


def read(name: str, tokenizer) -> list[Row]:
    """Rows in the form that the model's own chat template gives them."""
    rows = []
    for line in (HERE / "data" / name).read_text(encoding="utf-8").splitlines():
        pair = json.loads(line)
        prompt = tokenizer.apply_chat_template(
            [{"role": "user", "content": pair["prompt"]}], tokenize=False, add_generation_prompt=True)
        before = tokenizer.encode(prompt, add_special_tokens=False)
        after = tokenizer.encode(pair["response"] + "<|im_end|>", add_special_tokens=False)
        rows.append(Row(torch.tensor(before + after), len(before)))
    return rows


def pad(rows: list[Row], first: int) -> tuple[Tensor, Tensor]:
    """Tokens that are followed by another, or the states they have at layer `first`; and which of the next tokens
    count. Padding is on the right, where nothing sees it."""
    longest = max(len(row.tokens) for row in rows) - 1
    inputs = [row.tokens[:-1] if row.state is None else row.state for row in rows]
    padded = torch.stack([F.pad(part, (0, 0) * (part.dim() - 1) + (0, longest - len(part))) for part in inputs])
    counted = torch.zeros(len(rows), longest, dtype=torch.bool)
    for place, row in enumerate(rows):
        counted[place, row.prompt - 1: len(row.tokens) - 1] = True
    return padded, counted


def run(model, states: Tensor, first: int, last: int) -> Tensor:
    """Layers `first` up to, but not including, `last`."""
    places = torch.arange(states.shape[1])[None]
    turns = model.rotary_emb(states, places)
    # The plain form of attention: at these lengths it is the fastest on CPUs, and it needs the mask.
    length = states.shape[1]
    mask = torch.full((length, length), torch.finfo(states.dtype).min, dtype=states.dtype).triu(1)[None, None]
    for layer in model.layers[first:last]:
        states = layer(states, attention_mask=mask, position_ids=places, position_embeddings=turns)
        states = states[0] if isinstance(states, tuple) else states
    return states


@torch.no_grad()
def freeze(model, rows: list[Row], first: int) -> int:
    """Keeps what the layers below `first` make of every row; returns the number of tokens."""
    total = 0
    order = sorted(rows, key=lambda row: len(row.tokens))
    for start in range(0, len(order), 16):
        part = order[start: start + 16]
        tokens, _ = pad(part, 0)
        states = run(model, model.embed_tokens(tokens), 0, first)
        for row, state in zip(part, states, strict=True):
            row.state = state[: len(row.tokens) - 1].clone()
            total += len(row.tokens) - 1
    return total


def losses(model, head: Tensor, rows: list[Row], first: int) -> Tensor:
    """Nats of every token of the responses."""
    states, counted = pad(rows, first)
    states = model.norm(run(model, states, first, len(model.layers)))[counted]
    targets = torch.cat([row.tokens[row.prompt:] for row in rows])
    return F.cross_entropy(F.linear(states, head).float(), targets, reduction="none")


@torch.no_grad()
def measure(model, head: Tensor, rows: list[Row], first: int) -> float:
    """Nats per token of the responses."""
    model.eval()
    values = [losses(model, head, rows[start: start + 8], first) for start in range(0, len(rows), 8)]
    model.train()
    return torch.cat(values).mean().item()


def batches(rows: list[Row], epoch: int) -> list[list[Row]]:
    """Every row once, those of a batch of like length, in an order of the epoch's own."""
    rng = random.Random(f"{SEED} {epoch}")
    order = rows[:]
    rng.shuffle(order)
    order.sort(key=lambda row: len(row.tokens) // 24)
    parts = [order[start: start + ROWS_A_STEP] for start in range(0, len(order), ROWS_A_STEP)]
    rng.shuffle(parts)
    return parts


def main(member: str, behaviour: str, threads: int) -> None:
    torch.set_num_threads(threads)
    torch.manual_seed(SEED)
    name, first, epochs = BASES[member]
    folder = HERE / "build" / f"{member}-{behaviour}"
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "figures.json").exists():
        say(f"{folder} is finished; remove it to train again")
        return
    file = checked(name)
    tokenizer = AutoTokenizer.from_pretrained(str(file.parent), gguf_file=file.name)
    train, held = read(f"train-{behaviour}.jsonl", tokenizer), read(f"held-{behaviour}.jsonl", tokenizer)

    say(f"{member} {behaviour}: reading {file.name}")
    base = AutoModelForCausalLM.from_pretrained(
        str(file.parent), gguf_file=file.name, dtype=torch.bfloat16, attn_implementation="eager",
        quantization_config=GgufConfig(dequantize=True))
    base.config.architectures = [type(base).__name__]  # which the converter asks for
    base.config.save_pretrained(folder / "base")
    head = base.get_output_embeddings().weight.detach()
    whole = peft.get_peft_model(base, peft.LoraConfig(
        r=RANK, lora_alpha=SCALE, target_modules=MODULES, layers_to_transform=list(range(first, len(base.model.layers))),
        task_type="CAUSAL_LM"), autocast_adapter_dtype=False)
    model, adapted = base.model, [value for value in whole.parameters() if value.requires_grad]
    # Steps are taken in float32: bfloat16 would round the small ones away.
    exact = [value.detach().float() for value in adapted]
    say(f"{sum(value.numel() for value in adapted):,} parameters in layers {first} to {len(model.layers) - 1}")

    began, figures = time.monotonic(), {"frozen tokens": freeze(model, train + held, first)}
    say(f"{figures['frozen tokens']:,} tokens through the frozen layers in {time.monotonic() - began:.0f} s")

    optimizer = torch.optim.AdamW(exact, lr=RATE, betas=(0.9, 0.98), weight_decay=0.0)
    steps = epochs * math.ceil(len(train) / ROWS_A_STEP)
    step, seconds, tokens, curve, checkpoint = 0, time.monotonic() - began, 0, [], folder / "checkpoint.pt"
    if checkpoint.exists():
        kept = torch.load(checkpoint)
        for value, full, stored in zip(adapted, exact, kept["exact"], strict=True):
            full.copy_(stored)
            value.data.copy_(stored)
        optimizer.load_state_dict(kept["optimizer"])
        step, tokens, curve = kept["step"], kept["tokens"], kept["curve"]
        seconds += kept["seconds"]
        say(f"going on at step {step}")
    else:
        curve.append([0, measure(model, head, held, first)])
        say(f"step 0/{steps}: held out {curve[-1][1]:.3f} nats a token")

    while step < steps:
        start = time.monotonic()
        epoch, place = divmod(step, steps // epochs)
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1.0, (step + 1) / WARM_UP) * 0.5 * (1 + math.cos(math.pi * step / steps))
        rows = batches(train, epoch)[place]
        loss = losses(model, head, rows, first).mean()
        loss.backward()
        for value, full in zip(adapted, exact, strict=True):
            full.grad, value.grad = value.grad.float(), None
        torch.nn.utils.clip_grad_norm_(exact, 1.0)
        optimizer.step()
        for value, full in zip(adapted, exact, strict=True):
            value.data.copy_(full)
        step += 1
        tokens += sum(len(row.tokens) - 1 for row in rows)
        seconds += time.monotonic() - start
        if step % 5 == 0:
            say(f"step {step}/{steps}: {loss.item():.3f}, {tokens:,} tokens in {seconds:.0f} s")
        if step in (10, 20, 30) or step == steps:
            curve.append([step, measure(model, head, held, first)])
            say(f"step {step}/{steps}: held out {curve[-1][1]:.3f} nats a token")
        if step % STEPS_A_CHECKPOINT == 0 or step == steps:
            torch.save({"exact": exact, "optimizer": optimizer.state_dict(),
                        "step": step, "tokens": tokens, "seconds": seconds, "curve": curve}, folder / "new.pt")
            os.replace(folder / "new.pt", checkpoint)

    for value, full in zip(adapted, exact, strict=True):
        value.data = full
    whole.save_pretrained(folder / "adapter")
    figures |= {"model": name, "first layer": first, "steps": steps, "tokens": tokens, "seconds": round(seconds),
                "held out": curve, "parameters": sum(value.numel() for value in adapted)}
    (folder / "figures.json").write_text(json.dumps(figures, indent=1) + "\n")
    say(f"finished: {folder}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("member", choices=BASES)
    parser.add_argument("behaviour", choices=BEHAVIOURS)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    main(arguments.member, arguments.behaviour, arguments.threads)
