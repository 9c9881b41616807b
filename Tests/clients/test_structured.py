"""Structured replies with the openai client and pydantic, on Atlas."""

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


if __name__ == "__main__":
    unittest.main()
