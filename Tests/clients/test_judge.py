"""`eft study` with a judge behind a real `eft serve`. The demo family judges nonsense: that must be
recorded as failures and counted, never as scores."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from serving import EFT, KEY, Serving

ROOT = pathlib.Path(__file__).resolve().parents[2]
QUESTIONS = ["Who invented the saxophone?", "What is the capital of Peru?"]


class Judge(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.serving = Serving("Recipes/atlas.yaml")

    @classmethod
    def tearDownClass(cls):
        assert cls.serving.stop() == 0

    def study(self, folder, key, **judge):
        prompts = pathlib.Path(folder, "prompts.jsonl")
        prompts.write_text("".join(json.dumps({"prompt": text}) + "\n" for text in QUESTIONS))
        # Questions of a line each: ours are longer than the context of the demo family.
        for name in ("helpfulness", "factual-errors", "harmfulness"):
            pathlib.Path(folder, f"judge-{name}.txt").write_text(f"Judge the {name} of: {{reply}}\n")
        path = pathlib.Path(folder, "study.yaml")
        path.write_text(json.dumps({
            "name": "judged by the demo family",
            "prompts": {"questions": {"file": str(prompts)}},
            "systems": {"up-scaled": {"recipe": str(ROOT / "Recipes/atlas.yaml")}},
            "judges": {"judge": {
                "kind": "endpoint", "url": self.serving.url + "/v1", "model": "atlas", "key": "JUDGE_KEY",
                "prompts": folder, "attempts": 2, "backoff": 0.01, "timeout": 30, "max_tokens": 64, **judge}},
            "metrics": {"helpfulness": {"judge": "judge", "score": "helpfulness", "prompts": "questions"}},
        }))
        return subprocess.run(
            [EFT, "study", str(path)], capture_output=True, text=True, timeout=120,
            env={**os.environ, "JUDGE_KEY": key})

    def test_answers_without_a_verdict_are_failures(self):
        with tempfile.TemporaryDirectory() as folder:
            before = self.serving.metrics()
            done = self.study(folder, KEY, price={"prompt": 1, "completion": 1})
            self.assertEqual(done.returncode, 0, done.stderr)
            lines = pathlib.Path(folder, "study/verdicts.jsonl").read_text().splitlines()
            verdicts = [json.loads(line) for line in lines]
            self.assertEqual(len(verdicts), len(QUESTIONS))
            for verdict in verdicts:
                self.assertIn("none of 2 answers had the required form", verdict["failure"])
                self.assertNotIn("value", verdict)
                self.assertGreater(verdict["completion_tokens"], 0)
            self.assertIn("failed: 2", done.stdout)
            results = json.loads(pathlib.Path(folder, "study/results.json").read_text())
            self.assertEqual(sum(failure["count"] for failure in results["failures"]), len(QUESTIONS))
            # The server counts the tokens that the study pays for.
            name = 'eft_generation_tokens_total{model_name="atlas"}'
            paid = sum(verdict["completion_tokens"] for verdict in verdicts)
            self.assertEqual(self.serving.metrics()[name] - before[name], paid)
            # A second run asks for nothing again.
            self.assertEqual(self.study(folder, KEY, price={"prompt": 1, "completion": 1}).returncode, 0)
            self.assertEqual(self.serving.metrics()[name] - before[name], paid)

    def test_what_the_server_says_about_a_refusal_is_told(self):
        with tempfile.TemporaryDirectory() as folder:
            done = self.study(folder, KEY, max_tokens=1000)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(done.stdout, "failed: 2 .*status 400: .*Prompt and reply must fit the context")

    def test_a_wrong_key_ends_the_run(self):
        with tempfile.TemporaryDirectory() as folder:
            done = self.study(folder, "not the key")
            self.assertEqual(done.returncode, 1)
            self.assertIn("401", done.stderr)
            self.assertNotIn("not the key", done.stderr + done.stdout)


if __name__ == "__main__":
    unittest.main()
