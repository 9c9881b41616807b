#!/usr/bin/env python3
"""Measures `eft serve` under 1 to 16 streams: tokens/s, time to first token, inter-token latency.

    Benchmarks/serve.py RECIPE [--streams 1,2,4,8,16] [--tokens 64] [--speculation off,4]

Starts a server of its own on loopback, and needs nothing beyond Python's standard library. Every
stream asks one question after another, as many as --requests says, and ignores the ends of replies,
so that all are equally long.
"""

import argparse
import http.client
import json
import os
import re
import signal
import subprocess
import threading
import time


def serve(eft, recipe, sequences):
    process = subprocess.Popen(
        [eft, "serve", recipe, "--port", "0", "--sequences", str(sequences)],
        stderr=subprocess.PIPE, text=True, env={**os.environ, "EFT_API_KEY": ""})
    for line in process.stderr:
        if found := re.search(r"serving (.*) on http://127.0.0.1:(\d+)/", line):
            threading.Thread(target=process.stderr.read, daemon=True).start()
            return process, found[1], int(found[2])
    raise SystemExit(f"{eft} serve did not start")


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


def measure(port, model, streams, requests, tokens, speculation):
    firsts, gaps, counts = [], [], []
    lock = threading.Lock()

    def run(lane):
        for index in range(requests):
            body = {
                "model": model, "stream": True, "ignore_eos": True, "max_tokens": tokens,
                "temperature": 1, "top_p": 0.95, "seed": 1000 * lane + index,
                "stream_options": {"include_usage": True},
                "messages": [{"role": "user", "content": f"Tell me fact {index} of list {lane}."}],
                "eft": {"speculation": int(speculation) if speculation.isdigit() else speculation}}
            times, count = stream(port, body)
            with lock:
                firsts.append(times[0])
                gaps.extend(b - a for a, b in zip(times, times[1:]))
                counts.append(count)

    threads = [threading.Thread(target=run, args=(lane,)) for lane in range(streams)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - start), firsts, gaps


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe")
    parser.add_argument("--eft", default=".build/release/eft")
    parser.add_argument("--streams", default="1,2,4,8,16")
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--requests", type=int, default=3, help="of each stream")
    parser.add_argument("--speculation", default="off,on", help="off, on, or the tokens of a block")
    options = parser.parse_args()
    widths = [int(width) for width in options.streams.split(",")]
    process, model, port = serve(options.eft, options.recipe, max(widths))
    try:
        measure(port, model, 1, 1, 8, "off")  # warms up
        print("| streams | speculation | tokens/s | × one stream | first token p50, p90 (ms) "
              "| between tokens p50, p90, p99 (ms) |\n|---|---|---|---|---|---|")
        for speculation in options.speculation.split(","):
            one = None
            for width in widths:
                speed, firsts, gaps = measure(
                    port, model, width, options.requests, options.tokens, speculation)
                one = one or speed
                print(f"| {width} | {speculation} | {speed:.1f} | {speed / one:.2f} "
                      f"| {1e3 * percentile(firsts, .5):.0f}, {1e3 * percentile(firsts, .9):.0f} "
                      f"| {1e3 * percentile(gaps, .5):.1f}, {1e3 * percentile(gaps, .9):.1f}, "
                      f"{1e3 * percentile(gaps, .99):.1f} |", flush=True)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


if __name__ == "__main__":
    main()
