"""Plain EFT decoding by `eft` and by the transformers loop of proxy-tuning, in turn, on the same files.

Also the share of a plain round that `eft` spends outside libllama, for vocabularies of 32k and 128k.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
RESULTS = HERE / "results"
EFT = ROOT / ".build/release/eft"

# Three members of about 50 M parameters each, F16, for each vocabulary.
SHAPES = {
    "50 M × 3, vocabulary 32k": ["--vocab", "32000", "--layers", "5"],
    "50 M × 3, vocabulary 128k": [
        "--vocab", "128000", "--width", "320", "--heads", "5", "--layers", "8", "--hidden", "896", "--tied",
    ],
}
MEMBERS = {"large": ["--seed", "1"], "small": ["--seed", "2"], "chat": ["--seed", "2", "--drift", "0.3"]}


def members(name: str, shape: list[str]) -> dict[str, Path]:
    """The files of three random members; made once."""
    folder = RESULTS / "models" / name.replace(" ", "-").replace(",", "").replace("×", "x")
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for member, seed in MEMBERS.items():
        files[member] = folder / f"{member}.gguf"
        if not files[member].exists():
            print(f"writing {files[member].relative_to(ROOT)}", file=sys.stderr)
            temporary = files[member].with_suffix(".part")
            subprocess.run(
                [sys.executable, HERE / "random_gguf.py", temporary, *shape, *seed],
                check=True, stdout=subprocess.DEVNULL,
            )
            temporary.rename(files[member])
    return files


def eft(files: dict[str, Path], options: argparse.Namespace) -> dict:
    """One run of `eft bench`: every member alone, and the composite."""
    command = [EFT, "bench", "--formula", "large + chat - small", "--fallback", "chat", "--no-speculation", "--json",
               "--tokens", options.tokens, "--repeats", 1, "--temperature", 1, "--top-p", 0.95]
    for name, path in files.items():
        command += ["--member", f"{name}={path}"]
    return run(command)


def transformers(files: dict[str, Path], options: argparse.Namespace, dtype: str) -> dict:
    command = [sys.executable, HERE / "transformers_loop.py", "--new-tokens", options.tokens, "--repeat", 1,
               "--temperature", 1, "--top-p", 0.95, "--dtype", dtype]
    for name, path in files.items():
        command += [f"--{name}", path]
    return run(command)


def run(command: list) -> dict:
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--repeats", type=int, default=5, help="runs of each system, in turn")
    parser.add_argument("--dtypes", nargs="+", default=["float32", "bfloat16"], help="of the transformers loop")
    options = parser.parse_args()
    if not EFT.exists():
        raise SystemExit("build eft first: make build")

    families = {name: members(name, shape) for name, shape in SHAPES.items()}
    families["Atlas"] = {
        "large": ROOT / "Atlas/weights/large-base.gguf", "small": ROOT / "Atlas/weights/small-base.gguf",
        "chat": ROOT / "Atlas/weights/small-chat.gguf",
    }
    report: dict = {"tokens": options.tokens, "repeats": options.repeats, "families": {}}
    for name, files in families.items():
        speeds: dict[str, list[float]] = {}
        outside, milliseconds = [], []
        for repetition in range(options.repeats):
            print(f"{name}: run {repetition + 1} of {options.repeats}", file=sys.stderr)
            ours = eft(files, options)
            report["machine"], report["libllama"] = ours["machine"], ours["libllama"]
            for system in ours["systems"]:
                speeds.setdefault("eft, " + system["name"], []).append(system["tokens_per_second"])
                if system["name"] == "composite, plain":
                    outside.append(system["outside_share"])
                    milliseconds.append(system["outside_milliseconds_per_token"])
            for dtype in options.dtypes:
                peer = transformers(files, options, dtype)
                speeds.setdefault(f"transformers, {dtype}", []).append(peer["tokensPerSecond"])
                report["peer"] = {k: v for k, v in peer.items() if isinstance(v, (str, int))}
        medians = {system: statistics.median(values) for system, values in speeds.items()}
        peers = {dtype: medians[f"transformers, {dtype}"] for dtype in options.dtypes}
        ratios = {
            dtype: statistics.median(
                a / b for a, b in zip(speeds["eft, composite, plain"], speeds[f"transformers, {dtype}"]))
            for dtype in options.dtypes
        }
        report["families"][name] = {
            "tokens_per_second": medians, "runs": speeds, "eft_over_transformers": ratios,
            "fastest_peer": max(peers, key=peers.get), "outside_share": statistics.median(outside),
            "outside_milliseconds_per_token": statistics.median(milliseconds),
        }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "compare.json").write_text(json.dumps(report, indent=1) + "\n")
    show(report)


def show(report: dict) -> None:
    print(f"{report['machine']}; libllama {report['libllama']}")
    print(f"{report['tokens']} tokens, temperature 1, top-p .95; medians of {report['repeats']} runs in turn\n")
    for name, family in report["families"].items():
        print(name)
        for system, speed in family["tokens_per_second"].items():
            low, high = min(family["runs"][system]), max(family["runs"][system])
            print(f"  {system:24} {speed:8.1f} tokens/s   ({low:.1f} to {high:.1f})")
        for dtype, ratio in family["eft_over_transformers"].items():
            print(f"  eft / transformers {dtype:10} {ratio:8.2f}")
        print(f"  outside libllama         {family['outside_share']:8.1%}   "
              f"({family['outside_milliseconds_per_token']:.2f} ms a token)\n")


if __name__ == "__main__":
    main()
