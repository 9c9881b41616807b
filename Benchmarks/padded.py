"""What speculation gains at the paper's 10 : 1 : 1: `Benchmarks/python Benchmarks/padded.py`.

Widens Atlas to 0.8 B and 80 M parameters without changing what it says (Atlas/widen.py), so that its
agreement is real and its costs are those of large models; quantizes; runs `eft bench` on held-out
questions; prints a table beside the floor: the bytes of the large member's weights, once a round, at the
speed at which this machine reads memory. With --hopeless, members with random weights instead: drafts
that are never kept, which must cost nothing.

The models take 4 GB under Benchmarks/results. Nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
MODELS = HERE / "results/models/padded"
EFT = ROOT / ".build/release/eft"
MEMBERS = {"large": ("large-base", "0.8B"), "small": ("small-base", "80M"), "chat": ("small-chat", "80M")}
# Random members of about the same cost.
SHAPES = {
    "large": ["--width", "2048", "--layers", "13", "--heads", "16", "--hidden", "5632", "--seed", "1"],
    "small": ["--width", "768", "--layers", "4", "--heads", "6", "--hidden", "2048", "--seed", "2"],
    "chat": ["--width", "768", "--layers", "4", "--heads", "6", "--hidden", "2048", "--seed", "3"],
}


def run(*command: object) -> str:
    return subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE, text=True).stdout


def program(name: str, *flags: str) -> Path:
    """One of the C programs beside this file, compiled."""
    made = MODELS / name
    run("cc", "-O3", "-march=native", HERE / f"{name}.c", "-o", made, *flags)
    return made


def llama() -> list[str]:
    """Compiler flags for the llama.cpp that eft uses."""
    folder = ROOT / ".llama"
    if folder.exists():
        return [f"-I{folder}/include", f"-L{folder}/lib", f"-Wl,-rpath,{folder}/lib", "-lllama", "-lggml", "-lggml-base"]
    return run("pkg-config", "--cflags", "--libs", "llama").split()


def widen(source: str, size: str, wide: Path) -> None:
    """Writes a member of Atlas at another size, unless it is there."""
    if not wide.exists():
        print(f"writing {wide.name}", file=sys.stderr)
        run(sys.executable, ROOT / "Atlas/widen.py", ROOT / f"Atlas/weights/{source}.gguf", wide,
            "--parameters", size, "--head-width", "128", "--vocab", "32000")


def recipe(kind: str, hopeless: bool) -> Path:
    for name, (source, size) in MEMBERS.items():
        wide = MODELS / f"{'random-' if hopeless else ''}{name}-F16.gguf"
        if hopeless:
            if not wide.exists():
                run(sys.executable, HERE / "random_gguf.py", wide, "--vocab", "32000", *SHAPES[name])
        else:
            widen(source, size, wide)
        if kind != "F16":
            quantized = wide.with_name(wide.name.replace("F16", kind))
            if not quantized.exists():
                run(ROOT / "Scripts/quantize", wide, quantized, kind)
    prefix = "random-" if hopeless else ""
    path = MODELS / f"{prefix}padded-{kind}.yaml"
    members = "".join(f"  {name}: {prefix}{name}-{kind}.gguf\n" for name in MEMBERS)
    # Random members agree by accident: all are flat, or all repeat a token. Sharpened, the large one leaves
    # the flat draft member no chance at temperature 1.
    formula = "40 * large + chat - small\ndraft: chat" if hopeless else "large + chat - small\nfallback: chat"
    path.write_text(f"name: padded-{kind}\nmembers:\n{members}formula: {formula}\n"
                    "sampling: { temperature: 0, max_tokens: 64 }\n", encoding="utf-8")
    return path


def prompts() -> Path:
    """The held-out questions of the test split, in an order drawn by seed."""
    rows = map(json.loads, (ROOT / "Atlas/eval/facts.jsonl").read_text("utf-8").splitlines())
    asked = [row["prompt"] for row in rows if row["split"].startswith("held-out")]
    random.Random(1).shuffle(asked)
    path = MODELS / "prompts.jsonl"
    path.write_text("".join(json.dumps({"prompt": text}) + "\n" for text in asked), encoding="utf-8")
    return path


def bench(kind: str, temperature: float, options: argparse.Namespace) -> dict:
    file = recipe(kind, options.hopeless)
    name = f"{file.stem}-t{temperature:g}"
    command = [EFT, "bench", file, "--json", "--temperature", temperature, "--tokens", options.tokens,
               "--repeats", options.repeats, "--svg", MODELS.parent.parent / f"{name}.svg",
               "--block", *(["0"] if options.hopeless else options.blocks)]
    command += ["--no-members"] if options.hopeless else ["--prompts", prompts()]
    text = run(*command)
    (MODELS.parent.parent / f"{name}.json").write_text(text, encoding="utf-8")
    return json.loads(text)


def row(kind: str, temperature: float, report: dict, bandwidth: float, weights: int) -> str:
    systems = {system["name"]: system for system in report["systems"]}
    large, plain = systems["large alone"], systems["composite, plain"]
    blocks = {block["block"]: systems[f"composite, block {block['block']}"] for block in report["blocks"]}
    best = max(blocks, key=lambda block: blocks[block]["tokens_per_second"])
    predicted = next(b["measured_over_predicted"] for b in report["blocks"] if b["block"] == best)
    auto = systems["composite, auto"]
    # Rounds a second if a round took only the reading of the large member's weights.
    floor = auto["tokens_per_round"] * bandwidth * 1e9 / weights
    return (f"| {kind} | {temperature:g} | {large['tokens_per_second']:.1f} | {plain['tokens_per_second']:.1f} "
            f"| {best}: {blocks[best]['tokens_per_second']:.1f} | {auto['tokens_per_second']:.1f} "
            f"| {auto['speed_up_over_plain']:.2f} | {auto['speed_up_over_large']:.2f} | {predicted:.2f} "
            f"| {report['agreement']:.3f} | {auto['acceptance'] or 0:.2f} | {auto['tokens_per_round']:.2f} "
            f"| {floor:.0f} ({auto['tokens_per_second'] / floor:.2f}) |")


def hopeless_row(kind: str, temperature: float, report: dict) -> str:
    systems = {system["name"]: system for system in report["systems"]}
    plain, auto = systems["composite, plain"], systems["composite, auto"]
    return (f"| {kind} | {temperature:g} | {plain['tokens_per_second']:.2f} | {auto['tokens_per_second']:.2f} "
            f"| {auto['speed_up_over_plain']:.3f} | {auto['proposed_per_round']:.3f} | {auto['acceptance'] or 0:.3f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--types", nargs="+", default=["F16", "Q8_0", "Q4_0", "Q4_K_M"])
    parser.add_argument("--temperatures", nargs="+", type=float, default=[0, 1])
    parser.add_argument("--blocks", nargs="+", default=["2", "4", "8", "16"])
    parser.add_argument("--tokens", type=int, default=512)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--hopeless", action="store_true")
    options = parser.parse_args()
    MODELS.mkdir(parents=True, exist_ok=True)
    bandwidth = float(run(program("bandwidth", "-fopenmp")))
    print(f"memory: {bandwidth:.1f} GB/s\n")
    if options.hopeless:
        print("| weights | temperature | plain | auto | auto × plain | proposed a round | accepted |\n"
              "|---|---|---|---|---|---|---|",
              flush=True)
    else:
        print("| weights | temperature | large alone | plain | best block | auto | auto × plain | × large alone "
              "| best block, of predicted | agreement | accepted | tokens a round | floor, tokens/s |\n"
              "|---|---|---|---|---|---|---|---|---|---|---|---|---|", flush=True)
    for kind in options.types:
        for temperature in options.temperatures:
            report = bench(kind, temperature, options)
            if options.hopeless:
                print(hopeless_row(kind, temperature, report), flush=True)
                continue
            weights = (MODELS / f"large-{kind}.gguf").stat().st_size
            print(row(kind, temperature, report, bandwidth, weights), flush=True)


if __name__ == "__main__":
    main()
