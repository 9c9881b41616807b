#!/usr/bin/env python3
"""Measures `eft serve` under 1 to 16 streams: tokens/s, time to first token, inter-token latency.

    Benchmarks/serve.py RECIPE [--prompts FILE] [--streams 1,2,4,8,16] [--speculation off,8,on] [--repeats 3]

Starts a server of its own on loopback, and needs nothing beyond Python's standard library. Every
stream asks one question after another, as many as --requests says. With --prompts (JSONL, `prompt`)
replies end where they end; without, ends are ignored, so that all replies are equally long, and the
members may agree more than in answers to questions. Repeats are interleaved; the table has medians.
"""

import argparse
import contextlib
import http.client
import json
import os
import re
import statistics
import subprocess
import threading
import time
from pathlib import Path


@contextlib.contextmanager
def serving(eft, recipe, sequences, *flags):
    """A server of its own, stopped at the end: the name of its model, and its port."""
    process = subprocess.Popen(
        [eft, "serve", recipe, "--port", "0", "--sequences", str(sequences), *flags],
        stderr=subprocess.PIPE, text=True, env={**os.environ, "EFT_API_KEY": ""})
    said = []
    try:
        for line in process.stderr:
            said.append(line)
            if found := re.search(r"serving (.*) on http://127.0.0.1:(\d+)/", line):
                threading.Thread(target=process.stderr.read, daemon=True).start()
                yield found[1], int(found[2])
                return
        raise SystemExit(f"{eft} serve did not start:\n{''.join(said)}")
    finally:
        process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:  # it still waits for replies
            process.kill()
            process.wait()


def stream(port, body):
    """The times at which a reply's pieces arrived, in seconds from its request, and its tokens."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    start = time.perf_counter()
    connection.request("POST", "/v1/chat/completions", json.dumps(body))
    answer = connection.getresponse()
    if answer.status != 200:
        raise SystemExit(answer.read().decode())
    times = []
    last = b"{}"
    for line in answer:
        if line.startswith(b"data: {"):
            times.append(time.perf_counter() - start)
            last = line[6:]
    connection.close()
    last = json.loads(last)
    if "usage" not in last:
        raise SystemExit(last["error"]["message"])
    # Without the events for role, finish reason and usage.
    return times[1:-2], last["usage"]["completion_tokens"]


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else 0


def counters(port):
    """Generated, proposed and accepted tokens so far."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    names = ("generation_tokens_total", "spec_decode_num_draft_tokens_total", "spec_decode_num_accepted_tokens_total")
    return [float(re.search(rf"^eft_{name}{{.*}} (\S+)$", text, re.MULTILINE)[1]) for name in names]


def measure(port, model, streams, speculation, options, prompts, salt):
    """Tokens per second, times to first tokens, times between tokens, tokens proposed a round of a reply."""
    firsts, gaps, counts = [], [], []
    lock = threading.Lock()

    def run(lane):
        for index in range(options.requests):
            seed = 1000 * lane + index + 1_000_000 * salt
            text = prompts[seed % len(prompts)] if prompts else f"Tell me fact {index} of list {lane}."
            body = {
                "model": model, "stream": True, "ignore_eos": not prompts, "max_tokens": options.tokens,
                "temperature": 1, "top_p": 0.95, "seed": seed, "stream_options": {"include_usage": True},
                "messages": [{"role": "user", "content": text}],
                "eft": {"speculation": int(speculation) if speculation.isdigit() else speculation}}
            times, count = stream(port, body)
            with lock:
                firsts.extend(times[:1])
                gaps.extend(b - a for a, b in zip(times, times[1:]))
                counts.append(count)

    before = counters(port)
    threads = [threading.Thread(target=run, args=(lane,)) for lane in range(streams)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - start
    made, proposed, kept = (b - a for a, b in zip(before, counters(port)))
    return sum(counts) / took, firsts, gaps, proposed / (made - kept)


def row(runs, width, mode, first):
    """What the table says of one width and mode; `runs` holds every run by width and mode."""
    measured = runs[width, mode]
    speeds = [run[0] for run in measured]
    firsts = [first for run in measured for first in run[1]]
    gaps = [gap for run in measured for gap in run[2]]
    median = {key: statistics.median(run[0] for run in kept) for key, kept in runs.items() if kept}
    one, off = median.get((first, mode)), median.get((width, "off"))
    return {
        "streams": width, "speculation": mode, "tokens_per_second": median[width, mode], "tokens_per_second_runs": speeds,
        "over_first_width": median[width, mode] / one if one else None, "over_off": median[width, mode] / off if off else None,
        "proposed_per_round": statistics.median(run[3] for run in measured),
        "first_token_ms": [1e3 * percentile(firsts, share) for share in (.5, .9)],
        "between_tokens_ms": [1e3 * percentile(gaps, share) for share in (.5, .9, .99)]}


def rows(runs, widths, modes):
    return [row(runs, width, mode, widths[0]) for width in widths for mode in modes if runs[width, mode]]


def table(rows):
    """Markdown."""
    yield ("| streams | speculation | tokens/s, medians (lowest to highest) | × one stream | × off | proposed a round "
           "| first token p50, p90 (ms) | between tokens p50, p90, p99 (ms) |")
    yield "|---|---|---|---|---|---|---|---|"
    for row in rows:
        speeds = row["tokens_per_second_runs"]
        ratios = ("" if ratio is None else f"{ratio:.2f}" for ratio in (row["over_first_width"], row["over_off"]))
        yield (f"| {row['streams']} | {row['speculation']} | {row['tokens_per_second']:.1f} ({min(speeds):.1f}–{max(speeds):.1f}) "
               f"| {' | '.join(ratios)} | {row['proposed_per_round']:.1f} "
               f"| {', '.join(f'{time:.0f}' for time in row['first_token_ms'])} "
               f"| {', '.join(f'{time:.1f}' for time in row['between_tokens_ms'])} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe")
    parser.add_argument("--prompts", type=Path, help="JSONL with a `prompt` in each line")
    parser.add_argument("--eft", default=".build/release/eft")
    parser.add_argument("--streams", default="1,2,4,8,16")
    parser.add_argument("--tokens", type=int, default=64, help="of a reply, at most")
    parser.add_argument("--requests", type=int, default=3, help="of each stream")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--speculation", default="off,on", help="off, on, or the tokens of a block")
    parser.add_argument("--json", type=Path, help="also write the rows here, anew after each measurement")
    options = parser.parse_args()
    prompts = [json.loads(line)["prompt"] for line in options.prompts.read_text().splitlines()] if options.prompts else []
    widths = [int(width) for width in options.streams.split(",")]
    modes = options.speculation.split(",")
    runs = {(width, mode): [] for width in widths for mode in modes}
    with serving(options.eft, options.recipe, max(widths)) as (model, port):
        measure(port, model, 1, "off", argparse.Namespace(requests=1, tokens=8), prompts, 0)  # warms up
        for salt in range(options.repeats):
            for (width, mode), measured in runs.items():
                measured.append(measure(port, model, width, mode, options, prompts, salt))
                if options.json:
                    options.json.write_text(json.dumps(rows(runs, widths, modes), indent=1), encoding="utf-8")
    print(*table(rows(runs, widths, modes)), sep="\n")


if __name__ == "__main__":
    main()
