#!/usr/bin/env python3
"""Measures how long a member's pass goes on after its client has left: `Benchmarks/abandon.py RECIPE [--repeats 10]`.

Asks for a reply to a long prompt, hangs up in the middle of the pass over it, and watches the server's count of running
replies. Prints the milliseconds until the reply is gone, and those of a whole pass. Needs nothing beyond Python's standard
library. Nothing else should run.
"""

import argparse
import http.client
import json
import random
import re
import statistics
import time
import urllib.request
from pathlib import Path

import serve

WORDS = "a river runs past the old mill and the people of the town walk along it in the evening".split()


def post(port, model, words, tokens):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    body = {"model": model, "prompt": " ".join(random.choice(WORDS) for _ in range(words)), "max_tokens": tokens,
            "ignore_eos": True}
    connection.request("POST", "/v1/completions", json.dumps(body), {"Content-Type": "application/json"})
    return connection


def running(port):
    """Whether a reply is being generated."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        text = answer.read().decode()
    return float(re.search(r"^eft_num_requests_running{.*} (\S+)$", text, re.MULTILINE)[1]) > 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe")
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--words", type=int, default=450)
    parser.add_argument("--eft", default=Path(__file__).parent.parent / ".build/release/eft")
    options = parser.parse_args()
    random.seed(1)
    with serve.serving(options.eft, options.recipe, 4) as (model, port):
        began = time.perf_counter()
        post(port, model, options.words, 1).getresponse().read()
        whole = time.perf_counter() - began
        gone = []
        for _ in range(options.repeats):
            connection = post(port, model, options.words, 1)
            time.sleep(random.uniform(0.2, 0.8) * whole)
            left = time.perf_counter()
            connection.close()
            while running(port):
                time.sleep(0.001)
            gone.append(1000 * (time.perf_counter() - left))
        print(f"a pass over {options.words} words: {1000 * whole:.0f} ms; after hanging up in it, the reply was gone in "
              f"{statistics.median(gone):.0f} ms (median of {options.repeats}; {min(gone):.0f} to {max(gone):.0f})")


if __name__ == "__main__":
    main()
