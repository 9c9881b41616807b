"""pydantic-ai: an agent with its default form of output, which is a call of a tool, and with a JSON schema."""

import unittest

from atlas import MODEL, QUESTION, Place, Served
from pydantic_ai import Agent, NativeOutput
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider


class PydanticAI(Served):
    def agent(self, **options):
        provider = OpenAIProvider(base_url=self.url, api_key=self.key)
        return Agent(OpenAIChatModel(MODEL, provider=provider), retries=0, **options)

    def test_a_text(self):
        result = self.agent().run_sync(QUESTION, model_settings={"max_tokens": 30})
        self.assertTrue(result.output)
        self.assertGreater(result.usage.output_tokens, 2)

    def test_the_default_output(self):
        self.assertIsInstance(self.agent(output_type=Place).run_sync(QUESTION).output, Place)

    def test_native_output(self):
        self.assertIsInstance(self.agent(output_type=NativeOutput(Place)).run_sync(QUESTION).output, Place)


if __name__ == "__main__":
    unittest.main()
