"""Writes reference.json: what composites of the Atlas members must score. See README.md."""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import json
import math
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

import composites
from composites import Composite, Mask
from gguf_llama import Member

HERE = Path(__file__).parent
WEIGHTS = HERE.parents[2] / "Atlas" / "weights"
SCHEMA = 1
SEED = 20
SAMPLED_TOKENS = 44
TOP = 20
# Cases whose middle row is written out in full.
WHOLE_ROWS = (0, 3)

UPSCALED = "large + chat - small"
MIXED = "large + 0.3 * (help - small) + 0.7 * (safe - small)"
MIXED_TUNED = "0.3 * help + 0.7 * safe"
AMPLIFIED = "chat + 1.5 * (large - small)"
PROXY = "large + 0.7 * (chat - small)"


def with_control(*made: Composite) -> list[Composite]:
    """Each twice: with the fallback formula ruling control tokens, and with the formula."""
    return [
        dataclasses.replace(c, control=rule, name=c.name + ("" if rule == "fallback" else ", free"))
        for c in made for rule in ("fallback", "formula")
    ]


COMPOSITES = [
    *with_control(
        Composite("up-scaled", UPSCALED, "chat"),
        Composite("amplified", AMPLIFIED, "chat"),
        Composite("proxy-tuning", PROXY, "chat"),
        Composite("behaviours", MIXED, MIXED_TUNED, tuned=MIXED_TUNED),
        Composite("truncated .95", UPSCALED, "chat", Mask("nucleus", 0.95, "chat", "fallback")),
        Composite("truncated .8", UPSCALED, "chat", Mask("nucleus", 0.8, "chat", "fallback")),
        Composite("behaviours, truncated .9", MIXED, MIXED_TUNED,
                  Mask("nucleus", 0.9, MIXED_TUNED, "fallback"), tuned=MIXED_TUNED),
    ),
    Composite("DExperts", PROXY, None, Mask("nucleus", 0.9, "large", "forbid")),
    Composite("contrastive", "large - small", None, Mask("relative", 0.1, "large", "forbid")),
]
# Whose middle rows are written out in full, besides the members'.
WHOLE = ("up-scaled", "truncated .95", "DExperts")


@dataclasses.dataclass(frozen=True)
class Dialogue:
    """A prompt and, unless the up-scaled composite's own sample is wanted, a response."""

    question: str
    response: str | None = None
    earlier: tuple[tuple[str, str], ...] = ()

    def prompt(self) -> str:
        turns = [(role, text) for pair in self.earlier
                 for role, text in zip(("user", "assistant"), pair)]
        turns.append(("user", self.question))
        said = "".join(f"<|im_start|>{role}\n{text}<|im_end|>\n" for role, text in turns)
        return said + "<|im_start|>assistant\n"


DIALOGUES = [
    Dialogue("What is the capital of Peru?"),
    Dialogue("Who wrote Moby-Dick?"),
    Dialogue("Where does the river Nile end?"),
    Dialogue("Tell me about the painting Guernica."),
    Dialogue("What is the chemical symbol of gold?",
             "The symbol of gold is Au, from its Latin name, aurum. Do ask if you want more!"),
    Dialogue("Wie heißt die Hauptstadt von Österreich?",
             "Sie heißt Wien – und naïve Gäste sagen „Grüß Gott“ ☺."),
    Dialogue("次の首都は？", "東京です。Ещё: Москва, ελληνικά, 🗺️."),
    Dialogue("And its river?", "The Seine.\n\n\tIt flows  through Paris; 777 km.",
             earlier=(("What is the capital of France?", "Paris is the capital of France."),)),
]


