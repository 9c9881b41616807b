"""A composite of the two Qwen models: large 1.5B + β · (chat − small), over the server with the openai client."""

import conftest
import models
import pytest

QUESTION = [{"role": "user", "content": "What is the capital of France? Answer in one sentence."}]
WEIGHTS = {"large": 1.5, "small": -0.5}


@pytest.fixture(scope="module")
def server(pair, tmp_path_factory):
    """No tuned model of this family can be had here: the small one stands for both, on weights that are loaded once."""
    large, small = pair
    server = conftest.Server(models.recipe(
        tmp_path_factory.mktemp("pair"), "qwen", {"large": large, "small": small, "chat": "=small"},
        "large + beta * (chat - small)", parameters={"beta": 0.5}, fallback="chat"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def contrasting(pair, tmp_path_factory):
    large, small = pair
    server = conftest.Server(models.recipe(
        tmp_path_factory.mktemp("pair"), "contrast", {"large": large, "small": small}, "1.5 * large - 0.5 * small"))
    yield server
    server.stop()


def test_a_chat_is_answered_rightly(server):
    reply = server.chat(QUESTION, temperature=0, max_tokens=60)
    assert "Paris" in reply.choices[0].message.content
    assert reply.choices[0].finish_reason == "stop"


def test_a_stream_is_the_reply_in_pieces(server):
    chunks = list(server.chat(
        QUESTION, temperature=0, max_tokens=60, stream=True, stream_options={"include_usage": True}))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == server.chat(QUESTION, temperature=0, max_tokens=60).choices[0].message.content
    assert chunks[-1].usage.completion_tokens > 3


def test_a_seed_gives_a_reply(server):
    def reply(seed):
        return server.chat(
            QUESTION, temperature=1.5, max_tokens=24, seed=seed,
            extra_body={"eft": {"speculation": "off"}}).choices[0].message.content

    reply(1)  # what follows takes the prompt from the cache
    assert reply(1) == reply(1)
    assert len({reply(seed) for seed in range(1, 5)}) > 1


def test_the_small_model_adds_nothing_where_it_stands_on_both_sides(server):
    choice = server.chat(
        QUESTION, temperature=0, max_tokens=20, logprobs=True, extra_body={"eft": {"attributions": True}}).choices[0]
    tokens = [token for token in choice.eft["attributions"] if not token["fallback"]]
    assert len(tokens) > 5
    for token in tokens:
        # Control tokens follow `chat`, so that the others share a little less than 1.
        assert token["logprob"] == pytest.approx(token["members"]["large"], abs=0.05)


def test_scores_are_the_formula_of_the_members_scores(contrasting):
    """log p(v) − Σ w · log p_member(v) is one number, −log Z, for all v of a position."""
    choice = contrasting.complete(
        "The first president of the United States was", temperature=0, max_tokens=16, logprobs=10,
        extra_body={"eft": {"attributions": True}}).choices[0]
    positions = choice.eft["attributions"]
    assert len(positions) == 16
    for position in positions:
        offsets = [
            opinion["logprob"] - sum(weight * opinion["members"][name] for name, weight in WEIGHTS.items())
            for opinion in position["top"]]
        assert len(offsets) == 10
        assert max(offsets) - min(offsets) < 1e-3
        members = [opinion["members"] for opinion in position["top"]]
        assert any(abs(member["large"] - member["small"]) > 0.05 for member in members)


def test_a_member_alone_is_the_model_alone(contrasting, tmp_path, pair):
    prompt = "The first president of the United States was"
    alone = contrasting.complete(
        prompt, temperature=0, max_tokens=12, extra_body={"eft": {"only": "small"}}).choices[0].text
    recipe = models.recipe(tmp_path, "small", {"small": pair[1]}, "small")
    reply, = models.replies(recipe, [prompt], tmp_path, "--raw", "--temperature", "0", "--max-tokens", "12")
    assert alone == reply["reply"]
