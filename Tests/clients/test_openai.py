"""The official openai client: chat, completions, streams, log-probabilities, errors."""

import json
import pathlib
import re
import threading
import time
import unittest

import openai
from serving import KEY, Serving

QUESTION = [{"role": "user", "content": "By which author is The Master and Margarita?"}]


class OpenAIClient(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.serving = Serving("Recipes/atlas.yaml", "Recipes/atlas-proxy.yaml", "--max-waiting", "4")
        cls.client = openai.OpenAI(base_url=cls.serving.url + "/v1", api_key=KEY, max_retries=0)

    @classmethod
    def tearDownClass(cls):
        assert cls.serving.stop() == 0

    def chat(self, model="atlas", messages=QUESTION, **fields):
        return self.client.chat.completions.create(model=model, messages=messages, **fields)

    def token(self, text):
        """The first token of a text, as a key of `logit_bias`."""
        answer = self.client.post("../tokenize", cast_to=object, body={"model": "atlas", "prompt": text})
        return str(answer["tokens"][0])

    def test_models_are_the_recipes(self):
        self.assertEqual([m.id for m in self.client.models.list()], ["atlas", "atlas-proxy"])
        self.assertEqual(self.client.models.retrieve("atlas").owned_by, "eft")

    def test_a_reply_is_right(self):
        reply = self.chat()
        self.assertIn("Mikhail Bulgakov", reply.choices[0].message.content)
        self.assertEqual(reply.choices[0].finish_reason, "stop")
        self.assertEqual(
            reply.usage.total_tokens, reply.usage.prompt_tokens + reply.usage.completion_tokens)

    def test_a_stream_is_the_reply_in_pieces(self):
        chunks = list(self.chat(stream=True, stream_options={"include_usage": True}))
        text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
        self.assertEqual(text, self.chat().choices[0].message.content)
        self.assertEqual(chunks[-2].choices[0].finish_reason, "stop")
        self.assertEqual(chunks[-1].choices, [])
        self.assertGreater(chunks[-1].usage.completion_tokens, 10)

    def test_seeds_and_choices(self):
        def texts(seed):
            reply = self.chat(n=3, seed=seed, temperature=1.5, max_tokens=12)
            return [choice.message.content for choice in reply.choices]

        self.assertEqual(len(set(texts(1))), 3)
        self.assertEqual(texts(1)[0], texts(1)[0])

    def test_log_probabilities_come_in_order(self):
        reply = self.chat(logprobs=True, top_logprobs=5, max_tokens=8)
        tokens = reply.choices[0].logprobs.content
        self.assertEqual("".join(t.token for t in tokens), reply.choices[0].message.content)
        for token in tokens:
            self.assertEqual(len(token.top_logprobs), 5)
            # Temperature 0: the likeliest is taken.
            self.assertEqual(token.top_logprobs[0].token, token.token)
            self.assertEqual(bytes(token.bytes).decode(), token.token)

    def test_stop_bias_and_length(self):
        reply = self.chat(stop=["Bulgakov"])
        self.assertTrue(reply.choices[0].message.content.endswith("Mikhail "))
        self.assertEqual(reply.choices[0].finish_reason, "stop")
        self.assertEqual(self.chat(max_completion_tokens=3).choices[0].finish_reason, "length")
        first = self.chat(logprobs=True, max_tokens=1).choices[0].logprobs.content[0]
        biased = self.chat(logit_bias={self.token(first.token): -100}, max_tokens=1)
        self.assertNotEqual(biased.choices[0].message.content, first.token)

    def test_parameters_of_the_formula(self):
        def reply(alpha):
            return self.chat("atlas-proxy", max_tokens=30, extra_body={
                "eft": {"parameters": {"alpha": alpha}, "attributions": True}}).choices[0]

        # 0 is the large base alone, but for control tokens, which are the chat model's.
        plain = [token for token in reply(0).eft["attributions"] if token["token"] != "<|im_end|>"]
        self.assertGreater(len(plain), 5)
        for token in plain:
            self.assertAlmostEqual(token["logprob"], token["members"]["large"], delta=0.02)
        self.assertIn("Bulgakov", reply(1).message.content)

    def test_completions_of_texts_and_tokens(self):
        ids = self.client.post(
            "../tokenize", cast_to=object, body={"model": "atlas", "prompt": "The capital of Peru is"})
        both = self.client.completions.create(
            model="atlas", prompt=[ids["tokens"], ids["tokens"]], max_tokens=4)
        text = self.client.completions.create(
            model="atlas", prompt="The capital of Peru is", max_tokens=4, echo=True, logprobs=2)
        self.assertEqual([c.index for c in both.choices], [0, 1])
        self.assertEqual(both.choices[0].text, both.choices[1].text)
        self.assertEqual(text.choices[0].text, "The capital of Peru is" + both.choices[0].text)
        scores = text.choices[0].logprobs
        self.assertIsNone(scores.token_logprobs[0])
        self.assertEqual(len(scores.tokens), len(ids["tokens"]) + 4)
        for token, offset in zip(scores.tokens, scores.text_offset):
            self.assertTrue(text.choices[0].text[offset:].startswith(token))

    def test_a_json_object_is_one_with_and_without_speculation(self):
        def reply(speculation):
            return self.chat(
                response_format={"type": "json_object"}, temperature=1, seed=3, max_tokens=400,
                logit_bias={self.token("}"): 8},  # Atlas never learned when to stop
                extra_body={"eft": {"speculation": speculation}}).choices[0]

        self.assertEqual(reply("off").finish_reason, "stop")
        self.assertIsInstance(json.loads(reply("off").message.content), dict)
        self.assertIsInstance(json.loads(reply(3).message.content), dict)

    def respond(self, input=QUESTION[0]["content"], **fields):
        return self.client.responses.create(model="atlas", input=input, **fields)

    def test_a_response_is_right(self):
        response = self.respond()
        self.assertEqual(response.output_text, self.chat().choices[0].message.content)
        self.assertEqual((response.status, response.error, response.tools), ("completed", None, []))
        self.assertIs(response.store, False)
        usage = response.usage
        self.assertEqual(usage.total_tokens, usage.input_tokens + usage.output_tokens)
        self.assertLessEqual(usage.input_tokens_details.cached_tokens, usage.input_tokens)
        self.assertEqual(usage.output_tokens_details.reasoning_tokens, 0)
        cut = self.respond(max_output_tokens=3)
        self.assertEqual((cut.status, cut.incomplete_details.reason), ("incomplete", "max_output_tokens"))

    def test_a_stream_of_events_is_the_response(self):
        events = list(self.respond(stream=True))
        self.assertEqual([event.sequence_number for event in events], list(range(len(events))))
        self.assertEqual(
            [event.type for event in events if event.type != "response.output_text.delta"],
            ["response." + name for name in (
                "created", "in_progress", "output_item.added", "content_part.added", "output_text.done",
                "content_part.done", "output_item.done", "completed")])
        text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
        self.assertEqual(text, self.respond().output_text)
        self.assertEqual(events[-1].response.output_text, text)
        # The client's own accumulation of events.
        with self.client.responses.stream(model="atlas", input=QUESTION) as stream:
            self.assertEqual(stream.get_final_response().output_text, text)

    def test_what_was_said_is_sent_again(self):
        first = self.respond("Hello!", instructions="You are a helpful assistant.")
        second = self.respond([
            {"role": "user", "content": "Hello!"}, *first.output,
            {"role": "user", "content": [{"type": "input_text", "text": QUESTION[0]["content"]}]}])
        self.assertIn("Bulgakov", second.output_text)
        with self.assertRaises(openai.BadRequestError) as bad:
            self.respond(previous_response_id=first.id)
        self.assertEqual(bad.exception.param, "previous_response_id")
        with self.assertRaises(openai.BadRequestError) as bad:
            self.respond(tools=[{"type": "function", "name": "f", "parameters": {}}])
        self.assertEqual(bad.exception.param, "tools")
        with self.assertRaises(openai.NotFoundError) as missing:
            self.client.embeddings.create(model="atlas", input="x")
        self.assertIn("makes no embeddings", missing.exception.message)

    def test_a_response_that_is_a_json_object(self):
        reply = self.respond(
            text={"format": {"type": "json_object"}}, temperature=1, max_output_tokens=400,
            extra_body={"seed": 3, "logit_bias": {self.token("}"): 8}})
        self.assertIsInstance(json.loads(reply.output_text), dict)

    def test_the_python_of_the_documents(self):
        text = pathlib.Path("Documentation/serving.md").read_text()
        blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
        self.assertTrue(blocks)
        for block in blocks:
            block = block.replace("http://127.0.0.1:8080", self.serving.url).replace("secret", KEY)
            scope = {"openai": openai}
            exec(block, scope)
            self.assertIn("Adolphe Sax", scope["reply"].choices[0].message.content)

    def test_errors_are_the_clients_own(self):
        with self.assertRaises(openai.NotFoundError) as missing:
            self.chat("gpt-4o")
        self.assertEqual(missing.exception.code, "model_not_found")
        with self.assertRaises(openai.BadRequestError) as bad:
            self.chat(temperature=9)
        self.assertEqual(bad.exception.param, "temperature")
        with self.assertRaises(openai.AuthenticationError):
            openai.OpenAI(base_url=self.serving.url + "/v1", api_key="wrong").models.list()
        with self.assertRaises(openai.BadRequestError) as long:
            self.chat(messages=[{"role": "user", "content": "word " * 5000}])
        self.assertEqual(long.exception.code, "context_length_exceeded")

    def test_a_full_queue_is_a_rate_limit_and_the_client_comes_again(self):
        patient = self.client.with_options(max_retries=20)
        failures = []

        def ask():
            try:
                patient.chat.completions.create(model="atlas", messages=QUESTION, max_tokens=20)
            except Exception as error:  # whatever it is, the test fails
                failures.append(error)

        threads = [threading.Thread(target=ask) for _ in range(24)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])

    def test_a_server_that_is_stopped_finishes_its_streams(self):
        serving = Serving("Recipes/atlas.yaml")
        client = openai.OpenAI(base_url=serving.url + "/v1", api_key=KEY, max_retries=0)
        stream = iter(client.chat.completions.create(
            model="atlas", messages=QUESTION, stream=True, max_tokens=300,
            extra_body={"ignore_eos": True}))
        next(stream)
        code = []
        stopping = threading.Thread(target=lambda: code.append(serving.stop()))
        stopping.start()
        self.assertEqual(list(stream)[-1].choices[0].finish_reason, "length")
        client.close()
        stopping.join()
        self.assertEqual(code, [0])

    def test_streams_that_are_left_hold_nothing(self):
        for _ in range(10):
            stream = self.chat(stream=True, max_tokens=200, extra_body={"ignore_eos": True})
            next(iter(stream))
            stream.close()
        for _ in range(50):
            metrics = self.serving.metrics()
            held = [metrics['eft_%s{model_name="atlas"}' % name] for name in
                    ("num_requests_running", "num_requests_open", "num_slots_busy")]
            if not any(held):
                return
            time.sleep(0.1)
        self.fail(f"still held: {held}")


if __name__ == "__main__":
    unittest.main()
