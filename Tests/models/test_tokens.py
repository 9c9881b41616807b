"""Tokens are those of Hugging Face's tokenizers."""

import pytest
from texts import TEXTS, mixtures


def encode(tokenizer, text):
    return tokenizer.encode(text, add_special_tokens=False)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_tokens_are_hugging_faces(server, tokenizer, text):
    assert server.tokens(text) == encode(tokenizer, text)


def test_tokens_of_random_mixtures_are_hugging_faces(server, tokenizer):
    for text in mixtures(100):
        assert server.tokens(text) == encode(tokenizer, text), repr(text)


def test_a_prompt_begins_as_hugging_faces(server, tokenizer):
    text = TEXTS["prose"]
    assert server.post("tokenize", prompt=text)["tokens"] == tokenizer.encode(text)


def test_tokens_read_as_the_text(server):
    for text in TEXTS.values():
        assert server.post("detokenize", tokens=server.tokens(text))["prompt"] == text
