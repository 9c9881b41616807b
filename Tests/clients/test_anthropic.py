"""The official anthropic client: messages, streams, counts of tokens, errors."""

import json
import unittest

import anthropic
from serving import KEY, Serving

QUESTION = [{"role": "user", "content": "By which author is The Master and Margarita?"}]


class AnthropicClient(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.serving = Serving("Recipes/atlas.yaml")
        cls.client = anthropic.Anthropic(base_url=cls.serving.url, api_key=KEY, max_retries=0)

    @classmethod
    def tearDownClass(cls):
        assert cls.serving.stop() == 0

    def ask(self, messages=QUESTION, **fields):
        return self.client.messages.create(**{"model": "atlas", "max_tokens": 60, "messages": messages, **fields})

    def test_a_message_is_right(self):
        message = self.ask()
        self.assertIn("Mikhail Bulgakov", message.content[0].text)
        self.assertEqual((message.type, message.role, message.model), ("message", "assistant", "atlas"))
        self.assertEqual((message.stop_reason, message.stop_sequence), ("end_turn", None))
        self.assertGreater(message.usage.output_tokens, 5)

    def test_a_stream_is_the_message_in_events(self):
        with self.client.messages.stream(model="atlas", max_tokens=60, messages=QUESTION) as stream:
            text = "".join(stream.text_stream)
            final = stream.get_final_message()
        whole = self.ask()
        self.assertEqual(text, whole.content[0].text)
        self.assertEqual(final.content[0].text, text)
        self.assertEqual(final.stop_reason, "end_turn")
        self.assertEqual(final.usage.output_tokens, whole.usage.output_tokens)
        self.assertEqual(
            final.usage.input_tokens + final.usage.cache_read_input_tokens,
            whole.usage.input_tokens + whole.usage.cache_read_input_tokens)

    def test_raw_events_come_in_order(self):
        events = [event.type for event in self.ask(stream=True)]
        self.assertEqual(events[:2], ["message_start", "content_block_start"])
        self.assertEqual(set(events[2:-3]), {"content_block_delta"})
        self.assertEqual(events[-3:], ["content_block_stop", "message_delta", "message_stop"])

    def test_a_conversation_in_blocks(self):
        message = self.ask([
            {"role": "user", "content": [{"type": "text", "text": "Hello!"}]},
            {"role": "assistant", "content": self.ask([{"role": "user", "content": "Hello!"}]).content},
            {"role": "user", "content": [
                {"type": "text", "text": QUESTION[0]["content"], "cache_control": {"type": "ephemeral"}}]}],
            system=[{"type": "text", "text": "You are a helpful assistant."}])
        self.assertIn("Bulgakov", message.content[0].text)

    def test_why_a_message_ends(self):
        cut = self.ask(stop_sequences=["Bulgakov"])
        self.assertEqual((cut.stop_reason, cut.stop_sequence), ("stop_sequence", "Bulgakov"))
        self.assertTrue(cut.content[0].text.endswith("Mikhail "))
        self.assertEqual(self.ask(max_tokens=3).stop_reason, "max_tokens")

    def test_sampling_and_the_fields_of_eft(self):
        def text(seed):
            return self.ask(max_tokens=12, extra_body={
                "temperature": 1, "top_p": 0.9, "top_k": 40, "seed": seed, "eft": {"mask": "none"}}).content[0].text

        self.assertEqual(text(1), text(1))
        told = self.ask(max_tokens=4, extra_body={"eft": {"attributions": True}})
        self.assertEqual(len(told.eft["attributions"]), 4)

    def test_tokens_are_counted_before_they_are_spent(self):
        count = self.client.messages.count_tokens(model="atlas", messages=QUESTION)
        usage = self.ask(max_tokens=1).usage
        self.assertEqual(count.input_tokens, usage.input_tokens + usage.cache_read_input_tokens)

    def test_errors_are_the_clients_own(self):
        wrong = anthropic.Anthropic(base_url=self.serving.url, api_key="wrong", max_retries=0)
        with self.assertRaises(anthropic.AuthenticationError):
            wrong.messages.create(model="atlas", max_tokens=1, messages=QUESTION)
        with self.assertRaises(anthropic.BadRequestError) as bad:
            self.ask(tools=[{"name": "f", "input_schema": {"type": "object"}}])
        self.assertEqual(bad.exception.body["error"]["type"], "invalid_request_error")
        self.assertIn("cannot call tools", bad.exception.message)
        image = {"type": "image", "source": {"type": "url", "url": "https://example.org/x.png"}}
        with self.assertRaises(anthropic.BadRequestError) as bad:
            self.ask([{"role": "user", "content": [image]}])
        self.assertIn("`image`", bad.exception.message)
        with self.assertRaises(anthropic.BadRequestError) as long:
            self.ask([{"role": "user", "content": "word " * 5000}])
        self.assertIn("must fit the context", long.exception.message)
        with self.assertRaises(anthropic.NotFoundError):
            self.client.post("/v1/messages/batches", cast_to=object, body={})


class AnthropicTools(unittest.TestCase):
    """The demo models with a template that knows tools: a grammar makes them call."""

    @classmethod
    def setUpClass(cls):
        cls.serving = Serving("Tests/clients/atlas-tools.yaml")
        cls.client = anthropic.Anthropic(base_url=cls.serving.url, api_key=KEY, max_retries=0)

    @classmethod
    def tearDownClass(cls):
        assert cls.serving.stop() == 0

    FIELDS = {
        "model": "atlas-tools", "max_tokens": 350, "tools": [{
            "name": "look_up", "description": "Looks a city up.", "input_schema": {
                "type": "object", "properties": {"city": {"enum": ["Lima", "Rome"]}}, "required": ["city"],
                "additionalProperties": False}}]}
    CALLING = {"tool_choice": {"type": "any", "disable_parallel_tool_use": True}}
    QUESTION = [{"role": "user", "content": "What is the capital of Peru?"}]

    def test_a_tool_is_called_and_its_result_read(self):
        message = self.client.messages.create(messages=self.QUESTION, **self.FIELDS, **self.CALLING)
        self.assertEqual(message.stop_reason, "tool_use")
        [call] = message.content
        self.assertEqual((call.type, call.name), ("tool_use", "look_up"))
        self.assertIn(call.input["city"], ["Lima", "Rome"])
        messages = self.QUESTION + [
            {"role": "assistant", "content": message.content},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": call.id, "is_error": False,
                 "content": [{"type": "text", "text": "Peru: Lima"}]},
                {"type": "text", "text": "Thanks! What is the capital of Peru?"}]}]
        count = self.client.messages.count_tokens(
            messages=messages, model="atlas-tools", tools=self.FIELDS["tools"]).input_tokens
        bare = self.client.messages.count_tokens(messages=messages, model="atlas-tools").input_tokens
        self.assertGreater(count, bare)
        answer = self.client.messages.create(messages=messages, **self.FIELDS)
        self.assertEqual(answer.usage.input_tokens + answer.usage.cache_read_input_tokens, count)
        self.assertEqual(answer.content[0].type, "text")

    def test_a_streamed_call_is_the_same(self):
        whole = self.client.messages.create(messages=self.QUESTION, **self.FIELDS, **self.CALLING)
        with self.client.messages.stream(messages=self.QUESTION, **self.FIELDS, **self.CALLING) as stream:
            parts = [event.partial_json for event in stream if event.type == "input_json"]
            final = stream.get_final_message()
        self.assertEqual(json.loads("".join(parts)), whole.content[0].input)
        self.assertEqual(final.content[0].input, whole.content[0].input)
        self.assertEqual((final.content[0].name, final.stop_reason), ("look_up", "tool_use"))

    def test_what_cannot_be_offered_is_refused(self):
        with self.assertRaises(anthropic.BadRequestError) as bad:
            self.client.messages.create(messages=self.QUESTION, **self.FIELDS | {
                "tools": [{"type": "web_search_20250305", "name": "web_search"}]})
        self.assertIn("`web_search_20250305`", bad.exception.message)
        with self.assertRaises(anthropic.BadRequestError) as bad:
            self.client.messages.create(messages=[{"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "toolu_none", "content": "x"}]}], **self.FIELDS)
        self.assertIn("earlier call", bad.exception.message)


if __name__ == "__main__":
    unittest.main()
