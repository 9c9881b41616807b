"""Scripts of Benchmarks in their smallest form, on the demo family: each must end with the table that it promises.

These are those that need Python alone. What they measure here says nothing: that needs a quiet machine, and longer runs.
"""

import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EFT = os.environ.get("EFT", ROOT / ".build/release/eft")
RECIPE = ROOT / "Recipes/atlas.yaml"
PROMPTS = ROOT / "Atlas/demo.jsonl"


def output(script, *arguments):
    command = [sys.executable, ROOT / "Benchmarks" / script, *arguments]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300,
                          env={**os.environ, "EFT": str(EFT)})
    if done.returncode:
        raise AssertionError(f"{script}: {done.stderr}")
    return done.stdout


def rows(text):
    """The cells of a Markdown table, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def number(cell):
    return float(re.match(r"[\d.]+", cell)[0])


class Scripts(unittest.TestCase):
    def test_streams_have_speeds_and_waits(self):
        table = rows(output("serve.py", RECIPE, "--eft", EFT, "--prompts", PROMPTS, "--streams", "1,2", "--tokens", 12,
                            "--requests", 1, "--repeats", 1))
        self.assertEqual([row[:2] for row in table], [["1", "off"], ["1", "on"], ["2", "off"], ["2", "on"]])
        for row in table:
            self.assertGreater(number(row[2]), 0)
            self.assertGreater(number(row[6]), 0)

    def test_busy_cores_are_compared_with_idle_ones(self):
        table = rows(output("busy.py", RECIPE, "--eft", EFT, "--threads", "1,auto", "--streams", 2, "--repeats", 1,
                            "--tokens", 8, "--settle", 0))
        self.assertEqual([row[0] for row in table], ["1", "auto"])
        for row in table:
            self.assertGreater(number(row[1]), 0)
            self.assertGreater(number(row[3]), 0)

    def test_a_reply_that_nobody_waits_for_is_gone(self):
        text = output("abandon.py", RECIPE, "--eft", EFT, "--repeats", 2, "--words", 60)
        self.assertRegex(text, r"a pass over 60 words: \d+ ms; .* the reply was gone in \d+ ms \(median of 2;")

    def test_look_ups_are_compared_with_the_member_alone(self):
        text = output("copying.py", RECIPE, "--eft", EFT, "--prompts", PROMPTS, "--count", 3, "--repeats", 1, "--tokens", 24)
        self.assertEqual([row[0] for row in rows(text)], ["member", "all"])
        self.assertRegex(text, r"all × member: median of pairs \d+\.\d\d")

    def test_forms_are_compared_with_none(self):
        table = rows(output("forms.py", RECIPE, "--eft", EFT, "--tokens", 16, "--repeats", 1))
        self.assertEqual([row[0] for row in table], ["free", "regex", "schema"])
        for row in table:
            self.assertGreater(number(row[3]), 0)

    def test_plain_and_speculative_replies_are_compared(self):
        text = output("forks.py", "--count", 4)
        self.assertEqual(len(re.findall(r"block (\d|auto): \d of 4 replies differ", text)), 5)

    def test_a_member_on_another_server_has_a_latency(self):
        with tempfile.TemporaryDirectory() as folder:
            table = rows(output("latency.py", "--delays", "0,1", "--tokens", 8, "--repeats", 1,
                                "--json", Path(folder) / "latency.json"))
        self.assertEqual([row[0] for row in table], ["0", "1"])
        for row in table:
            self.assertGreater(number(row[1]), 0)


if __name__ == "__main__":
    unittest.main()
