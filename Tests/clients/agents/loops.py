"""Agents of several clients that may call a tool and must then use its answer.

    python loops.py CLIENT URL KEY MODEL

prints a JSON object: `calls`, the cities that the tool was asked about, and `answer`. Tests/models/test_agents.py runs
it on models that can choose to call a tool.
"""

import asyncio
import json
import os
import pathlib
import subprocess
import sys
import tempfile

QUESTION = "What is the weather in Paris?"
calls = []


def get_weather(city: str) -> str:
    """Tells the weather of a city."""
    calls.append(city)
    return "19 degrees, sunny"


def langchain(url, key, model):
    from langchain_core.messages import HumanMessage, ToolMessage
    from langchain_core.tools import tool
    from langchain_openai import ChatOpenAI

    weather = tool(get_weather)
    chat = ChatOpenAI(model=model, base_url=url, api_key=key, temperature=0, max_tokens=200).bind_tools([weather])
    messages = [HumanMessage(QUESTION)]
    reply = chat.invoke(messages)
    for call in reply.tool_calls:
        messages += [reply, ToolMessage(weather.invoke(call["args"]), tool_call_id=call["id"])]
    return chat.invoke(messages).content


def litellm(url, key, model):
    import litellm

    tools = [{"type": "function", "function": {
        "name": "get_weather", "description": get_weather.__doc__, "parameters": {
            "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}]
    messages = [{"role": "user", "content": QUESTION}]

    def ask():
        return litellm.completion(
            model="openai/" + model, api_base=url, api_key=key, temperature=0, max_tokens=200, messages=messages,
            tools=tools).choices[0].message

    reply = ask()
    messages.append(reply)
    for call in reply.tool_calls or []:
        text = get_weather(**json.loads(call.function.arguments))
        messages.append({"role": "tool", "tool_call_id": call.id, "content": text})
    return ask().content


def pydantic_ai(url, key, model):
    from pydantic_ai import Agent
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    chat = OpenAIChatModel(model, provider=OpenAIProvider(base_url=url, api_key=key))
    agent = Agent(chat, tools=[get_weather], model_settings={"temperature": 0, "max_tokens": 200})
    return agent.run_sync(QUESTION).output


def llama_index(url, key, model):
    from llama_index.core.agent.workflow import FunctionAgent
    from llama_index.llms.openai_like import OpenAILike

    chat = OpenAILike(
        model=model, api_base=url, api_key=key, is_chat_model=True, is_function_calling_model=True, context_window=1024,
        temperature=0, max_tokens=200)

    async def run():
        return str(await FunctionAgent(tools=[get_weather], llm=chat).run(QUESTION))

    return asyncio.run(run())


def inspect_ai(url, key, model):
    from inspect_ai.model import GenerateConfig, get_model
    from inspect_ai.tool import tool

    @tool
    def weather():
        async def get_weather_of(city: str) -> str:
            """Tells the weather of a city.

            Args:
                city: The city.
            """
            return get_weather(city)

        return get_weather_of

    chat = get_model(
        "openai-api/eft/" + model, base_url=url, api_key=key, memoize=False,
        config=GenerateConfig(temperature=0, max_tokens=200))

    async def run():
        _, output = await chat.generate_loop(QUESTION, tools=[weather()])
        return output.completion

    return asyncio.run(run())


def llm(url, key, model):
    with tempfile.TemporaryDirectory() as folder:
        home = pathlib.Path(folder)
        (home / "extra-openai-models.yaml").write_text(json.dumps([{
            "model_id": model, "model_name": model, "api_base": url, "api_key_name": "eft", "supports_tools": True}]))
        (home / "keys.json").write_text(json.dumps({"eft": key}))
        functions = (
            "def get_weather(city: str) -> str:\n    'Tells the weather of a city.'\n"
            f"    open({str(home / 'calls')!r}, 'a').write(city + '\\n')\n    return '19 degrees, sunny'\n")
        ran = subprocess.run(
            [pathlib.Path(sys.executable).parent / "llm", "-m", model, "--functions", functions,
             "-o", "temperature", "0", "-o", "max_tokens", "200", QUESTION],
            env={**os.environ, "LLM_USER_PATH": folder}, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if ran.returncode:
            raise RuntimeError(ran.stderr)
        if (home / "calls").exists():
            calls.extend((home / "calls").read_text().splitlines())
        return ran.stdout


def dspy(url, key, model):
    import dspy

    chat = dspy.LM("openai/" + model, api_base=url, api_key=key, cache=False, temperature=0, max_tokens=200)
    with dspy.context(lm=chat):
        return dspy.ReAct("question -> answer", tools=[get_weather], max_iters=3)(question=QUESTION).answer


if __name__ == "__main__":
    name, *arguments = sys.argv[1:]
    answer = globals()[name](*arguments)
    print(json.dumps({"calls": calls, "answer": answer}))