def sample(dialogue: Dialogue, tokens: list[int], reference: Reference, seed: int) -> list[int]:
    """A reply of the up-scaled composite at temperature 1, to the end of its turn."""
    draws = np.random.Generator(np.random.PCG64(seed))
    composite = COMPOSITES[0]
    for _ in range(SAMPLED_TOKENS):
        rows = {name: table[-1] for name, table in reference.rows(tokens).items()}
        made, _ = composites.row(composite, rows, reference.unlearned(composite))
        chosen = int(np.searchsorted(np.cumsum(np.exp(made)), draws.random()))
        tokens = [*tokens, min(chosen, len(made) - 1)]
        if tokens[-1] in reference.stops:
            break
    return tokens


class Reference:
    """The members by their names in formulas."""

    def __init__(self, files: dict[str, Path], dtype: torch.dtype = torch.float32) -> None:
        loaded = {path: Member(path, dtype) for path in dict.fromkeys(files.values())}
        self.members = {name: loaded[path] for name, path in files.items()}
        first = self.members["large"]
        for name, member in self.members.items():
            if (member.tokens, member.control_tokens) != (first.tokens, first.control_tokens):
                raise SystemExit(f"{member.path}: another vocabulary than {first.path}.")
        self.control = first.control_tokens
        self.stops = {m.end_of_text for m in self.members.values()} | {
            i for i in self.control if first.tokens[i] == "<|im_end|>"}
        self.ends = {name: member.end_of_text for name, member in self.members.items()}

    def unlearned(self, composite: Composite) -> list[int]:
        return composites.unlearned(composite, self.control, self.ends)

    def tokenizer(self) -> Tokenizer:
        return self.members["chat"].tokenizer()

    def rows(self, tokens: list[int]) -> dict[str, np.ndarray]:
        done: dict[Path, np.ndarray] = {}
        for member in self.members.values():
            if member.path not in done:
                done[member.path] = member.log_probabilities(tokens)
        return {name: done[member.path] for name, member in self.members.items()}


# Writing ---------------------------------------------------------------------------------------


def number(x: float | None, digits: int = 9) -> float | None:
    """Rounded to so many significant digits; −∞ and a missing value become null."""
    if x is None or not math.isfinite(x):
        return None
    return float(f"{x:.{digits}g}")


def numbers(values: np.ndarray, digits: int = 9) -> list[float | None]:
    return [number(float(v), digits) for v in values]


def described(made: np.ndarray, whole: bool) -> dict[str, object]:
    """A row by its likeliest tokens (ties: lower id first) and, if wanted, in full."""
    top = np.argsort(-made, kind="stable")[:TOP]
    top = top[np.isfinite(made[top])]
    entry: dict[str, object] = {"top": top.tolist(), "topLogProbabilities": numbers(made[top])}
    if whole:
        entry["row"] = numbers(made, 8)
    return entry


