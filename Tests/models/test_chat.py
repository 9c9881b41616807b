"""Chats through the server and on the command line, with the template of the file."""

import models
import pytest
from texts import CHATS, QUESTIONS


@pytest.fixture(scope="session")
def chat(facts, server):
    if not facts.has_template:
        pytest.skip("this file has no chat template: it is a base model")
    return server.chat


def test_a_chat_is_answered(chat):
    reply = chat(CHATS["turns"], temperature=0, max_tokens=60)
    choice = reply.choices[0]
    assert choice.message.role == "assistant" and choice.message.content.strip()
    assert choice.finish_reason in ("stop", "length")
    assert "<|im_" not in choice.message.content
    assert reply.usage.completion_tokens <= 60


def test_a_reply_ends_by_itself(chat):
    assert chat([{"role": "user", "content": "Say hello."}], temperature=0, max_tokens=400).choices[0].finish_reason == "stop"


def test_a_stream_is_the_reply_in_pieces(chat):
    chunks = list(chat(CHATS["system"], temperature=0, max_tokens=40, stream=True))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == chat(CHATS["system"], temperature=0, max_tokens=40).choices[0].message.content
    assert len(chunks) > 3


def test_the_command_line_answers_as_the_server(chat, recipe, tmp_path):
    for question in QUESTIONS[:2]:
        mine, = models.replies(recipe, [question], tmp_path, "--temperature", "0", "--max-tokens", "40")
        theirs = chat(
            [{"role": "user", "content": question}], temperature=0, max_tokens=40, logprobs=True).choices[0]
        # The server may take the beginning of a prompt from its cache, which changes sums: up to a near-tie.
        assert theirs.message.content == mine["reply"] or near_tie(mine, theirs)


def near_tie(mine, theirs):
    """Whether two greedy replies part where the tokens that they take are about as likely."""
    for a, b in zip(mine["tokens"], theirs.logprobs.content):
        if a["text"] != b.token:
            return abs(a["logprob"] - b.logprob) < 0.2
    return False


def test_a_raw_prompt_is_continued(server, tokenizer):
    text = "The capital of France is"
    by_text = server.complete(text, temperature=0, max_tokens=8).choices[0].text
    by_tokens = server.complete(tokenizer.encode(text), temperature=0, max_tokens=8).choices[0].text
    assert by_text == by_tokens and by_text.strip()
