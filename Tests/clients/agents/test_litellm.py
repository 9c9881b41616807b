"""litellm: chats, streams, structures and tools through its openai provider."""

import json
import os
import unittest

# Its list of prices would be fetched at every start.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm  # noqa: E402
from atlas import MODEL, QUESTION, Place, Served

TOOLS = [{"type": "function", "function": {
    "name": "weather", "description": "Tells the weather of a city.", "parameters": {
        "type": "object", "properties": {"city": {"enum": ["Lima", "Quito"]}}, "required": ["city"]}}}]


class LiteLLM(Served):
    def ask(self, **fields):
        return litellm.completion(
            model="openai/" + MODEL, api_base=self.url, api_key=self.key, num_retries=0, temperature=0,
            messages=[{"role": "user", "content": QUESTION}], **fields)

    def test_a_chat_and_its_stream(self):
        reply = self.ask(max_tokens=30)
        text = reply.choices[0].message.content
        self.assertTrue(text)
        self.assertGreater(reply.usage.completion_tokens, 2)
        parts = self.ask(max_tokens=30, stream=True, stream_options={"include_usage": True})
        self.assertEqual("".join(part.choices[0].delta.content or "" for part in parts if part.choices), text)

    def test_a_pydantic_model(self):
        Place.model_validate_json(self.ask(response_format=Place).choices[0].message.content)

    def test_tools_are_called_and_streamed(self):
        for choice in "required", {"type": "function", "function": {"name": "weather"}}:
            reply = self.ask(tools=TOOLS, tool_choice=choice).choices[0]
            self.assertEqual(reply.finish_reason, "tool_calls")
            call = reply.message.tool_calls[0].function
            self.assertEqual(call.name, "weather")
            self.assertIn(json.loads(call.arguments)["city"], ("Lima", "Quito"))
        parts = list(self.ask(tools=TOOLS, tool_choice="required", stream=True))
        whole = litellm.stream_chunk_builder(parts)
        self.assertEqual(whole.choices[0].message.tool_calls[0].function.name, "weather")

    # litellm puts `provider_specific_fields` into the messages that it returns, and sends it back.
    def test_a_call_is_answered(self):
        reply = self.ask(tools=TOOLS, tool_choice="required", parallel_tool_calls=False).choices[0].message
        [call] = reply.tool_calls
        answer = litellm.completion(
            model="openai/" + MODEL, api_base=self.url, api_key=self.key, num_retries=0, max_tokens=20, tools=TOOLS,
            messages=[{"role": "user", "content": QUESTION}, reply,
                      {"role": "tool", "tool_call_id": call.id, "name": "weather", "content": "19 degrees"}])
        self.assertIn(answer.choices[0].finish_reason, ("stop", "length", "tool_calls"))

    def test_a_completion(self):
        reply = litellm.text_completion(
            model="text-completion-openai/" + MODEL, api_base=self.url, api_key=self.key,
            prompt="The capital of Peru is", max_tokens=4, temperature=0)
        self.assertTrue(reply.choices[0].text)

    def test_errors_are_its_own(self):
        with self.assertRaises(litellm.BadRequestError):
            self.ask(top_p=7)

    # litellm tells errors of keys by their `type`, and not by the status.
    def test_a_wrong_key(self):
        with self.assertRaises(litellm.AuthenticationError):
            litellm.completion(
                model="openai/" + MODEL, api_base=self.url, api_key="wrong",
                messages=[{"role": "user", "content": "?"}])

    # litellm, and what falls back to a larger model with its help, knows this error by words of its message.
    def test_a_prompt_that_is_too_long(self):
        with self.assertRaises(litellm.ContextWindowExceededError):
            litellm.completion(
                model="openai/" + MODEL, api_base=self.url, api_key=self.key, num_retries=0,
                messages=[{"role": "user", "content": "word " * 5000}])


if __name__ == "__main__":
    unittest.main()
