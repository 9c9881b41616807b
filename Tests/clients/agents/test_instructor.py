"""instructor: structures by a call of a tool and by a JSON schema."""

import unittest

import instructor
import openai
from atlas import MODEL, QUESTION, Place, Served


class Instructor(Served):
    def client(self, mode):
        client = openai.OpenAI(base_url=self.url, api_key=self.key, max_retries=0)
        self.addCleanup(client.close)
        return instructor.from_openai(client, mode=mode)

    def ask(self, mode, **fields):
        return self.client(mode).chat.completions.create(
            model=MODEL, response_model=Place, max_retries=0, messages=[{"role": "user", "content": QUESTION}],
            **fields)

    def test_a_call_of_a_tool(self):
        self.assertIsInstance(self.ask(instructor.Mode.TOOLS), Place)

    def test_a_json_schema(self):
        self.assertIsInstance(self.ask(instructor.Mode.JSON_SCHEMA), Place)

    def test_both_give_their_usage(self):
        for mode in instructor.Mode.TOOLS, instructor.Mode.JSON_SCHEMA:
            place, reply = self.client(mode).chat.completions.create_with_completion(
                model=MODEL, response_model=Place, max_retries=0, messages=[{"role": "user", "content": QUESTION}])
            self.assertIsInstance(place, Place)
            self.assertGreater(reply.usage.completion_tokens, 5)

    def test_parts_of_a_stream(self):
        parts = list(self.client(instructor.Mode.TOOLS).chat.completions.create_partial(
            model=MODEL, response_model=Place, max_retries=0, messages=[{"role": "user", "content": QUESTION}]))
        self.assertIn(parts[-1].city, ("Lima", "Quito", "Rome"))
        self.assertIsNotNone(parts[-1].coastal)


if __name__ == "__main__":
    unittest.main()
