"""inspect-ai: an evaluation, a structure and a tool through its openai-api provider."""

import asyncio
import tempfile
import typing
import unittest

from atlas import MODEL, QUESTION, Place, Served
from inspect_ai import Task
from inspect_ai import eval as evaluate
from inspect_ai.dataset import Sample
from inspect_ai.model import GenerateConfig, ResponseSchema, get_model
from inspect_ai.scorer import includes
from inspect_ai.solver import generate
from inspect_ai.tool import ToolFunction, tool
from inspect_ai.util import json_schema


@tool
def weather():
    async def execute(city: typing.Literal["Lima", "Quito"]) -> str:
        """Tells the weather of a city.

        Args:
            city: The city.
        """
        return f"{city}: sunny"

    return execute


class Inspect(Served):
    def model(self, **config):
        return get_model(
            "openai-api/eft/" + MODEL, base_url=self.url, api_key=self.key, memoize=False,
            config=GenerateConfig(temperature=0, max_retries=0, **config))

    def test_an_evaluation(self):
        task = Task(
            dataset=[Sample(input="Who invented the saxophone?", target="Adolphe Sax"),
                     Sample(input=QUESTION, target="Lima")],
            solver=generate(), scorer=includes())
        with tempfile.TemporaryDirectory() as folder:
            [log] = evaluate(task, model=self.model(max_tokens=40), log_dir=folder, display="none")
            self.assertEqual(log.status, "success", log.error)
            self.assertEqual(len(log.samples), 2)

    def test_a_structure(self):
        schema = ResponseSchema(name="place", json_schema=json_schema(Place))
        output = asyncio.run(self.model(response_schema=schema).generate(QUESTION))
        Place.model_validate_json(output.completion)

    def test_a_tool_is_called(self):
        for choice in "any", ToolFunction("weather"):
            output = asyncio.run(self.model().generate(QUESTION, tools=[weather()], tool_choice=choice))
            call = output.message.tool_calls[0]
            self.assertEqual(call.function, "weather")
            self.assertIn(call.arguments["city"], ("Lima", "Quito"))
            self.assertEqual(output.stop_reason, "tool_calls")


if __name__ == "__main__":
    unittest.main()
