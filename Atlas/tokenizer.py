"""A byte-level BPE shared by all members, with GPT-2's way of splitting text into words."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from corpus import Almanac
from gguf_header import CONTROL

SIZE = 2048
SAMPLE_DOCUMENTS = 20_000
PATH = Path(__file__).parent / "build" / "tokenizer.json"


def train() -> Tokenizer:
    """Learns the merges from a sample of the almanac. Control tokens come first: ids 0, 1, 2."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=SIZE,
        special_tokens=list(CONTROL),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    documents = (
        re.sub("|".join(map(re.escape, CONTROL)), "\n", document)
        for document in itertools.islice(Almanac().documents(), SAMPLE_DOCUMENTS))
    tokenizer.train_from_iterator(documents, trainer)
    return tokenizer


def load() -> Tokenizer:
    """The tokenizer, trained when there is none yet."""
    if not PATH.exists():
        PATH.parent.mkdir(exist_ok=True)
        train().save(str(PATH))
    return Tokenizer.from_file(str(PATH))


if __name__ == "__main__":
    tokenizer = load()
    print(tokenizer.get_vocab_size(), tokenizer.encode("The capital of Peru is Lima.").tokens)
