"""Tools with the openai client, on the demo family with a chat template that knows tools."""

import json
import unittest

import openai
from serving import KEY, Serving

QUESTION = [{"role": "user", "content": "What is the capital of Peru?"}]
PLACES = {"type": "object", "properties": {"city": {"enum": ["Lima", "Quito"]}}, "required": ["city"]}
TOOLS = [{"type": "function", "function": {"name": name, "parameters": PLACES}} for name in ("weather", "time")]
#: Without the tokens that end replies (0 and 2), Atlas adds call to call for as long as it may. The others are line
#: breaks.
ENDLESS = {"0": -100, "2": -100, "201": -100, "292": -100, "737": -100}


class Tools(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.serving = Serving("Tests/clients/atlas-tools.yaml")
        cls.client = openai.OpenAI(base_url=f"{cls.serving.url}/v1", api_key=KEY, max_retries=0)

    @classmethod
    def tearDownClass(cls):
        assert cls.serving.stop() == 0

    def chat(self, messages=QUESTION, **fields):
        return self.client.chat.completions.create(model="atlas-tools", messages=messages, tools=TOOLS, **fields)

    def test_a_round_trip(self):
        reply = self.chat(tool_choice="required", parallel_tool_calls=False).choices[0]
        self.assertEqual(reply.finish_reason, "tool_calls")
        [call] = reply.message.tool_calls
        self.assertIn(json.loads(call.function.arguments)["city"], ("Lima", "Quito"))
        history = [*QUESTION, reply.message, {"role": "tool", "tool_call_id": call.id, "content": "19 degrees"}]
        self.assertIn(self.chat(history, max_tokens=20).choices[0].finish_reason, ("stop", "length", "tool_calls"))

    def test_a_stream_is_the_reply(self):
        fields = {"tool_choice": "required", "parallel_tool_calls": False}
        [call] = self.chat(**fields).choices[0].message.tool_calls
        with self.client.chat.completions.stream(
                model="atlas-tools", messages=QUESTION, tools=TOOLS, **fields) as stream:
            [streamed] = stream.get_final_completion().choices[0].message.tool_calls
        self.assertEqual(streamed.function.name, call.function.name)
        self.assertEqual(streamed.function.arguments, call.function.arguments)

    def test_pydantic_tools_are_parsed(self):
        import pydantic

        class Weather(pydantic.BaseModel):
            coastal: bool

        reply = self.client.chat.completions.parse(
            model="atlas-tools", messages=QUESTION, tools=[openai.pydantic_function_tool(Weather)],
            tool_choice="required", parallel_tool_calls=False)
        [call] = reply.choices[0].message.tool_calls
        self.assertIsInstance(call.function.parsed_arguments, Weather)

    # OpenAI and vLLM answer a named function with one call of it.
    def test_a_named_tool_is_called_once(self):
        choice = {"type": "function", "function": {"name": "weather"}}
        reply = self.chat(tool_choice=choice, logit_bias=ENDLESS, max_tokens=300).choices[0]
        self.assertEqual([call.function.name for call in reply.message.tool_calls], ["weather"])
        self.assertEqual(reply.finish_reason, "tool_calls")

    # What the token limit cuts off is a call that is not complete, and nothing that the model said.
    def test_a_call_that_was_cut_off_is_no_text(self):
        reply = self.chat(tool_choice="required", max_tokens=12).choices[0]
        self.assertEqual(reply.finish_reason, "length")
        self.assertFalse(reply.message.content)


if __name__ == "__main__":
    unittest.main()
