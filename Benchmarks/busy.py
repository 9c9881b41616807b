#!/usr/bin/env python3
"""Measures what another process on a core costs, by the number of threads: idle and busy, interleaved.

    Benchmarks/busy.py RECIPE… [--threads 1,auto,2] [--streams 8] [--repeats 5] [--tokens 64] [--settle 3] [--idle]

Starts one server for each number of threads, all at once, and asks them in turn: all streams together, while the machine
is idle, and then while one process keeps one core busy. After each change a server gets unmeasured batches for --settle
seconds, so that `auto` can follow; the table says what the batch after them gave. With --idle the machine stays idle.
Needs nothing beyond Python's standard library. Nothing else should run.
"""

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import serve


def batch(port, model, streams, tokens, seed):
    """Tokens a second of all streams together."""
    counts = [0] * streams

    def ask(index):
        body = {
            "model": model, "messages": [{"role": "user", "content": f"Question {seed} {index}: what is water?"}],
            "max_tokens": tokens, "ignore_eos": True, "stream": True, "stream_options": {"include_usage": True},
            "seed": seed * 100 + index, "temperature": 1}
        counts[index] = serve.stream(port, body)[1]

    workers = [threading.Thread(target=ask, args=(index,)) for index in range(streams)]
    start = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(counts) / (time.perf_counter() - start)


def settle(port, model, options, seed):
    """Batches that are not measured."""
    start = time.perf_counter()
    while True:
        batch(port, model, options.streams, options.tokens, seed)
        if time.perf_counter() - start >= options.settle:
            return


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipes", nargs="+")
    parser.add_argument("--threads", default=f"1,auto,{os.cpu_count()}")
    parser.add_argument("--streams", type=int, default=8)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--settle", type=float, default=3, help="seconds of unmeasured batches after each change")
    parser.add_argument("--idle", action="store_true", help="never keep a core busy")
    parser.add_argument("--eft", default=Path(__file__).parent.parent / ".build/release/eft")
    options = parser.parse_args()
    threads = options.threads.split(",")
    phases = (False,) if options.idle else (False, True)
    for recipe in options.recipes:
        speeds = {(count, busy): [] for count in threads for busy in phases}
        with contextlib.ExitStack() as stack:
            servers = {count: stack.enter_context(
                serve.serving(options.eft, recipe, options.streams, "--threads", count)) for count in threads}
            for repeat in range(options.repeats):
                for busy in phases:
                    load = subprocess.Popen([sys.executable, "-c", "while True: pass"]) if busy else None
                    try:
                        for count, (model, port) in servers.items():
                            settle(port, model, options, 1000 + repeat)
                            speeds[count, busy].append(batch(port, model, options.streams, options.tokens, repeat))
                    finally:
                        if load:
                            load.kill()
                            load.wait()
        median = {key: statistics.median(values) for key, values in speeds.items()}
        fixed = [count for count in threads if count != "auto"]
        best = max(median[count, False] for count in fixed)
        print(f"{Path(recipe).name}, {options.streams} streams, tokens/s (lowest to highest)\n\n"
              "| threads | idle | × best fixed number | busy | × one thread |\n|---|---|---|---|---|")
        for count in threads:
            idle, busy = ((f"{median[key]:.0f} ({min(speeds[key]):.0f} to {max(speeds[key]):.0f})" if key in median else "")
                          for key in ((count, False), (count, True)))
            one = f"{median[count, True] / median['1', True]:.2f}" if ("1", True) in median else ""
            print(f"| {count} | {idle} | {median[count, False] / best:.2f} | {busy} | {one} |")
        print(flush=True)


if __name__ == "__main__":
    main()
