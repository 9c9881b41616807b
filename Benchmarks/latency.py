#!/usr/bin/env python3
"""Measures a composite whose large member is on another server, with latency added between the two.

    python3 Benchmarks/latency.py [--delays 0,1,10,50] [--tokens 96] [--repeats 3] [--vllm]

The far end is an `eft serve` of Atlas's large base on this machine, or with --vllm a vLLM
(.venv-vllm, see Tests/vllm/install; run this file with its Python). Benchmarks/http_proxy.py adds the
latency. Prints a table, and writes Benchmarks/results/latency.json (--json FILE).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import serve

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests/vllm"))
from vllm_server import VLLM, Proxy  # noqa: E402

WEIGHTS = ROOT / "Atlas/weights"


def large_base(folder: str) -> Path:
    """A recipe of the far end."""
    path = Path(folder) / "large-base.yaml"
    path.write_text(f"members: {{ large: {WEIGHTS}/large-base.gguf }}\nformula: large\n")
    return path


def bench(eft: str, engine: str, url: str, folder: str, options: argparse.Namespace) -> dict:
    recipe = Path(folder) / "latency.yaml"
    recipe.write_text(f"""
members:
  large: {{ engine: {engine}, url: "{url}", model: large-base }}
  small: {WEIGHTS}/small-base.gguf
  chat: {WEIGHTS}/small-chat.gguf
formula: large + chat - small
fallback: chat
mask: {{ nucleus: 0.95 }}
context: 400
""")
    command = [eft, "bench", recipe, "--prompts", ROOT / "Atlas/demo.jsonl", "--no-members", "--json",
               "--tokens", options.tokens, "--repeats", options.repeats, "--temperature", 1, "--block", 4, 8]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--delays", default="0,1,10,50")
    parser.add_argument("--tokens", type=int, default=96)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--vllm", action="store_true")
    parser.add_argument("--json", type=Path, default=ROOT / "Benchmarks/results/latency.json")
    options = parser.parse_args()
    eft = os.environ.get("EFT", str(ROOT / ".build/release/eft"))
    engine = "vllm" if options.vllm else "eft"
    results = {}
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        if options.vllm:
            far = stack.enter_context(VLLM("Atlas/weights/large-base.gguf", folder, "large-base")).url
        else:
            _, port = stack.enter_context(serve.serving(eft, large_base(folder), 8))
            far = f"http://127.0.0.1:{port}"
        for delay in options.delays.split(","):
            with Proxy(far, delay_ms=float(delay)) as proxy:
                results[delay] = bench(eft, engine, proxy.url, folder, options)
    names = [system["name"] for system in next(iter(results.values()))["systems"]]
    print(f"| latency, ms | {' | '.join(names)} | auto: proposed, kept a round | sent, received a token |")
    print("|---" * (len(names) + 3) + "|")
    for delay, result in results.items():
        systems = {system["name"]: system for system in result["systems"]}
        auto = systems["composite, auto"]
        print(f"| {delay} | " + " | ".join(f"{systems[name]['tokens_per_second']:.1f}" for name in names)
              + f" | {auto['proposed_per_round']:.1f}, {auto['tokens_per_round'] - 1:.1f}"
              + f" | {auto['sent_bytes_per_token']:.0f} B, {auto['received_bytes_per_token']:.0f} B |")
    options.json.parent.mkdir(exist_ok=True)
    options.json.write_text(json.dumps({"engine": engine, "by_delay_ms": results}, indent=1))


if __name__ == "__main__":
    main()
