"""lm-eval's `local-completions`: echoed log-probabilities, and generation."""

import json
import os
import subprocess
import unittest
import urllib.request

from serving import EFT, KEY, Serving

os.environ["OPENAI_API_KEY"] = KEY
os.environ["HF_HUB_OFFLINE"] = os.environ["HF_DATASETS_OFFLINE"] = "1"

import lm_eval  # noqa: E402
from lm_eval.models.openai_completions import LocalCompletionsAPI  # noqa: E402
from lm_eval.tasks import TaskManager  # noqa: E402


class RenderingAPI(LocalCompletionsAPI):
    """`local-completions` that renders chats by its remote tokenizer. lm-eval 0.4.13 has the tokenizer's method,
    does not call it, and fails at a chat that is no text."""

    def apply_chat_template(self, chat_history, add_generation_prompt=True):
        return self.tokenizer.apply_chat_template(chat_history, add_generation_prompt)


def evaluate(serving, api=LocalCompletionsAPI, **options):
    """The results of the tasks in Tests/clients/lm_eval."""
    return lm_eval.simple_evaluate(
        model=api(
            model="atlas", base_url=serving.url + "/v1/completions", tokenizer_backend="remote",
            auth_token=KEY, num_concurrent=4, max_length=512, batch_size=2),
        tasks=["capitals", "capitals_generated"], log_samples=True,
        task_manager=TaskManager(include_path="Tests/clients/lm_eval", include_defaults=False),
        bootstrap_iters=0, **options)


class LanguageModelEvaluation(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.serving = Serving("Recipes/atlas.yaml")
        cls.results = evaluate(cls.serving)

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


class AppliedChatTemplate(unittest.TestCase):
    """With `--apply_chat_template`, lm-eval renders the template itself: the marks are in its texts."""

    @classmethod
    def setUpClass(cls):
        cls.serving = Serving("Recipes/atlas.yaml")
        cls.results = evaluate(cls.serving, RenderingAPI, apply_chat_template=True)

    @classmethod
    def tearDownClass(cls):
        assert cls.serving.stop() == 0

    def post(self, path, **body):
        request = urllib.request.Request(
            self.serving.url + path, json.dumps(body).encode(),
            {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def tokens(self, **body):
        return self.post("/tokenize", **body)["tokens"]

    def chat(self, question):
        """The tokens of a chat of one question."""
        return self.tokens(messages=[{"role": "user", "content": question}])

    def test_a_rendered_chat_has_the_tokens_of_the_chat(self):
        for sample in self.results["samples"]["capitals"]:
            context = sample["arguments"][0][0]
            self.assertIn("<|im_start|>user", context)
            self.assertEqual(self.tokens(prompt=context), self.chat(sample["doc"]["question"]))

    def test_log_probabilities_are_those_of_token_ids(self):
        for sample in self.results["samples"]["capitals"]:
            chat = self.chat(sample["doc"]["question"])
            for (context, continuation), answer in zip(
                    sample["arguments"], sample["filtered_resps"]):
                whole = self.tokens(prompt=context + continuation)
                self.assertEqual(whole[:len(chat)], chat)
                # lm-eval counts white space at the end of a context to the continuation.
                start = len(self.tokens(prompt=context.rstrip()))
                scores = self.post(
                    "/v1/completions", model="atlas", prompt=whole, echo=True, max_tokens=0,
                    logprobs=1)["choices"][0]["logprobs"]["token_logprobs"][start:]
                # Passes of other widths round differently, by up to .02 nats a token (numerics.md).
                self.assertAlmostEqual(
                    float(answer[0]), sum(scores), delta=0.02 * len(scores))

    def test_replies_are_those_of_the_chat(self):
        for sample in self.results["samples"]["capitals_generated"]:
            asked = dict(model="atlas", max_tokens=8, temperature=0, stop=[".", "\n"])
            question = sample["doc"]["question"]
            expected = self.post("/v1/completions", prompt=self.chat(question), **asked)
            self.assertEqual(sample["resps"][0][0].strip(), expected["choices"][0]["text"].strip())
            text = self.post("/v1/completions", prompt=sample["arguments"][0][0], **asked)
            self.assertEqual(text["choices"][0]["text"], expected["choices"][0]["text"])
            self.assertEqual(text["usage"]["prompt_tokens"], expected["usage"]["prompt_tokens"])


if __name__ == "__main__":
    unittest.main()
