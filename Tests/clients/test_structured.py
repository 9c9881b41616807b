"""Structured replies with the openai client and pydantic, on Atlas."""

import json
import unittest
from typing import Literal

import openai
import pydantic
from serving import KEY, Serving

QUESTION = [{"role": "user", "content": "What is the capital of Peru?"}]


class Place(pydantic.BaseModel):
    city: str = pydantic.Field(max_length=40)
    kind: Literal["capital", "town"]
    inhabitants: int | None


class City(pydantic.BaseModel):
    city: Literal["Lima", "Rome"]


class Structured(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.serving = Serving("Recipes/atlas.yaml")
        cls.client = openai.OpenAI(base_url=f"{cls.serving.url}/v1", api_key=KEY, max_retries=0)

    @classmethod
    def tearDownClass(cls):
        assert cls.serving.stop() == 0

    def chat(self, **fields):
        return self.client.chat.completions.create(
            model="atlas", messages=QUESTION, **{"temperature": 0, "max_tokens": 200} | fields)

    def test_a_pydantic_model_is_parsed(self):
        for seed in range(3):
            reply = self.client.chat.completions.parse(
                model="atlas", messages=QUESTION, response_format=Place, temperature=1, seed=seed, max_tokens=200)
            self.assertIsInstance(reply.choices[0].message.parsed, Place)

    def test_a_response_is_parsed(self):
        response = self.client.responses.parse(
            model="atlas", input=QUESTION[0]["content"], text_format=Place, max_output_tokens=200)
        self.assertIsInstance(response.output_parsed, Place)

    def test_a_stream_is_the_reply(self):
        form = {"type": "json_schema", "json_schema": {"name": "place", "schema": Place.model_json_schema()}}
        whole = self.chat(response_format=form).choices[0].message.content
        Place.model_validate_json(whole)
        chunks = self.chat(response_format=form, stream=True)
        self.assertEqual("".join(chunk.choices[0].delta.content or "" for chunk in chunks), whole)

    def test_forms_of_vllm_and_llama_server(self):
        self.assertEqual(self.chat(extra_body={"guided_choice": ["Lima", "Rome"]}).choices[0].message.content, "Lima")
        reply = self.chat(extra_body={"structured_outputs": {"regex": r"\d{3}-\d{4}"}})
        self.assertRegex(reply.choices[0].message.content, r"^\d{3}-\d{4}$")
        reply = self.chat(extra_body={"grammar": 'root ::= "[" [a-z]+ ("," [a-z]+){0,3} "]"'})
        self.assertRegex(reply.choices[0].message.content, r"^\[[a-z]+(,[a-z]+){0,3}\]$")

    def test_what_cannot_be_kept_is_refused_by_its_keyword(self):
        with self.assertRaises(openai.BadRequestError) as raised:
            self.chat(extra_body={"guided_json": {"type": "object", "patternProperties": {"a": {}}}})
        self.assertIn("`patternProperties`", str(raised.exception))

    def test_a_model_without_tools_says_so(self):
        with self.assertRaises(openai.BadRequestError) as raised:
            self.chat(tools=[{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}])
        self.assertIn("cannot call tools", str(raised.exception))


class ResponsesTools(unittest.TestCase):
    """The demo models with a template that knows tools: a grammar makes them call."""

    @classmethod
    def setUpClass(cls):
        cls.serving = Serving("Tests/clients/atlas-tools.yaml")
        cls.client = openai.OpenAI(base_url=f"{cls.serving.url}/v1", api_key=KEY, max_retries=0)

    @classmethod
    def tearDownClass(cls):
        assert cls.serving.stop() == 0

    TOOL = openai.pydantic_function_tool(City, name="look_up", description="Looks a place up.")["function"]
    QUESTION = [{"role": "user", "content": "What is the capital of Peru?"}]
    CALLING = {"tool_choice": "required", "parallel_tool_calls": False}

    def respond(self, **fields):
        return self.client.responses.create(**{
            "model": "atlas-tools", "input": self.QUESTION, "max_output_tokens": 350,
            "tools": [{"type": "function", **self.TOOL}], **fields})

    def test_a_tool_is_called_and_its_output_read(self):
        response = self.respond(**self.CALLING)
        self.assertEqual(response.status, "completed")
        [call] = response.output
        self.assertEqual((call.type, call.name), ("function_call", "look_up"))
        City.model_validate_json(call.arguments)
        self.assertEqual((response.tools[0].name, response.tool_choice), ("look_up", "required"))
        answer = self.respond(input=self.QUESTION + response.output + [
            {"type": "function_call_output", "call_id": call.call_id, "output": "Peru: Lima"},
            {"role": "user", "content": "Thanks! What is the capital of Peru?"}])
        self.assertEqual(answer.output[0].type, "message")
        self.assertTrue(answer.output_text)

    def test_a_streamed_call_is_the_same(self):
        whole = self.respond(**self.CALLING).output[0]
        events = list(self.respond(**self.CALLING, stream=True))
        deltas = [e.delta for e in events if e.type == "response.function_call_arguments.delta"]
        self.assertEqual("".join(deltas), whole.arguments)
        [done] = [e for e in events if e.type == "response.output_item.done"]
        self.assertEqual((done.item.name, done.item.arguments), (whole.name, whole.arguments))
        self.assertEqual(events[-1].response.output, [done.item])

    def test_a_call_is_parsed(self):
        tool = openai.pydantic_function_tool(City, name="look_up")["function"]
        response = self.client.responses.parse(
            model="atlas-tools", input=self.QUESTION, max_output_tokens=350, tools=[{"type": "function", **tool}],
            **self.CALLING)
        self.assertIsInstance(response.output[0].parsed_arguments, (City, dict))

    def test_a_form_beside_tools(self):
        response = self.client.responses.parse(
            model="atlas-tools", input=self.QUESTION, text_format=City, max_output_tokens=350,
            tools=[{"type": "function", **self.TOOL}])
        self.assertIsInstance(response.output_parsed, City)

    def test_chat_calls_the_same(self):
        chat = self.client.chat.completions.create(
            model="atlas-tools", messages=self.QUESTION, max_tokens=350, tools=[{"type": "function", "function": self.TOOL}],
            **self.CALLING)
        call = chat.choices[0].message.tool_calls[0].function
        self.assertEqual(json.loads(call.arguments), json.loads(self.respond(**self.CALLING).output[0].arguments))

    def test_tools_of_openai_are_refused(self):
        with self.assertRaises(openai.BadRequestError) as raised:
            self.respond(tools=[{"type": "web_search"}])
        self.assertIn("`web_search`", str(raised.exception))


if __name__ == "__main__":
    unittest.main()