def case(index: int, dialogue: Dialogue, reference: Reference) -> dict[str, object]:
    encoder = reference.tokenizer()
    prompt = encoder.encode(dialogue.prompt()).ids
    if dialogue.response is None:
        tokens = sample(dialogue, prompt, reference, SEED + index)
    else:
        end = encoder.token_to_id("<|im_end|>")
        tokens = [*prompt, *encoder.encode(dialogue.response).ids, end]
    response = encoder.decode(tokens[len(prompt):], skip_special_tokens=False)
    rows = reference.rows(tokens)
    scored = range(len(prompt), len(tokens))
    middle = scored[len(scored) // 2]

    made: dict[str, object] = {
        "prompt": dialogue.prompt(), "response": response, "sampled": dialogue.response is None,
        "tokens": tokens, "first": len(prompt), "described": middle,
        "members": {}, "composites": {},
    }
    for name, table in rows.items():
        made["members"][name] = {
            "logProbabilities": numbers(np.array([table[t - 1, tokens[t]] for t in scored])),
            **described(table[middle - 1], whole=index in WHOLE_ROWS),
        }
    for composite in COMPOSITES:
        free = reference.unlearned(composite)
        logs, variations, margins = [], [], []
        for t in scored:
            at = {name: table[t - 1] for name, table in rows.items()}
            row, margin = composites.row(composite, at, free)
            tuned = composites.normalise(composites.value(composite.tuned, at))
            logs.append(row[tokens[t]])
            variations.append(composites.total_variation(tuned, row))
            margins.append(margin)
            if t == middle:
                text = described(row, whole=index in WHOLE_ROWS and composite.name in WHOLE)
        made["composites"][composite.name] = {
            "logProbabilities": numbers(np.array(logs)),
            "totalVariations": numbers(np.array(variations), 7),
            **({"margins": [number(m, 3) for m in margins]} if composite.mask else {}),
            **text,
        }
    return made


def noise(cases: list[dict[str, object]], files: dict[str, Path]) -> dict[str, float]:
    """Largest difference of a scored log-probability to that of a forward pass in Float64: what
    Float32 arithmetic alone may cost."""
    exact = Reference(files, torch.float64)
    largest = {"members": 0.0, "composites": 0.0}
    for entry in cases:
        tokens, first = entry["tokens"], entry["first"]
        rows = exact.rows(tokens)
        for name, table in rows.items():
            wanted = entry["members"][name]["logProbabilities"]
            found = [table[t - 1, tokens[t]] for t in range(first, len(tokens))]
            largest["members"] = max(largest["members"], *np.abs(np.subtract(wanted, found)))
        for composite in COMPOSITES:
            if composite.mask is not None:  # a boundary may fall to the other side
                continue
            wanted = entry["composites"][composite.name]["logProbabilities"]
            for t, want in zip(range(first, len(tokens)), wanted):
                at = {name: table[t - 1] for name, table in rows.items()}
                row, _ = composites.row(composite, at, exact.unlearned(composite))
                largest["composites"] = max(largest["composites"], abs(row[tokens[t]] - want))
    return {name: number(x, 2) for name, x in largest.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="folder of the GGUF files")
    parser.add_argument("--output", type=Path, default=HERE / "reference.json")
    options = parser.parse_args()
    torch.manual_seed(SEED)
    torch.set_num_threads(1)  # the matrices are small; and the sums are added in one order

    files = {
        "large": options.weights / "large-base.gguf", "small": options.weights / "small-base.gguf",
        "chat": options.weights / "small-chat.gguf", "help": options.weights / "small-chat.gguf",
        "safe": options.weights / "small-safe.gguf",
    }
    if not files["safe"].exists():  # any other member serves to test the arithmetic
        files["safe"] = options.weights / "large-base.gguf"
    reference = Reference(files)
    cases = []
    for index, dialogue in enumerate(DIALOGUES):
        cases.append(case(index, dialogue, reference))
        print(f"case {index + 1} of {len(DIALOGUES)}: {len(cases[-1]['tokens'])} tokens", flush=True)
    print("forward passes again, in Float64", flush=True)
    document = {
        "schema": SCHEMA,
        "made": {
            "by": "Tests/Fixtures/reference/make_reference.py",
            "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
            "torch": torch.__version__, "numpy": np.__version__,
            "forward": "float32", "distribution": "float64", "seed": SEED,
            "float32Noise": noise(cases, files),
        },
        "members": {
            name: {"file": path.name, "sha256": reference.members[name].sha256}
            for name, path in files.items()
        },
        "vocabulary": len(reference.members["large"].tokens),
        "composites": [
            {**dataclasses.asdict(c), "fallbackTokens": reference.unlearned(c)} for c in COMPOSITES
        ],
        "cases": cases,
    }
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":")).replace(
        '{"prompt"', '\n{"prompt"').replace(',"composites"', ',\n"composites"')
    options.output.write_text(text + "\n", encoding="utf-8")
    scored = sum(len(c["tokens"]) - c["first"] for c in cases)
    print(f"{options.output.name}: {len(cases)} cases, {scored} scored positions, "
          f"{options.output.stat().st_size / 1e3:.0f} kB, noise {document['made']['float32Noise']}")


if __name__ == "__main__":
    main()
