"""langchain-openai: structured output, tools, streams and the way back."""

import typing
import unittest

from atlas import MODEL, QUESTION, Place, Served
from langchain_core.messages import HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI


@tool
def weather(city: typing.Literal["Lima", "Quito"], days: typing.Literal[1, 2, 3]) -> str:
    """Tells the weather of a city."""
    return f"{city}: sunny for {days} days"


class LangChain(Served):
    def setUp(self):
        self.model = ChatOpenAI(model=MODEL, base_url=self.url, api_key=self.key, temperature=0, max_retries=0)

    def test_a_chat_and_its_stream(self):
        messages = [SystemMessage("You are a helpful assistant."), HumanMessage(QUESTION)]
        reply = self.model.invoke(messages, max_tokens=30)
        self.assertTrue(reply.content)
        self.assertGreater(reply.usage_metadata["output_tokens"], 2)
        whole = "".join(part.content for part in self.model.stream(messages, max_tokens=30))
        self.assertEqual(whole, reply.content)

    def test_structured_output_by_every_method(self):
        for options in {}, {"method": "json_schema"}, {"method": "function_calling"}, {"strict": True}:
            with self.subTest(options):
                model = self.model.with_structured_output(Place, **options)
                self.assertIsInstance(model.invoke(QUESTION), Place)

    def test_structured_output_of_a_schema(self):
        schema = {"title": "place"} | Place.model_json_schema()
        place = self.model.with_structured_output(schema, method="json_schema").invoke(QUESTION)
        Place.model_validate(place)

    def test_a_structure_is_streamed(self):
        parts = list(self.model.with_structured_output(Place).stream(QUESTION))
        self.assertIsInstance(parts[-1], Place)

    def test_tools_are_called_and_answered(self):
        for choice in "any", "required", "weather":
            with self.subTest(choice):
                model = self.model.bind_tools([weather], tool_choice=choice, parallel_tool_calls=False)
                reply = model.invoke(QUESTION)
                [call] = reply.tool_calls
                self.assertEqual(call["name"], "weather")
                self.assertIn(call["args"]["city"], ("Lima", "Quito"))
                self.assertEqual(reply.response_metadata["finish_reason"], "tool_calls")
                streamed = None
                for part in model.stream(QUESTION):
                    streamed = part if streamed is None else streamed + part
                self.assertEqual([call["args"] for call in streamed.tool_calls], [call["args"]])
        answer = self.model.bind_tools([weather]).invoke(
            [HumanMessage(QUESTION), reply, ToolMessage(weather.invoke(call["args"]), tool_call_id=call["id"])],
            max_tokens=20)
        self.assertIn(answer.response_metadata["finish_reason"], ("stop", "length", "tool_calls"))


if __name__ == "__main__":
    unittest.main()
