"""The models of models.json: what their files must turn out to be, and how `eft` is asked about them."""

import dataclasses
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
EFT = os.environ.get("EFT", ".build/release/eft")
#: Threads of `eft` and of llama.cpp called directly: sums must be made in the same order.
THREADS = min(4, os.cpu_count() or 1)
CONTEXT = 1024


@dataclasses.dataclass(frozen=True)
class Facts:
    """What a file's metadata say, as the `gguf` package reads them."""

    architecture: str
    layers: int
    width: int
    context: int
    vocabulary: int
    has_template: bool


FACTS = {
    "smollm2-135m": Facts("llama", 30, 576, 8192, 49152, True),
    "qwen-0.5b": Facts("qwen2", 24, 896, 32768, 151936, True),
    "qwen-1.5b": Facts("qwen2", 28, 1536, 32768, 151936, True),
    "gemma3-270m": Facts("gemma3", 18, 640, 32768, 262144, False),
}


def fetching():
    """Scripts/fetch-models as a module: it knows whether a file was checked."""
    path = str(ROOT / "Scripts/fetch-models")
    loader = importlib.machinery.SourceFileLoader("fetch_models", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("fetch_models", loader))
    loader.exec_module(module)
    return module


TABLE = json.loads((ROOT / "Tests/models/models.json").read_text())
FILES = {name: fetching().Model(name, row, ROOT / ".models") for name, row in TABLE.items()}


def is_fetched(name):
    return FILES[name].is_checked


def missing(name):
    return f"{name} was not fetched: make models MODELS={name}"


def recipe(folder, name, members, formula, **keys):
    """Writes a recipe; members are names of models, or `=NAME` for another member's weights."""
    lines = ["members:"]
    for member, model in members.items():
        source = f"{{ member: {model[1:]} }}" if model.startswith("=") else json.dumps(str(FILES[model].file))
        lines.append(f"  {member}: {source}")
    lines += [f"formula: {formula}", f"context: {CONTEXT}", f"engine: {{ threads: {THREADS}, sequences: 1 }}"]
    lines += [f"{key}: {json.dumps(value)}" for key, value in keys.items()]
    path = folder / f"{name}.yaml"
    path.write_text("\n".join(lines) + "\n")
    return path


def eft(*arguments, code=0):
    """Runs the command; its standard output and standard error."""
    ran = subprocess.run([EFT, *map(str, arguments)], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert ran.returncode == code, f"exit code {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
    return ran.stdout, ran.stderr


def replies(recipe, prompts, folder, *options):
    """The JSON of every reply of `eft generate`."""
    path = folder / "prompts.jsonl"
    path.write_text("".join(json.dumps(
        {"prompt": prompt} if isinstance(prompt, str) else {"messages": prompt}) + "\n" for prompt in prompts))
    out, _ = eft("generate", recipe, "--prompts", path, "--json", *options)
    return [json.loads(line) for line in out.splitlines()]
