"""Writes the members of each size, measures them, and reports; `run` calls it with the libraries in place.

What has been measured is written after each step, so that a run that is stopped keeps it.
"""

from __future__ import annotations

import argparse
import datetime
import json
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import machine
import report as reports
import serve
from families import FAMILIES, Family
from steps import Clock, StepFailed, run

# Seconds that one step may take.
WRITING, BENCHING, STREAMING, ASKING = 150, 150, 120, 60
STREAMS = (1, 2, 4, 8, 16, 32)
# Beside weights and caches: buffers, and what CUDA takes for itself.
BUFFERS_ON_GPU, BUFFERS_ON_CPU = 3e9, .5e9


class Run:
    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.clock = Clock(60 * options.minutes)
        self.log = options.out / "measure.log"
        self.report = {
            "date": datetime.date.today().isoformat(), "eft": "", "devices": [], "driver": machine.driver(),
            "families": {}, "failures": [], "steps": []}

    def timed(self, name: str, work: Callable[[], object]) -> object:
        """Does it, notes how long it took, and writes the report."""
        print(f"run: {name}", flush=True)
        start = time.monotonic()
        try:
            return work()
        finally:
            self.report["steps"].append({"name": name, "seconds": time.monotonic() - start})
            reports.write(self.report, self.options.out)

    def command(self, what: str, limit: float, *command: object) -> str:
        return run(what, list(command), limit, self.clock, self.log)

    def look(self) -> None:
        """What is here; without a GPU, nothing is measured that is meant for one."""
        self.report["eft"] = self.command("eft --version", ASKING, self.options.eft, "--version").strip()
        here = Path(machine.__file__)
        found = json.loads(self.command("the devices", ASKING, sys.executable, here, self.options.ggml))
        self.report["devices"] = found
        if not self.options.cpu and not any(device["gpu"] for device in found):
            raise StepFailed(
                f"llama.cpp sees no GPU, only {', '.join(device['name'] for device in found)}. If nvidia-smi shows one, look "
                f"into {self.log.name}; `./run --cpu` measures without.")

    def room(self, family: Family) -> None:
        """Fails if the family does not fit into memory or onto the disk."""
        weights = family.weight_bytes
        beside = family.cache_bytes(max(STREAMS)) + (BUFFERS_ON_CPU if self.options.cpu else BUFFERS_ON_GPU)
        gpus = [device["free_bytes"] for device in self.report["devices"] if device["gpu"]]
        free = sum(gpus) if gpus and not self.options.cpu else machine.available_memory()
        if weights + beside > free:
            raise StepFailed(f"its {reports.gigabytes(weights)} of weights and {reports.gigabytes(beside)} for caches and buffers do not fit "
                             f"into the {reports.gigabytes(free)} of memory that are free. Leave it out with --sizes.")
        missing = sum(member.bytes for member in set(family.members.values())
                      if not (self.options.members / member.name).exists())
        disk = machine.free_disk(self.options.members)
        if missing * 1.02 > disk:
            raise StepFailed(
                f"{self.options.members} has {reports.gigabytes(disk)} free, and the members take {reports.gigabytes(missing)}. "
                "Name another folder with --members (/dev/shm/members is in memory), or leave the size out with --sizes.")

    def write_members(self, family: Family) -> None:
        for member in family.members.values():
            path = self.options.members / member.name
            if path.exists():
                continue
            part = path.with_suffix(".part")
            try:
                self.command(f"writing {member.name}", WRITING, *member.writing(part))
                part.rename(path)
            finally:
                part.unlink(missing_ok=True)

    def bench(self, recipe: Path) -> dict:
        tiny = self.options.cpu
        return json.loads(self.command(
            f"eft bench {recipe.stem}", BENCHING, self.options.eft, "bench", recipe, "--json", "--temperature", 1,
            "--top-p", .95, "--tokens", 32 if tiny else 128, "--repeats", 2 if tiny else 3, "--block", 2, 4, 8))

    def streams(self, recipe: Path, result: dict) -> None:
        """Fills `result` with what was measured, also if not all of it was."""
        rows = self.options.out / "streams.json"
        rows.unlink(missing_ok=True)
        tiny = self.options.cpu
        try:
            self.command(
                f"streams of {recipe.stem}", STREAMING, sys.executable, serve.__file__, recipe, "--eft", self.options.eft,
                "--streams", ",".join(map(str, STREAMS)), "--tokens", 16 if tiny else 96, "--requests", 1 if tiny else 2,
                "--repeats", 1, "--json", rows)
        finally:
            if rows.exists():
                result["streams"] = json.loads(rows.read_text("utf-8"))
                rows.unlink()

    def measure(self, name: str, family: Family) -> None:
        result = self.report["families"][name] = {"note": family.note, "bytes": family.weight_bytes}
        self.room(family)
        self.timed(f"{name}: writing members", lambda: self.write_members(family))
        recipe = family.recipe(self.options.members, name)
        try:
            result["bench"] = self.timed(f"{name}: eft bench", lambda: self.bench(recipe))
        except StepFailed as failure:
            self.fail(name, failure)
        self.timed(f"{name}: streams", lambda: self.streams(recipe, result))

    def fail(self, what: str, failure: StepFailed) -> None:
        print(f"run: {what}: {failure}", file=sys.stderr, flush=True)
        self.report["failures"].append(f"{what}: {failure}")

    def all(self) -> bool:
        self.options.out.mkdir(parents=True, exist_ok=True)
        self.options.members.mkdir(parents=True, exist_ok=True)
        self.log.unlink(missing_ok=True)
        try:
            self.timed("looking at the machine", self.look)
            for name in self.options.sizes:
                family = FAMILIES[name]
                try:
                    self.measure(name, family)
                except StepFailed as failure:
                    self.fail(name, failure)
                if not self.options.keep:
                    (self.options.members / family.large.name).unlink(missing_ok=True)
        except StepFailed as failure:
            self.fail("this machine", failure)
        finally:
            reports.write(self.report, self.options.out)
        return not self.report["failures"]


def sizes(text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in FAMILIES:
            raise argparse.ArgumentTypeError(f"there is no size {name}; there are {', '.join(FAMILIES)}")
    return names


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--eft", type=Path, required=True, help="the program")
    parser.add_argument("--ggml", type=Path, required=True, help="the libggml that it loads")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--members", type=Path, required=True)
    parser.add_argument("--sizes", type=sizes, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--cpu", action="store_true")
    parser.add_argument("--keep", action="store_true", help="keep large members after they are measured")
    options = parser.parse_args()
    # Stopped from outside, it ends what it has started, and the report is written.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    done = Run(options).all()
    print(f"run: {'everything is' if done else 'what was measured is'} in {options.out}/report.md", flush=True)
    sys.exit(0 if done else 1)


if __name__ == "__main__":
    main()
