"""llama-index: structures and tools through OpenAILike."""

import typing
import unittest

from atlas import MODEL, QUESTION, Place, Served
from llama_index.core.prompts import PromptTemplate
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai_like import OpenAILike


def weather(city: typing.Literal["Lima", "Quito"]) -> str:
    """Tells the weather of a city."""
    return f"{city}: sunny"


class LlamaIndex(Served):
    def model(self, **options):
        return OpenAILike(
            model=MODEL, api_base=self.url, api_key=self.key, is_chat_model=True, is_function_calling_model=True,
            context_window=4096, temperature=0, max_retries=0, **options)

    def test_a_chat_and_a_stream(self):
        text = self.model(max_tokens=30).complete(QUESTION).text
        self.assertTrue(text)
        self.assertEqual(list(self.model(max_tokens=30).stream_complete(QUESTION))[-1].text, text)

    def test_structures_by_tool_and_by_schema(self):
        for by_schema in False, True:
            with self.subTest(by_schema=by_schema):
                model = self.model(should_use_structured_outputs=by_schema)
                place = model.structured_predict(Place, PromptTemplate("{question}"), question=QUESTION)
                self.assertIsInstance(place, Place)

    def test_a_tool_is_called(self):
        model = self.model()
        reply = model.chat_with_tools(
            [FunctionTool.from_defaults(weather)], user_msg=QUESTION, tool_required=True,
            allow_parallel_tool_calls=False)
        [call] = model.get_tool_calls_from_response(reply)
        self.assertEqual(call.tool_name, "weather")
        self.assertIn(call.tool_kwargs["city"], ("Lima", "Quito"))


if __name__ == "__main__":
    unittest.main()
