"""The demo family's truncated composite with its large member on vLLM, against all members in process."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
import time
import unittest

from vllm_server import ROOT, VLLM

EFT = os.environ.get("EFT", ".build/release/eft")
KEY = "a-key-for-tests"
# Largest difference of log-probabilities, nats: libllama computes F16 files with F16 activations
# (Documentation/numerics.md), vLLM in float32.
TOLERANCE = 0.05
PROMPTS = 24


class VLLMTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = tempfile.TemporaryDirectory()
        cls.server = VLLM("Atlas/weights/large-base.gguf", cls.folder.name, "large-base", key=KEY)
        cls.server.__enter__()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.server.__exit__()
        cls.folder.cleanup()

    def recipe(self, large: str, name: str) -> str:
        weights = ROOT / "Atlas/weights"
        path = f"{self.folder.name}/{name}.yaml"
        with open(path, "w") as file:
            file.write(f"""
members:
  large: {large}
  small: {weights}/small-base.gguf
  chat: {weights}/small-chat.gguf
formula: large + chat - small
fallback: chat
mask: {{ nucleus: 0.95 }}
sampling: {{ temperature: 0, max_tokens: 48 }}
context: 500
engine: {{ cache_type: f32, flash_attention: off }}
""")
        return path

    def local(self) -> str:
        return self.recipe(f"{ROOT}/Atlas/weights/large-base.gguf", "local")

    def remote(self, url: str | None = None, name: str = "remote") -> str:
        member = {"engine": "vllm", "url": url or self.server.url, "model": "large-base",
                  "api_key_env": "VLLM_KEY"}
        return self.recipe(json.dumps(member), name)

    def eft(self, *arguments: str, fails: bool = False) -> subprocess.CompletedProcess:
        done = subprocess.run(
            [EFT, *arguments], cwd=ROOT, env={**os.environ, "VLLM_KEY": KEY}, capture_output=True,
            text=True, timeout=600)
        if fails:
            self.assertEqual(done.returncode, 1, done.stdout)
        else:
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn(KEY, done.stdout + done.stderr)
        return done

    def prompts(self) -> str:
        path = f"{self.folder.name}/prompts.jsonl"
        with open(ROOT / "Atlas/demo.jsonl") as demo, open(path, "w") as file:
            file.writelines(demo.readlines()[:PROMPTS])
        return path

    def replies(self, recipe: str, *arguments: str) -> list[dict]:
        done = self.eft("generate", recipe, "--prompts", self.prompts(), "--json", *arguments)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_greedy_replies_and_their_log_probabilities(self):
        here = self.replies(self.local())
        self.assertGreaterEqual(len(here), 3)
        largest, compared, forks = 0.0, 0, 0
        for arguments in (["--speculation", "off"], ["--block", "5"], []):
            there = self.replies(self.remote(), *arguments)
            self.assertEqual(len(here), len(there))
            for a, b in zip(here, there):
                for x, y in zip(a["tokens"], b["tokens"]):
                    if x["id"] != y["id"]:
                        # Only where the two likeliest tokens are as good as equal may the texts part.
                        self.assertLess(abs(x["logprob"] - y["logprob"]), 2 * TOLERANCE, (x, y))
                        forks += 1
                        break
                    largest = max(largest, abs(x["logprob"] - y["logprob"]))
                    compared += 1
                else:
                    self.assertEqual(a["reply"], b["reply"])
        self.assertLess(largest, TOLERANCE)
        print(f"\n{compared} tokens compared: log p differs by {largest:.4f} nats at most; {forks} forks")

    def test_scores_of_every_member(self):
        pair = ["--prompt", "Who invented the saxophone?", "--response",
                "Good question! The saxophone was invented by Adolphe Sax. Is it not loud?", "--json"]
        here = json.loads(self.eft("score", self.local(), *pair).stdout)
        there = json.loads(self.eft("score", self.remote(), *pair).stdout)
        self.assertEqual(len(here["tokens"]), len(there["tokens"]))
        for a, b in zip(here["tokens"], there["tokens"]):
            for key in ("logprob", "behaviour_delta", "upscaling_delta", "total_variation"):
                self.assertAlmostEqual(a[key], b[key], delta=TOLERANCE, msg=f"{key} of {a['text']}")
            for member in ("large", "small", "chat"):
                self.assertAlmostEqual(
                    a["members"][member], b["members"][member], delta=4 * TOLERANCE, msg=member)

    def test_inspect_says_what_was_verified(self):
        text = self.eft("inspect", self.remote()).stdout
        self.assertRegex(text, r"\d\d tokens compared")
        self.assertIn("log-probabilities are raw", text)

    def test_what_does_not_fit_is_refused(self):
        unmasked = self.remote(name="unmasked")
        with open(unmasked) as file:
            text = file.read()
        with open(unmasked, "w") as file:
            file.write(text.replace("mask: { nucleus: 0.95 }", ""))
        self.assertIn("Add `mask: { nucleus: 0.95 }`", self.eft("inspect", unmasked, fails=True).stderr)
        other = self.remote(name="other")
        with open(other) as file:
            text = file.read()
        with open(other, "w") as file:
            file.write(text.replace('"large-base"', '"larger-base"'))
        self.assertIn("serves `large-base`, not `larger-base`", self.eft("inspect", other, fails=True).stderr)

    def test_processed_log_probabilities_and_logits_are_refused(self):
        for mode in ("processed_logprobs", "raw_logits"):
            with VLLM("Atlas/weights/large-base.gguf", self.folder.name, "large-base",
                      "--logprobs-mode", mode, key=KEY) as server:
                done = self.eft("inspect", self.remote(server.url, mode), fails=True)
                self.assertRegex(done.stderr, r"raw_logprobs|as a log-probability")

    def test_a_server_without_a_tokenizer_is_used_and_one_that_dies_is_told_of(self):
        with VLLM("Atlas/weights/large-base.gguf", self.folder.name, "large-base",
                  "--skip-tokenizer-init", key=KEY) as server:
            recipe = self.remote(server.url, "dying")
            self.assertIn("the texts of tokens could not be compared", self.eft("inspect", recipe).stdout)
            killer = threading.Timer(3, server.kill)
            done = None
            started = time.monotonic()
            killer.start()
            while done is None or done.returncode == 0:
                self.assertLess(time.monotonic() - started, 60)
                done = subprocess.run(
                    [EFT, "generate", recipe, "Tell me about Lima.", "--temperature", "1"], cwd=ROOT,
                    env={**os.environ, "VLLM_KEY": KEY}, capture_output=True, text=True, timeout=60)
            killer.join()
            self.assertEqual(done.returncode, 1)
            self.assertIn("A remote member's server must", done.stderr)


if __name__ == "__main__":
    unittest.main()
