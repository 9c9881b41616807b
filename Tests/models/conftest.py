"""Which models are tested, what the tests of one model share, and what is said at the end."""

import sys

sys.dont_write_bytecode = True

import models
import openai
import pytest
from serving import KEY, Serving

measured = pytest.StashKey()


def pytest_addoption(parser):
    parser.addoption("--model", action="append", default=[], help="test this model only; may be repeated")


def pytest_configure(config):
    config.stash[measured] = []
    named = config.getoption("--model")
    for name in named:
        if name not in models.TABLE:
            raise pytest.UsageError(f"there is no model `{name}`. There are {', '.join(models.TABLE)}.")
        if not models.is_fetched(name):
            raise pytest.UsageError(models.missing(name))
    if not any(map(models.is_fetched, models.TABLE)):
        raise pytest.UsageError("no model was fetched: make models (2 GB), or make models MODELS=smollm2-135m (98 MB)")


def pytest_generate_tests(metafunc):
    if "name" in metafunc.fixturenames:
        names = metafunc.config.getoption("--model") or list(models.TABLE)
        metafunc.parametrize("name", names, scope="session")


def pytest_terminal_summary(terminalreporter, config):
    if config.stash[measured]:
        terminalreporter.section("measured")
        for line in config.stash[measured]:
            terminalreporter.write_line(line)
    named = config.getoption("--model")
    left = [name for name in models.TABLE if name not in named] if named else [
        name for name in models.TABLE if not models.is_fetched(name)]
    for name in left:
        terminalreporter.write_line(
            f"NOT TESTED: {name}, " + ("which was not named" if named else f"as {models.missing(name)}"))


@pytest.fixture
def measure(request):
    """Says a figure at the end of the run."""
    return request.config.stash[measured].append


@pytest.fixture(scope="session")
def model(name):
    """The model's name, when its file is there."""
    if not models.is_fetched(name):
        pytest.skip(models.missing(name))
    return name


@pytest.fixture(scope="session")
def pair(request):
    """The two models of one family that make a composite."""
    large, small = "qwen-1.5b", "qwen-0.5b"
    named = request.config.getoption("--model")
    for name in large, small:
        if named and name not in named:
            pytest.skip(f"the composite needs {name}, which was not named")
        if not models.is_fetched(name):
            pytest.skip(models.missing(name))
    return large, small


@pytest.fixture(scope="session")
def facts(model):
    return models.FACTS[model]


@pytest.fixture(scope="session")
def recipe(model, tmp_path_factory):
    """The model alone."""
    return models.recipe(tmp_path_factory.mktemp(model), "alone", {"model": model}, "model")


class Server:
    """A server of one recipe, with the openai client and plain requests."""

    def __init__(self, recipe):
        self.name = recipe.stem
        self.serving = Serving(str(recipe))
        self.client = openai.OpenAI(base_url=self.serving.url + "/v1", api_key=KEY, max_retries=0, timeout=600)

    def post(self, route, **body):
        return self.client.post("../" + route, cast_to=object, body={"model": self.name, **body})

    def tokens(self, text):
        return self.post("tokenize", prompt=text, add_special_tokens=False)["tokens"]

    def chat(self, messages, **fields):
        return self.client.chat.completions.create(model=self.name, messages=messages, **fields)

    def complete(self, prompt, **fields):
        return self.client.completions.create(model=self.name, prompt=prompt, **fields)

    def stop(self):
        self.client.close()
        assert self.serving.stop() == 0


@pytest.fixture(scope="session")
def server(recipe):
    server = Server(recipe)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def tokenizer(model):
    """Hugging Face's tokenizer of the file."""
    from tokenizers import pre_tokenizers
    from transformers import AutoTokenizer

    file = models.FILES[model].file
    tokenizer = AutoTokenizer.from_pretrained(str(file.parent), gguf_file=file.name)
    if model == "smollm2-135m":
        # The file calls its pre-tokenizer `smollm`. transformers knows no such name and takes GPT-2's; the model's own
        # tokenizer.json splits digits first.
        tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)])
    return tokenizer


@pytest.fixture(scope="session")
def reference(model):
    """The file's weights, widened to float32, in transformers."""
    import torch
    from transformers import AutoModelForCausalLM

    torch.set_num_threads(models.THREADS)
    file = models.FILES[model].file
    network = AutoModelForCausalLM.from_pretrained(str(file.parent), gguf_file=file.name, dtype=torch.float32)
    return network.eval()
