"""Greedy replies are those of llama.cpp called directly."""

import os
import shlex
import subprocess

import models
import pytest
from texts import OPENINGS, QUESTIONS

COUNT = 48


@pytest.fixture(scope="session")
def greedy(tmp_path_factory):
    """greedy.c, linked with the llama.cpp that `eft` uses: replies of a model to prompts of token ids."""
    program = tmp_path_factory.mktemp("greedy") / "greedy"
    home = models.ROOT / ".llama"
    if (home / "lib/pkgconfig/llama.pc").exists():
        flags = [f"-I{home}/include", f"-L{home}/lib", "-lllama", "-lggml", "-lggml-base", f"-Wl,-rpath,{home}/lib"]
    else:
        flags = shlex.split(subprocess.check_output(["pkg-config", "--cflags", "--libs", "llama"], text=True))
    subprocess.run(
        [os.environ.get("CC", "cc"), "-O1", str(models.ROOT / "Tests/models/greedy.c"), "-o", str(program), *flags],
        check=True)

    def replies(model, prompts):
        ran = subprocess.run(
            [program, models.FILES[model].file, str(models.CONTEXT), str(models.THREADS), str(COUNT)],
            input="".join(" ".join(map(str, prompt)) + "\n" for prompt in prompts),
            capture_output=True, text=True, check=True)
        return [[int(word) for word in line.split()] for line in ran.stdout.splitlines()]

    return replies


def ours(recipe, prompts, folder, *options):
    """Every prompt in a process of its own: nothing is taken from a cache, so that passes are those of greedy.c."""
    return [
        models.replies(recipe, [prompt], folder, "--temperature", "0", "--max-tokens", COUNT, "--speculation", "off", *options)[0]
        for prompt in prompts]


def check(replies, theirs, tokenizer):
    assert len(replies) == len(theirs)
    for reply, ids in zip(replies, theirs):
        assert len(ids) > 0
        assert [token["id"] for token in reply["tokens"]][:len(ids)] == ids, reply["reply"]
        assert reply["finish_reason"] == ("length" if len(ids) == COUNT else "stop")
        assert reply["reply"].rstrip("\ufffd") == tokenizer.decode(ids).rstrip("\ufffd")


def test_greedy_continuations_are_llama_cpps(model, recipe, tokenizer, greedy, tmp_path):
    prompts = OPENINGS[:4]
    check(
        ours(recipe, prompts, tmp_path, "--raw"), greedy(model, [tokenizer.encode(prompt) for prompt in prompts]),
        tokenizer)


def test_greedy_answers_are_llama_cpps_to_the_prompt_of_transformers(
        model, facts, recipe, tokenizer, greedy, tmp_path):
    if not facts.has_template:
        pytest.skip("this file has no chat template: it is a base model")
    prompts = [tokenizer.apply_chat_template(
        [{"role": "user", "content": question}], tokenize=False, add_generation_prompt=True) for question in QUESTIONS]
    ids = [tokenizer(prompt, add_special_tokens=False).input_ids for prompt in prompts]
    check(ours(recipe, QUESTIONS, tmp_path), greedy(model, ids), tokenizer)
