"""Clients whose model chooses to call a tool and then uses its answer: Tests/clients/agents/loops.py."""

import json
import subprocess

import models
import pytest
from conftest import Server
from serving import KEY

PYTHON = models.ROOT / ".venv-agents/bin/python"
LOOPS = models.ROOT / "Tests/clients/agents/loops.py"
#: Without it, the model of 1.5B writes its call once more instead of an answer.
SYSTEM = "You are a helpful assistant. When a tool has returned something, answer the user in a sentence with it."
CLIENTS = ["langchain", "litellm", "pydantic_ai", "llama_index", "inspect_ai", "llm", "dspy"]


@pytest.fixture(scope="module")
def composite(pair, tmp_path_factory):
    """The large model, moved by what the small one is: a composite whose members know tools."""
    if not PYTHON.exists():
        pytest.skip("the clients were not installed: Tests/clients/run")
    large, small = pair
    recipe = models.recipe(
        tmp_path_factory.mktemp("agents"), "agents", {"large": large, "small": small}, "1.2 * large - 0.2 * small",
        fallback="large", draft="small", prompt={"system": SYSTEM})
    server = Server(recipe)
    yield server
    server.stop()


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_calls_a_tool_and_uses_its_answer(composite, client):
    ran = subprocess.run(
        [PYTHON, LOOPS, client, composite.serving.url + "/v1", KEY, composite.name], capture_output=True, text=True,
        timeout=600)
    assert ran.returncode == 0, ran.stderr[-2000:]
    result = json.loads(ran.stdout.splitlines()[-1])
    assert [city.split(",")[0] for city in result["calls"]][:1] == ["Paris"]
    assert "19" in result["answer"]
