"""lm-eval's `local-completions`: echoed log-probabilities, and generation."""

import json
import os
import subprocess
import unittest

from serving import EFT, KEY, Serving

os.environ["OPENAI_API_KEY"] = KEY
os.environ["HF_HUB_OFFLINE"] = os.environ["HF_DATASETS_OFFLINE"] = "1"

import lm_eval  # noqa: E402
from lm_eval.tasks import TaskManager  # noqa: E402


class LanguageModelEvaluation(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.serving = Serving("Recipes/atlas.yaml")
        cls.results = lm_eval.simple_evaluate(
            model="local-completions",
            model_args={
                "model": "atlas", "base_url": cls.serving.url + "/v1/completions",
                "tokenizer_backend": "remote", "auth_token": KEY, "num_concurrent": 4,
                "max_length": 512},
            tasks=["capitals", "capitals_generated"], batch_size=2, log_samples=True,
            task_manager=TaskManager(include_path="Tests/clients/lm_eval", include_defaults=False),
            bootstrap_iters=0)

    @classmethod
    def tearDownClass(cls):
        assert cls.serving.stop() == 0

    def test_the_composite_knows_its_capitals(self):
        self.assertEqual(self.results["results"]["capitals"]["acc,none"], 1)
        self.assertEqual(self.results["results"]["capitals_generated"]["exact_match,first"], 1)

    def test_log_probabilities_are_those_of_eft_score(self):
        for sample in self.results["samples"]["capitals"]:
            doc = sample["doc"]
            for choice, answer in zip(doc["choices"], sample["filtered_resps"]):
                scored = subprocess.run(
                    [EFT, "score", "Recipes/atlas.yaml", "--raw", "--open", "--json",
                     "--prompt", doc["question"], "--response", " " + choice],
                    check=True, capture_output=True, text=True).stdout
                tokens = json.loads(scored)["tokens"]
                expected = sum(token["logprob"] for token in tokens)
                # Passes of other widths round differently, by up to .02 nats a token (numerics.md).
                self.assertAlmostEqual(float(answer[0]), expected, delta=0.02 * len(tokens))


if __name__ == "__main__":
    unittest.main()
