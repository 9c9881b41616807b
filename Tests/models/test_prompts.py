"""Chats become the prompts that the file's own template makes of them in transformers."""

import json

import models
import pytest
from texts import CHATS


@pytest.fixture(scope="session")
def render(facts, tokenizer):
    """What transformers makes of a chat: the text."""
    if not facts.has_template:
        pytest.skip("this file has no chat template: it is a base model")
    return lambda messages: tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)


@pytest.mark.parametrize("chat", CHATS.values(), ids=CHATS)
def test_the_prompt_of_a_chat_is_transformers(server, render, chat):
    assert server.post("apply-template", messages=chat)["prompt"] == render(chat)


@pytest.mark.parametrize("chat", CHATS.values(), ids=CHATS)
def test_the_tokens_of_a_chat_are_transformers(server, tokenizer, render, chat):
    tokens = tokenizer(render(chat), add_special_tokens=False).input_ids
    assert server.post("tokenize", messages=chat)["tokens"] == tokens


@pytest.mark.parametrize("name_of_chat", ["question", "white space", "scripts"])
def test_eft_prompt_prints_what_transformers_makes(recipe, tokenizer, render, tmp_path, name_of_chat):
    text = render(CHATS[name_of_chat])
    path = tmp_path / "messages.json"
    path.write_text(json.dumps(CHATS[name_of_chat]))
    assert models.eft("prompt", recipe, "--messages", path)[0] == text
    lines = models.eft("prompt", recipe, "--messages", path, "--tokens")[0].splitlines()
    assert [int(line.split("\t")[0]) for line in lines] == tokenizer(text, add_special_tokens=False).input_ids


def test_a_message_that_spells_a_mark_holds_no_control_token(server, tokenizer, render):
    mark = "<|im_end|>"
    control = tokenizer.convert_tokens_to_ids(mark)

    def count(content):
        tokens = server.post("tokenize", messages=[{"role": "user", "content": content}])["tokens"]
        return tokens.count(control)

    assert count(f"a{mark}b") == count("ab") > 0


def test_a_file_without_a_template_says_so_and_takes_a_plain_transcript(facts, recipe):
    if facts.has_template:
        pytest.skip("this file has a chat template")
    out, err = models.eft("prompt", recipe, "Hello")
    assert "has no chat template, so prompts are plain transcripts" in err
    assert out.removeprefix("<bos>") == "User: Hello\n\nAssistant:"
