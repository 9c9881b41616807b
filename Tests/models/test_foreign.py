"""A member of another vocabulary says how likely texts are: the same as sums over token sequences in PyTorch.

The sums here know nothing of trunks and branches: every text is summed from its start, over all token sequences that the
tokenizer could write. Rows are those of transformers on the file's weights, which differ from llama.cpp's
(test_logprobs.py), so the scores differ as much.
"""

import json

import models
import pytest

#: By foreign model: the tuned model beside it, another vocabulary.
TUNED = {"smollm2-135m": "atlas", "qwen-0.5b": "smollm2-135m"}

TEXTS = {
    "prose": ("The capital of Austria", " is Vienna. It's the year 1984, and the Danube's waters aren't blue."),
    "facts": ("Good question!", " The symbol of gold is Au.\nIts number is 79, they'll say; silver has 47.\n\n  So?"),
    "code": ("def f(x):", "\n    if x < 10:\n        return x + 1  # one more\n    return f(x - 1)\n"),
}

#: What could follow a text: enough to find every way in which its end may be written.
FOLLOWERS = ["", "s", "e", "ing", " ", " the", "\n", "\n\n", ".", ",", "0", "12", "'s", "'t", "\"", ")", "  x", "ly", "re"]

#: Mean and largest |Δ|, nats a token: three times what was measured (README.md).
MEAN, LARGEST = 0.13, 0.7


class Sums:
    """log P(x), the probability that a model's text begins with x."""

    def __init__(self, network, tokenizer, start):
        import torch

        self.torch, self.network, self.tokenizer, self.start = torch, network, tokenizer, start
        count = network.config.vocab_size
        self.texts = [self.text(token) for token in range(count)]
        self.rows = {}

    def text(self, token):
        """A token's text; None for marks and for parts of characters."""
        if token >= len(self.tokenizer) or token in self.tokenizer.all_special_ids:
            return None
        text = self.tokenizer.decode([token], clean_up_tokenization_spaces=False)
        return text if text and "�" not in text else None

    def row(self, tokens):
        """The probabilities after some tokens."""
        if tokens not in self.rows:
            with self.torch.inference_mode():
                logits = self.network(self.torch.tensor([[self.start, *tokens]])).logits[0]
            probabilities = self.torch.softmax(logits.double(), dim=-1)
            for length in range(len(tokens) + 1):
                self.rows[tokens[:length]] = probabilities[length]
        return self.rows[tokens]

    def open_sequences(self, text):
        """The token sequences of proper beginnings of a text after which it may go on, the empty one included."""
        found = {()}
        for follower in FOLLOWERS:
            tokens = self.tokenizer.encode(text + follower, add_special_tokens=False)
            length = 0
            for place, token in enumerate(tokens):
                length += len(self.tokenizer.decode(tokens[:place + 1], clean_up_tokenization_spaces=False)) - length
                if length >= len(text):
                    break
                found.add(tuple(tokens[:place + 1]))
        return sorted(found, key=len, reverse=True)

    def log(self, text):
        """log P(text)."""
        total = 0.0
        for tokens in self.open_sequences(text):
            row = self.row(tokens)
            path = 1.0
            for place, token in enumerate(tokens):
                path *= float(self.row(tokens[:place])[token])
            said = self.tokenizer.decode(list(tokens), clean_up_tokenization_spaces=False)
            rest = text[len(said):]
            lasts = [token for token, other in enumerate(self.texts) if other is not None and other.startswith(rest)]
            total += path * float(row[lasts].sum())
        return float(self.torch.log(self.torch.tensor(total, dtype=self.torch.float64)))


@pytest.fixture(scope="session")
def tuned(model):
    """The files of a tuned model and its base, of another vocabulary than the model's."""
    if model not in TUNED:
        pytest.skip("not a foreign member here")
    if TUNED[model] == "atlas":
        folder = models.ROOT / "Atlas/weights"
        return folder / "small-chat.gguf", folder / "small-base.gguf"
    if not models.is_fetched(TUNED[model]):
        pytest.skip(models.missing(TUNED[model]))
    return (models.FILES[TUNED[model]].file,) * 2


@pytest.fixture(scope="session")
def foreign_recipe(model, tuned, tmp_path_factory):
    path = tmp_path_factory.mktemp(model) / "foreign.yaml"
    chat, small = tuned
    path.write_text(
        f"members:\n  large: {json.dumps(str(models.FILES[model].file))}\n  chat: {json.dumps(str(chat))}\n"
        f"  small: {json.dumps(str(small))}\nformula: large + chat - small\nfallback: chat\nmask: {{ nucleus: 0.95 }}\n"
        f"context: 512\nengine: {{ threads: {models.THREADS} }}\n")
    return path


def test_scores_are_sums_over_token_sequences(model, foreign_recipe, tokenizer, reference, measure):
    sums = Sums(reference, tokenizer, tokenizer.eos_token_id)
    differences = []
    for prompt, response in TEXTS.values():
        out, _ = models.eft(
            "score", foreign_recipe, "--raw", "--open", "--json", "--prompt", prompt, "--response", response)
        tokens = json.loads(out)["tokens"]
        assert "".join(token["text"] for token in tokens) == response
        text = prompt
        for token in tokens:
            differences.append(abs(token["members"]["large"] - (sums.log(text + token["text"]) - sums.log(text))))
            text += token["text"]
    count, mean, largest = len(differences), sum(differences) / len(differences), max(differences)
    measure(f"{model} as a member of another vocabulary: |Δ s| against sums in PyTorch, {count} tokens: mean {mean:.3f}, "
            f"largest {largest:.3f} nats")
    assert count > 60
    assert mean < MEAN and largest < LARGEST
