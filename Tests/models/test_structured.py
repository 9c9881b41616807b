"""Structured replies and calls of tools, with the openai client."""

import json
from typing import Literal

import openai
import pydantic
import pytest

TOOLS = [
    {"type": "function", "function": {
        "name": "get_weather", "description": "Tells the weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string"}, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}},
            "required": ["city"], "additionalProperties": False}}},
    {"type": "function", "function": {"name": "get_time", "parameters": {"type": "object", "properties": {}}}},
]
QUESTION = [{"role": "user", "content": "What is the weather in Paris, in celsius?"}]


class Person(pydantic.BaseModel):
    name: str = pydantic.Field(max_length=60)
    born: int
    field: Literal["mathematics", "music", "other"]


def test_a_reply_is_of_the_schema(server):
    for seed in range(3):
        reply = server.chat(
            [{"role": "user", "content": "Ada Lovelace, a mathematician, was born in 1815."}], temperature=1, seed=seed,
            max_tokens=200, response_format={
                "type": "json_schema", "json_schema": {"name": "person", "schema": Person.model_json_schema()}})
        assert reply.choices[0].finish_reason == "stop"
        Person.model_validate_json(reply.choices[0].message.content)


@pytest.fixture
def caller(server, model):
    """A model whose template knows tools."""
    if not model.startswith("qwen"):
        pytest.skip(f"the template of {model} knows no tools")
    return server


def test_a_model_without_tools_says_so(server, model):
    if model.startswith("qwen"):
        pytest.skip(f"{model} calls tools")
    with pytest.raises(openai.BadRequestError, match="cannot call tools"):
        server.chat(QUESTION, tools=TOOLS, max_tokens=4)


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "get_weather"}}])
def test_a_reply_that_must_call_a_tool_does(caller, choice):
    reply = caller.chat(
        QUESTION, tools=TOOLS, tool_choice=choice, parallel_tool_calls=False, temperature=0, max_tokens=100).choices[0]
    assert reply.finish_reason == "tool_calls"
    [call] = reply.message.tool_calls
    assert call.function.name == "get_weather"
    assert json.loads(call.function.arguments)["city"] == "Paris"


def test_a_tool_is_called_and_its_answer_used(caller):
    reply = caller.chat(QUESTION, tools=TOOLS, temperature=0, max_tokens=200).choices[0]
    assert reply.finish_reason == "tool_calls"
    [call] = reply.message.tool_calls
    assert call.function.name == "get_weather"
    chunks = list(caller.chat(QUESTION, tools=TOOLS, temperature=0, max_tokens=200, stream=True))
    streamed = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or []]
    assert [piece.function.arguments for piece in streamed] == [call.function.arguments]
    answer = caller.chat(
        QUESTION + [reply.message.to_dict(), {"role": "tool", "tool_call_id": call.id, "content": "19 degrees, sunny"}],
        tools=TOOLS, temperature=0, max_tokens=100).choices[0]
    assert answer.finish_reason == "stop"
    assert "19" in answer.message.content
