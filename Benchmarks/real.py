"""Speed on real models: Qwen2.5-Coder 1.5B and 0.5B with an adapter of `Studies/qwen-coder`, by number type.

    Benchmarks/python Benchmarks/real.py [--types Q4_K_M Q8_0 F16] [--runs 3] [--no-loop]

Each run measures every type once, in turn: the large model alone, the composite plain, with blocks of 4, and `auto`; and
proxy-tuning's loop in transformers (bfloat16) on the same weights, without the adapter, which its time does not need.
GSM8K questions, temperature 0. Prints tokens/s (medians, lowest to highest) and the median ratios to the large model
alone of the same run, in the first type and in the same one. Types other than the published Q4_K_M are made from it (7 GB
under Benchmarks/results). Nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
MODELS = HERE / "results/models/real"
EFT = Path(os.environ.get("EFT", ROOT / ".build/release/eft"))
SYSTEMS = ["large alone", "chat alone", "composite, plain", "composite, block 4", "composite, auto"]


def run(*command: object) -> str:
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} failed:\n{done.stderr[-2000:]}")
    return done.stdout


def member(size: str, kind: str) -> Path:
    published = ROOT / f".models/qwen-{size}.gguf"
    if kind == "Q4_K_M":
        return published
    made = MODELS / f"qwen-{size}-{kind}.gguf"
    if not made.exists():
        run(ROOT / "Scripts/quantize", published, made, kind)
    return made


def eft(kind: str, prompts: Path, tokens: int) -> dict[str, float]:
    members = {"large": member("1.5b", kind), "small": member("0.5b", kind), "chat": member("0.5b", kind)}
    command: list[object] = [EFT, "bench", "--formula", "large + chat - small", "--fallback", "chat", "--json",
                             "--repeats", 1, "--tokens", tokens, "--temperature", 0, "--prompts", prompts, "--block", 4,
                             "--context", 1024, "--lora", f"chat={ROOT}/Studies/qwen-coder/adapters/small-worked.gguf"]
    for name, path in members.items():
        command += ["--member", f"{name}={path}"]
    report = json.loads(run(*command))
    return {system["name"]: system["tokens_per_second"] for system in report["systems"] if system["name"] in SYSTEMS}


def loop(tokens: int) -> float:
    large, small = member("1.5b", "Q4_K_M"), member("0.5b", "Q4_K_M")
    peer = run(sys.executable, HERE / "transformers_loop.py", "--large", large, "--small", small, "--chat", small,
               "--dtype", "bfloat16", "--repeat", 1, "--new-tokens", tokens)
    return json.loads(peer)["tokensPerSecond"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--types", nargs="+", default=["Q4_K_M", "Q8_0", "F16"])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--questions", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=96)
    parser.add_argument("--no-loop", action="store_true")
    asked = parser.parse_args()
    MODELS.mkdir(parents=True, exist_ok=True)
    run(ROOT / "Scripts/fetch-models", "qwen-0.5b", "qwen-1.5b")
    prompts = MODELS / "questions.jsonl"
    lines = (ROOT / "Studies/qwen-coder/data/maths.jsonl").read_text().splitlines()[: asked.questions]
    prompts.write_text("".join(line + "\n" for line in lines))

    speeds: dict[tuple[str, str], list[float]] = {}
    for number in range(asked.runs):
        for kind in asked.types:
            print(f"run {number + 1} of {asked.runs}: {kind}", file=sys.stderr)
            for system, speed in eft(kind, prompts, asked.tokens).items():
                speeds.setdefault((kind, system), []).append(speed)
        if not asked.no_loop:
            print(f"run {number + 1} of {asked.runs}: transformers", file=sys.stderr)
            speeds.setdefault(("bfloat16", "transformers loop, plain"), []).append(loop(asked.tokens))

    base = speeds[(asked.types[0], "large alone")]
    print(f"| weights | system | tokens/s | × large alone, {asked.types[0]} | × large alone |\n|---|---|---|---|---|")
    for (kind, system), own in speeds.items():
        ratio = statistics.median(speed / large for speed, large in zip(own, base))
        same = speeds.get((kind, "large alone"))
        alone = f"{statistics.median(a / b for a, b in zip(own, same)):.2f}" if same else ""
        print(f"| {kind} | {system} | {statistics.median(own):.1f} ({min(own):.1f}–{max(own):.1f}) | {ratio:.2f} | {alone} |")


if __name__ == "__main__":
    main()
